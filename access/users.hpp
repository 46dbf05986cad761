// All users by name.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "access/user.hpp"
#include "base/result.hpp"

namespace respawn::access {

/// Whom a connection is until it says another name.
inline constexpr std::string_view default_user_name = "default";

/// Owner: the keyspace actor; outlives it. A user who changes is replaced by another object: who
/// holds the earlier one is told by whoever asked for the change. The default user is always there.
class Users {
 public:
  using Table = std::map<std::string, UserPtr, std::less<>>;

  /// The default user alone, who may do everything without a password.
  explicit Users(const CommandCatalog& catalog);

  /// Null when there is no such user.
  [[nodiscard]] UserPtr find(std::string_view name) const;

  [[nodiscard]] const UserPtr& default_user() const { return default_; }

  /// In the order of their names' bytes.
  [[nodiscard]] const Table& all() const { return users_; }

  /// ACL SETUSER: makes or changes a user by all of the rules or none. The error is a client's,
  /// without its code.
  [[nodiscard]] Result<UserPtr> set(std::string_view name, std::span<const std::string_view> rules,
                                    const Grounds& grounds);

  /// The only password of the default user from now on; "": he needs none.
  void set_default_password(std::string_view password, const Grounds& grounds);

  /// False when there is no such user. The default user stays: not to be called for him.
  bool remove(std::string_view name);

  /// A line of a redis.conf, as its words behind `user`, the name first: the user as he is by these
  /// rules alone. The error is the fault of the line, as a start prints it; nothing has changed
  /// then.
  [[nodiscard]] Status configure(std::span<const std::string> words, const Grounds& grounds);

  /// The text of an ACL file instead of everything that there is. All or nothing; the error says
  /// what is wrong in which lines of `file`, without a code.
  [[nodiscard]] Status load(std::string_view text, std::string_view file, const Grounds& grounds);

  /// "user alice on ..." for each, as ACL LIST and redis.conf have them.
  [[nodiscard]] std::vector<std::string> lines() const;

  /// The text of an ACL file that says the same.
  [[nodiscard]] std::string text() const;

 private:
  UserPtr store(User user);

  const CommandCatalog* catalog_;
  Table users_;
  UserPtr default_;  // the one in the table
};

}  // namespace respawn::access
