#include "access/rules.hpp"

namespace respawn::access {

namespace {

/// Redis goes no further in what it puts together and prints.
std::string_view up_to_nul(std::string_view text) {
  return text.substr(0, text.find('\0'));
}

}  // namespace

Result<std::vector<std::string>> join_selectors(std::span<const std::string_view> words) {
  std::vector<std::string> joined;
  std::size_t open = words.size();  // where the selector at hand begins
  for (std::size_t at = 0; at < words.size(); ++at) {
    const std::string_view word = words[at];
    const bool closes = word.ends_with(')');
    if (open < words.size()) {
      (joined.back() += ' ') += up_to_nul(word);
      if (closes) open = words.size();
    } else {
      joined.emplace_back(word);
      if (word.starts_with('(') && !closes) open = at;
    }
  }
  if (open < words.size()) return failure(std::string(up_to_nul(words[open])));
  return joined;
}

Result<User> changed(User user, std::span<const std::string_view> words, const Grounds& grounds) {
  const auto rules = join_selectors(words);
  if (!rules.ok())
    return failure("Unmatched parenthesis in acl selector starting at '" + rules.error() + "'.");
  for (const std::string& rule : *rules) {
    const Fault fault = user.apply(rule, grounds);
    if (fault != Fault::none)
      return failure("Error in ACL SETUSER modifier '" + std::string(up_to_nul(rule)) +
                     "': " + std::string(describe(fault)));
  }
  return user;
}

}  // namespace respawn::access
