#include "access/selector.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace respawn::access {

namespace {

/// What stands between % and ~ in a rule about keys.
struct KeyRights {
  bool reads = false;
  bool writes = false;
  std::string_view pattern;
  bool valid = false;
};

/// Without a ~ the pattern is empty, as in Redis.
KeyRights parse_key_rights(std::string_view rule) {
  if (rule[0] == '~') return {true, true, rule.substr(1), true};
  KeyRights rights;
  std::size_t at = 1;
  for (; at < rule.size() && rule[at] != '~'; ++at) {
    bool& right = ascii_upper(rule[at]) == 'R' ? rights.reads : rights.writes;
    if ((ascii_upper(rule[at]) != 'R' && ascii_upper(rule[at]) != 'W') || right) return {};
    right = true;
  }
  rights.pattern = rule.substr(std::min(at + 1, rule.size()));
  rights.valid = rights.reads || rights.writes;
  return rights;
}

std::string printed(const KeyPattern& pattern) {
  if (pattern.reads && pattern.writes) return "~" + pattern.text;
  return (pattern.reads ? "%R~" : "%W~") + pattern.text;
}

template <class Pattern>
Pattern* find_pattern(std::vector<Pattern>& patterns, std::string_view text) {
  const auto found = std::find_if(patterns.begin(), patterns.end(),
                                  [&](const Pattern& each) { return each.text == text; });
  return found == patterns.end() ? nullptr : &*found;
}

bool covers(const KeyPattern& pattern, const KeyUse& use) {
  return (pattern.reads || !use.reads) && (pattern.writes || !use.writes);
}

}  // namespace

bool has_blanks(std::string_view text) {
  return text.find_first_of(std::string_view(" \t\n\v\f\r\0", 7)) != text.npos;
}

Fault Selector::apply(std::string_view rule) {
  const bool all_keys = iequals(rule, "allkeys") || rule == "~*";
  const bool all_channels = iequals(rule, "allchannels") || rule == "&*";
  if (all_keys || iequals(rule, "resetkeys")) {
    all_keys_ = all_keys;
    keys_.clear();
    return Fault::none;
  }
  if (all_channels || iequals(rule, "resetchannels")) {
    all_channels_ = all_channels;
    channels_.clear();
    return Fault::none;
  }
  if (rule.starts_with('~') || rule.starts_with('%')) return add_keys(rule);
  if (rule.starts_with('&')) return add_channels(rule.substr(1));
  return commands_.apply(rule.substr(0, rule.find('\0')));
}

Fault Selector::add_keys(std::string_view rule) {
  if (all_keys_) return Fault::behind_all_keys;
  const KeyRights rights = parse_key_rights(rule);
  if (!rights.valid || has_blanks(rights.pattern)) return Fault::syntax;
  if (KeyPattern* known = find_pattern(keys_, rights.pattern)) {
    known->reads |= rights.reads;
    known->writes |= rights.writes;
  } else {
    keys_.emplace_back(rights.pattern, rights.reads, rights.writes);
  }
  return Fault::none;
}

Fault Selector::add_channels(std::string_view pattern) {
  if (all_channels_) return Fault::behind_all_channels;
  if (has_blanks(pattern)) return Fault::syntax;
  if (!find_pattern(channels_, pattern)) channels_.emplace_back(pattern);
  return Fault::none;
}

bool Selector::allows_command(const Request& request) const {
  if (request.is_free || commands_.allows(request.command)) return true;
  return request.has_argument && commands_.allows_with(request.command, request.first_argument);
}

Decision Selector::decide(const Request& request) const {
  if (!allows_command(request)) return {Denial::command, 0};
  for (const KeyUse& use : request.keys)
    if (!allows_key(use)) return {Denial::key, use.position};
  for (const ChannelUse& use : request.channels)
    if (!allows_channel(use.name, use.is_pattern)) return {Denial::channel, use.position};
  return {};
}

bool Selector::allows_key(const KeyUse& use) const {
  return all_keys_ || std::any_of(keys_.begin(), keys_.end(), [&](const KeyPattern& pattern) {
           return covers(pattern, use) && pattern.glob.matches(use.key);
         });
}

bool Selector::allows_channel(std::string_view name, bool is_pattern) const {
  return all_channels_ ||
         std::any_of(channels_.begin(), channels_.end(), [&](const ChannelPattern& pattern) {
           return is_pattern ? pattern.text == name : pattern.glob.matches(name);
         });
}

bool Selector::reads_all_keys() const {
  return all_keys_ || std::any_of(keys_.begin(), keys_.end(), [](const KeyPattern& pattern) {
           return pattern.reads && pattern.text == "*";
         });
}

std::string Selector::keys_text() const {
  if (all_keys_) return "~*";
  std::string text;
  for (const KeyPattern& pattern : keys_) text += (text.empty() ? "" : " ") + printed(pattern);
  return text;
}

std::string Selector::channels_text() const {
  if (all_channels_) return "&*";
  std::string text;
  for (const ChannelPattern& pattern : channels_)
    text += (text.empty() ? "&" : " &") + pattern.text;
  return text;
}

std::string Selector::text() const {
  std::string text = keys_text();
  if (!text.empty()) text += ' ';
  if (!all_channels_) text += "resetchannels ";
  const std::string channels = channels_text();
  text += channels;
  if (!channels.empty()) text += ' ';
  return text + commands_text();
}

}  // namespace respawn::access
