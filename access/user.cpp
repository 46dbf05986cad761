#include "access/user.hpp"

#include <algorithm>

#include "access/password.hpp"
#include "base/text.hpp"

namespace respawn::access {

User::User(std::string name, const Grounds& grounds) : name_(std::move(name)) {
  selectors_.emplace_back(grounds.catalog, grounds.all_channels);
}

Fault User::apply(std::string_view rule, const Grounds& grounds) {
  if (rule.empty()) return Fault::none;
  Fault fault = Fault::none;
  if (apply_flag(rule)) {
    return Fault::none;
  } else if (rule[0] == '>') {
    return add_password(hash_password(rule.substr(1)));
  } else if (rule[0] == '<') {
    return remove_password(hash_password(rule.substr(1)));
  } else if (rule[0] == '#' || rule[0] == '!') {
    const std::string hash(rule.substr(1));
    if (!is_password_hash(hash)) return Fault::bad_hash;
    return rule[0] == '#' ? add_password(hash) : remove_password(hash);
  } else if (rule[0] == '(' && rule.back() == ')') {
    fault = apply_selector(rule.substr(1, rule.size() - 2), grounds);
  } else if (iequals(rule, "clearselectors")) {
    selectors_.erase(selectors_.begin() + 1, selectors_.end());
  } else if (iequals(rule, "reset")) {
    reset(grounds);
  } else {
    fault = selectors_.front().apply(rule);
  }
  all_permissions_ = std::any_of(selectors_.begin(), selectors_.end(),
                                 [](const Selector& each) { return each.allows_everything(); });
  return fault;
}

bool User::apply_flag(std::string_view rule) {
  const bool on = iequals(rule, "on");
  const bool skip = iequals(rule, "skip-sanitize-payload");
  const bool nopass = iequals(rule, "nopass");
  if (on || iequals(rule, "off")) {
    enabled_ = on;
  } else if (skip || iequals(rule, "sanitize-payload")) {
    skips_sanitizing_ = skip;
  } else if (nopass || iequals(rule, "resetpass")) {
    no_password_ = nopass;
    passwords_.clear();
  } else {
    return false;
  }
  return true;
}

/// Where quotes are unbalanced there are no rules, as in Redis.
Fault User::apply_selector(std::string_view rules, const Grounds& grounds) {
  Selector selector(grounds.catalog, grounds.all_channels);
  for (const std::string& rule : split_quoted(rules).value_or(std::vector<std::string>{}))
    if (const Fault fault = selector.apply(rule); fault != Fault::none) return fault;
  selectors_.push_back(std::move(selector));
  return Fault::none;
}

Fault User::add_password(std::string hash) {
  no_password_ = false;
  if (std::find(passwords_.begin(), passwords_.end(), hash) == passwords_.end())
    passwords_.push_back(std::move(hash));
  return Fault::none;
}

Fault User::remove_password(const std::string& hash) {
  return std::erase(passwords_, hash) > 0 ? Fault::none : Fault::no_such_password;
}

void User::reset(const Grounds& grounds) {
  *this = User(std::move(name_), grounds);
}

bool User::accepts(std::string_view password) const {
  if (!enabled_ || no_password_) return enabled_;
  const std::string hash = hash_password(password);
  bool found = false;
  for (const std::string& each : passwords_) found |= equal_hashes(each, hash);
  return found;
}

Decision User::decide(const Request& request) const {
  if (all_permissions_) return {};
  Decision worst{Denial::command, 0};
  for (const Selector& selector : selectors_) {
    const Decision decision = selector.decide(request);
    if (decision.allowed()) return decision;
    if (decision.denial > worst.denial ||
        (decision.denial == worst.denial && decision.position > worst.position))
      worst = decision;
  }
  return worst;
}

bool User::may_read_all_keys(const Request& request) const {
  return std::any_of(selectors_.begin(), selectors_.end(), [&](const Selector& selector) {
    return selector.reads_all_keys() && selector.decide(request).allowed();
  });
}

bool User::may_use_channel(std::string_view name, bool is_pattern) const {
  return std::any_of(selectors_.begin(), selectors_.end(), [&](const Selector& selector) {
    return selector.allows_channel(name, is_pattern);
  });
}

std::vector<std::string_view> User::flags() const {
  std::vector<std::string_view> flags{enabled_ ? "on" : "off"};
  if (no_password_) flags.emplace_back("nopass");
  flags.emplace_back(skips_sanitizing_ ? "skip-sanitize-payload" : "sanitize-payload");
  return flags;
}

std::string User::text() const {
  std::string text;
  for (const std::string_view flag : flags()) (text += flag) += ' ';
  for (const std::string& hash : passwords_) text += "#" + hash + " ";
  text += root().text();
  for (const Selector& selector : further_selectors()) text += " (" + selector.text() + ")";
  return text;
}

bool revokes_channels(const User& before, const User& after) {
  const auto keeps = [&after](const ChannelPattern& channel) {
    return after.may_use_channel(channel.text, true);
  };
  const auto is_kept = [&](const Selector& selector) {
    return !selector.all_channels() &&
           std::all_of(selector.channels().begin(), selector.channels().end(), keeps);
  };
  const auto further = after.further_selectors();
  if (after.root().all_channels() ||
      std::any_of(further.begin(), further.end(), [](auto& each) { return each.all_channels(); }))
    return false;
  const auto earlier = before.further_selectors();
  return !is_kept(before.root()) || !std::all_of(earlier.begin(), earlier.end(), is_kept);
}

}  // namespace respawn::access
