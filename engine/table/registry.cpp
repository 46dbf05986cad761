#include "engine/table/registry.hpp"

#include <bit>

#include "base/check.hpp"
#include "base/text.hpp"

namespace respawn::engine {

namespace {

/// FNV-1a over the lower-cased bytes.
std::size_t hash_name(std::string_view name) {
  std::uint32_t hash = 2166136261u;
  for (char c : name) hash = (hash ^ (static_cast<std::uint8_t>(c) | 0x20u)) * 16777619u;
  return hash;
}

}  // namespace

Command* Command::subcommand(std::string_view name) const {
  for (Command* child : subcommands) {
    std::string_view own = child->spec->name;
    if (iequals(own.substr(own.find('|') + 1), name)) return child;
  }
  return nullptr;
}

Registry::Registry(std::span<const std::span<const CommandSpec>> families) {
  for (std::span<const CommandSpec> family : families)
    for (const CommandSpec& spec : family) add(spec, nullptr);
  build_index();
}

void Registry::add(const CommandSpec& spec, Command* parent) {
  Command& command = all_.emplace_back();
  command.spec = &spec;
  command.parent = parent;
  command.categories = categories_of(spec);
  (parent ? parent->subcommands : top_).push_back(&command);
  for (const CommandSpec& sub : spec.subcommands) add(sub, &command);
}

void Registry::build_index() {
  index_.assign(std::bit_ceil(top_.size() * 4 + 1), nullptr);
  for (Command* command : top_) {
    std::size_t at = hash_name(command->spec->name) & (index_.size() - 1);
    while (index_[at]) {
      RESPAWN_CHECK(index_[at]->spec->name != command->spec->name);
      at = (at + 1) & (index_.size() - 1);
    }
    index_[at] = command;
  }
}

Command* Registry::find(std::string_view name) const {
  std::size_t at = hash_name(name) & (index_.size() - 1);
  for (; index_[at]; at = (at + 1) & (index_.size() - 1))
    if (iequals(index_[at]->spec->name, name)) return index_[at];
  return nullptr;
}

Command* Registry::find_full(std::string_view name) const {
  std::size_t bar = name.find('|');
  Command* command = find(name.substr(0, bar));
  if (!command || bar == std::string_view::npos) return command;
  return command->subcommand(name.substr(bar + 1));
}

void Registry::reset_statistics() {
  for (Command& command : all_) command.statistics = {};
}

}  // namespace respawn::engine
