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

std::string_view row_name(const Command& command) {
  return command.spec->name;
}

std::string_view present_name(const Command& command) {
  return command.name;
}

/// Where the command of that name is, or would go.
template <auto NameOf>
std::size_t place_of(const std::vector<Command*>& index, std::string_view name) {
  std::size_t at = hash_name(name) & (index.size() - 1);
  while (index[at] && !iequals(NameOf(*index[at]), name)) at = (at + 1) & (index.size() - 1);
  return at;
}

template <auto NameOf>
std::vector<Command*> index_of(const std::vector<Command*>& commands) {
  std::vector<Command*> index(std::bit_ceil(commands.size() * 4 + 1), nullptr);
  for (Command* command : commands) {
    const std::size_t at = place_of<NameOf>(index, NameOf(*command));
    RESPAWN_CHECK(index[at] == nullptr);
    index[at] = command;
  }
  return index;
}

}  // namespace

Command* Command::subcommand(std::string_view wanted) const {
  for (Command* child : subcommands) {
    std::string_view own = child->spec->name;
    if (iequals(own.substr(own.find('|') + 1), wanted)) return child;
  }
  return nullptr;
}

Registry::Registry(std::span<const std::span<const CommandSpec>> families) {
  for (std::span<const CommandSpec> family : families)
    for (const CommandSpec& spec : family) add(spec, nullptr);
  index_ = originals_ = index_of<row_name>(top_);
}

void Registry::add(const CommandSpec& spec, Command* parent) {
  Command& command = all_.emplace_back();
  command.spec = &spec;
  command.name = spec.name;
  command.parent = parent;
  command.id = static_cast<std::uint32_t>(all_.size() - 1);
  command.categories = categories_of(spec);
  (parent ? parent->subcommands : top_).push_back(&command);
  for (const CommandSpec& sub : spec.subcommands) add(sub, &command);
}

Renaming Registry::rename(std::string_view from, std::string_view to) {
  Command* command = find(from);
  if (!command) return Renaming::no_such_command;
  const Command* holder = to.empty() ? nullptr : find(to);
  if (holder && holder != command) return Renaming::name_is_taken;
  if (to.empty()) std::erase(top_, command);
  command->name = to;
  index_ = index_of<present_name>(top_);
  return Renaming::done;
}

Command* Registry::find(std::string_view name) const {
  return index_[place_of<present_name>(index_, name)];
}

Command* Registry::find_original(std::string_view name) const {
  return originals_[place_of<row_name>(originals_, name)];
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

std::uint64_t Registry::calls() const {
  std::uint64_t sum = 0;
  for (const Command& command : all_) sum += command.statistics.calls;
  return sum;
}

std::uint64_t Registry::nanoseconds() const {
  std::uint64_t sum = 0;
  for (const Command& command : all_) sum += command.statistics.nanoseconds;
  return sum;
}

void Registry::look_again() {
  for (Command& command : all_) command.statistics.look_from_ns = 0;
}

}  // namespace respawn::engine
