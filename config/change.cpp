#include "config/change.hpp"

#include <algorithm>

#include "base/glob.hpp"
#include "base/text.hpp"
#include "config/option_value.hpp"

namespace respawn::config {
namespace {

/// One pair of CONFIG SET, looked up.
struct Assignment {
  const Option* option;
  std::string_view typed;     // the name as it came
  std::string_view name;      // the option's name or alias, whichever was meant
  std::string_view argument;  // the new value
};

Error set_failed(std::string_view name, std::string_view why) {
  return failure("ERR CONFIG SET failed (possibly related to argument '" + std::string(name) +
                 "') - " + std::string(why));
}

bool is_guarded(const Config& now, const Option& option, Caller caller) {
  if (option.mutability != Mutability::guarded) return false;
  return now.enable_protected_configs == Permission::no ||
         (now.enable_protected_configs == Permission::local && !caller.local);
}

/// Looks the pairs up in their order; the first fault is the one reported.
Result<std::vector<Assignment>> look_up(const Config& now,
                                        std::span<const std::string_view> arguments,
                                        Caller caller) {
  std::vector<Assignment> pairs;
  for (std::size_t i = 0; i + 1 < arguments.size(); i += 2) {
    std::string_view typed = arguments[i];
    const Option* option = find_option(typed);
    if (option == nullptr)
      return failure("ERR Unknown option or number of arguments for CONFIG SET - '" +
                     std::string(typed) + "'");
    if (option->mutability == Mutability::immutable)
      return set_failed(typed, "can't set immutable config");
    if (is_guarded(now, *option, caller)) return set_failed(typed, "can't set protected config");
    if (option->not_loading && caller.loading)
      return failure("LOADING Redis is loading the dataset in memory");
    std::string_view name = iequals(typed, option->name) ? option->name : option->alias;
    for (const Assignment& earlier : pairs)
      if (earlier.name == name) return set_failed(typed, "duplicate parameter");
    pairs.push_back({option, typed, name, arguments[i + 1]});
  }
  return pairs;
}

void add_matches(std::vector<std::pair<std::string, std::string>>& found, const Config& config,
                 std::string_view pattern) {
  Glob wanted(pattern, true);
  auto add = [&](std::string_view name, const Option& option) {
    if (name.empty() || !wanted.matches(name)) return;
    bool known = std::any_of(found.begin(), found.end(),
                             [&](const auto& pair) { return pair.first == name; });
    if (!known) found.emplace_back(name, get(config, option));
  };
  for (const Option& option : options()) {
    if (option.hidden) continue;
    add(option.name, option);
    add(option.alias, option);
  }
}

}  // namespace

std::string get(const Config& config, const Option& option) {
  return format_value(option, read(config, option));
}

std::vector<std::pair<std::string, std::string>> get(const Config& config,
                                                     std::span<const std::string_view> patterns) {
  std::vector<std::pair<std::string, std::string>> found;
  for (std::string_view pattern : patterns) {
    if (pattern.find_first_of("[*?") != std::string_view::npos) {
      add_matches(found, config, pattern);
      continue;
    }
    const Option* option = find_option(pattern);
    bool known = std::any_of(found.begin(), found.end(),
                             [&](const auto& pair) { return iequals(pair.first, pattern); });
    if (option != nullptr && !known) found.emplace_back(pattern, get(config, *option));
  }
  return found;
}

std::vector<Change> differences(const Config& before, const Config& after) {
  std::vector<Change> changes;
  for (const Option& option : options()) {
    Value old_value = read(before, option);
    Value new_value = read(after, option);
    if (old_value == new_value) continue;
    auto shown = [&](const Value& value) {
      return option.secret ? "(redacted)" : format_value(option, value);
    };
    changes.push_back({&option, std::string(option.name), shown(old_value), shown(new_value)});
  }
  return changes;
}

Result<PreparedChange> prepare(const Config& now, std::span<const std::string_view> arguments,
                               Caller caller) {
  if (arguments.size() % 2 != 0) return failure("ERR syntax error");
  auto pairs = look_up(now, arguments, caller);
  if (!pairs.ok()) return failure(pairs.error());

  PreparedChange prepared{now, {}};
  for (const Assignment& pair : *pairs) {
    const Option& option = *pair.option;
    auto value =
        parse_value(option, argument_words(option, pair.argument), read(prepared.config, option));
    if (!value.ok()) return set_failed(pair.name, value.error());
    if (option.overpromises(*value)) return set_failed(pair.name, option.lack.why);
    write(prepared.config, option, std::move(value).value());
  }
  prepared.changes = differences(now, prepared.config);
  for (Change& change : prepared.changes)
    for (const Assignment& pair : *pairs)
      if (pair.option == change.option) change.asked_as = pair.name;
  const auto asked_at = [&pairs](const Change& change) {
    return std::find_if(pairs->begin(), pairs->end(),
                        [&change](const Assignment& pair) { return pair.option == change.option; });
  };
  std::stable_sort(
      prepared.changes.begin(), prepared.changes.end(),
      [&](const Change& one, const Change& other) { return asked_at(one) < asked_at(other); });
  prepared.config.version = now.version + 1;
  return prepared;
}

const Option* changed_option(std::span<const Change> changes, Applies by) {
  for (const Change& change : changes)
    if (change.option->applies == by) return change.option;
  return nullptr;
}

Error refusal_reply(std::span<const Change> changes, const Refusal& refusal) {
  std::string_view name = refusal.option->name;
  for (const Change& change : changes)
    if (change.option == refusal.option) name = change.asked_as;
  return set_failed(name, refusal.reason);
}

}  // namespace respawn::config
