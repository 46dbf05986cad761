#include "access/users_file.hpp"

#include <algorithm>

#include "access/rules.hpp"
#include "base/text.hpp"

namespace respawn::access {

namespace {

/// One call of read_users_file().
class Reader {
 public:
  Reader(std::string_view file, const Grounds& grounds) : file_(file), grounds_(grounds) {}

  void read_line(std::string_view raw) {
    ++number_;
    const std::string_view line = trim(raw);
    if (line.empty()) return;
    const std::vector<std::string_view> words = split(line, ' ');
    if (words[0] != "user" || words.size() < 2) {
      errors_ += place() + " should start with user keyword followed by the username. ";
      return;
    }
    const std::string name(words[1]);
    if (has_blanks(name)) {
      errors_ += "'" + place() + ": username '" + name + "' contains invalid characters. ";
      return;
    }
    if (is_known(name)) {
      errors_ +=
          "WARNING: Duplicate user '" + name + "' found on line " + std::to_string(number_) + ". ";
      return;
    }
    users_.emplace_back(name, grounds_);
    apply(std::span(words).subspan(2));
  }

  Result<std::vector<User>> take() {
    if (errors_.empty()) return std::move(users_);
    return failure(errors_ +
                   "WARNING: ACL errors detected, no change to the previously active ACL rules "
                   "was performed");
  }

 private:
  [[nodiscard]] std::string place() const {
    return std::string(file_) + ":" + std::to_string(number_);
  }

  [[nodiscard]] bool is_known(std::string_view name) const {
    return std::any_of(users_.begin(), users_.end(),
                       [&](const User& user) { return user.name() == name; });
  }

  /// Goes on behind a fault: every unknown name is told, and the first of what else is wrong.
  void apply(std::span<const std::string_view> words) {
    const auto rules = join_selectors(words);
    if (!rules.ok()) {
      errors_ += place() + ": Unmatched parenthesis in selector definition.";
      return;
    }
    bool told = false;
    for (const std::string& rule : *rules) {
      const std::string_view trimmed = trim(rule);
      const Fault fault = users_.back().apply(trimmed, grounds_);
      if (fault == Fault::unknown_name) {
        errors_ += place() + ": Error in applying operation '" + std::string(trimmed) +
                   "': " + std::string(describe(fault)) + ". ";
      } else if (fault != Fault::none && !told) {
        errors_ += place() + ": " + std::string(describe(fault)) + ". ";
        told = true;
      }
    }
  }

  std::string_view file_;
  const Grounds& grounds_;
  std::size_t number_ = 0;
  std::vector<User> users_;
  std::string errors_;
};

}  // namespace

Result<std::vector<User>> read_users_file(std::string_view text, std::string_view file,
                                          const Grounds& grounds) {
  Reader reader(file, grounds);
  for (const std::string_view line : split(text, '\n')) reader.read_line(line);
  return reader.take();
}

}  // namespace respawn::access
