#include "access/command_rights.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace respawn::access {

namespace {

/// Whether a rule about `name` ("get", "@read") settles what an earlier one said: about the same,
/// or about a part of it.
bool supersedes(std::string_view name, std::string_view earlier_rule) {
  const std::string_view earlier = earlier_rule.substr(1);
  return earlier.starts_with(name) &&
         (earlier.size() == name.size() || earlier[name.size()] == '|');
}

}  // namespace

Fault CommandRights::apply(std::string_view rule) {
  const bool all = iequals(rule, "allcommands") || iequals(rule, "+@all");
  if (all || iequals(rule, "nocommands") || iequals(rule, "-@all")) {
    set_everything(all);
    return Fault::none;
  }
  if (rule.empty() || (rule[0] != '+' && rule[0] != '-')) return Fault::syntax;
  const bool allowed = rule[0] == '+';
  const std::string_view name = rule.substr(1);
  if (name.starts_with('@')) return set_category(name, allowed);
  return allowed ? allow_command(name) : forbid_command(name);
}

bool CommandRights::allows_with(CommandId id, std::string_view first_argument) const {
  const auto found = first_arguments_.find(id);
  if (found == first_arguments_.end()) return false;
  return std::any_of(found->second.begin(), found->second.end(),
                     [&](const std::string& each) { return iequals(each, first_argument); });
}

std::string CommandRights::text() const {
  std::string text = starts_with_all_ ? "+@all" : "-@all";
  for (const std::string& rule : rules_) text += " " + rule;
  return text;
}

void CommandRights::set_everything(bool allowed) {
  bits_.assign(allowed ? catalog_->size() / 64 + 1 : 0, ~std::uint64_t{0});
  everything_ = starts_with_all_ = allowed;
  rules_.clear();
  first_arguments_.clear();
}

Fault CommandRights::set_category(std::string_view rule, bool allowed) {
  const std::uint32_t category = catalog_->category_named(rule.substr(1));
  if (category == 0) return Fault::unknown_name;
  remember(rule, allowed);
  for (CommandId id = 0; id < catalog_->size(); ++id)
    if (catalog_->categories(id) & category) set_with_subcommands(id, allowed);
  return Fault::none;
}

Fault CommandRights::allow_command(std::string_view name) {
  if (const std::size_t bar = name.rfind('|'); bar != name.npos)
    return allow_one(name, name.substr(0, bar), name.substr(bar + 1));
  const auto id = catalog_->find(name);
  if (!id) return Fault::unknown_name;
  set_with_subcommands(*id, true);
  remember(name, true);
  return Fault::none;
}

/// A subcommand of a container; or, of another command, what it may have as its first argument.
Fault CommandRights::allow_one(std::string_view name, std::string_view container,
                               std::string_view argument) {
  const auto id = catalog_->find(container);
  if (!id) return Fault::unknown_name;
  if (catalog_->is_subcommand(*id)) return Fault::subcommand_has_argument;
  if (argument.empty()) return Fault::syntax;
  if (!catalog_->subcommands(*id).empty()) {
    const auto subcommand = catalog_->find(name);
    if (!subcommand) return Fault::unknown_name;
    set(*subcommand, true);
  } else if (!allows_with(*id, argument)) {
    first_arguments_[*id].emplace_back(argument);
  }
  remember(name, true);
  return Fault::none;
}

Fault CommandRights::forbid_command(std::string_view name) {
  const auto id = catalog_->find(name);
  if (!id) return Fault::unknown_name;
  set_with_subcommands(*id, false);
  remember(name, false);
  return Fault::none;
}

void CommandRights::set(CommandId id, bool allowed) {
  if (bits_.empty()) bits_.assign(catalog_->size() / 64 + 1, 0);
  const std::uint64_t bit = std::uint64_t{1} << (id % 64);
  if (allowed) {
    bits_[id / 64] |= bit;
  } else {
    bits_[id / 64] &= ~bit;
    everything_ = false;
  }
  first_arguments_.erase(id);
}

void CommandRights::set_with_subcommands(CommandId id, bool allowed) {
  set(id, allowed);
  for (const CommandId subcommand : catalog_->subcommands(id)) set(subcommand, allowed);
}

void CommandRights::remember(std::string_view name, bool allowed) {
  const std::string wanted = to_lower(name);
  std::erase_if(rules_, [&](const std::string& rule) { return supersedes(wanted, rule); });
  rules_.push_back((allowed ? "+" : "-") + wanted);
}

}  // namespace respawn::access
