// A user: who he is, how he proves it, and what he may do.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "access/selector.hpp"

namespace respawn::access {

/// What rules depend on beside the user. Owner: whoever calls.
struct Grounds {
  const CommandCatalog& catalog;
  bool all_channels = false;  // what a new selector allows: acl-pubsub-default
};

/// A value; those in force are shared and constant (Users). Owner: the keyspace actor.
///
/// Invariant: the first selector is the root, which is always there; rules outside parentheses are
/// about it.
class User {
 public:
  /// Disabled, without a password, and may do nothing.
  User(std::string name, const Grounds& grounds);

  /// One rule of ACL SETUSER. A fault leaves everything as it was.
  [[nodiscard]] Fault apply(std::string_view rule, const Grounds& grounds);

  [[nodiscard]] const std::string& name() const { return name_; }

  [[nodiscard]] bool enabled() const { return enabled_; }

  /// Any password is right.
  [[nodiscard]] bool needs_no_password() const { return no_password_; }

  /// What he restores need not be checked for damage.
  [[nodiscard]] bool skips_sanitizing() const { return skips_sanitizing_; }

  /// Hashes.
  [[nodiscard]] const std::vector<std::string>& passwords() const { return passwords_; }

  [[nodiscard]] const Selector& root() const { return selectors_.front(); }

  /// Behind the root.
  [[nodiscard]] std::span<const Selector> further_selectors() const {
    return std::span(selectors_).subspan(1);
  }

  /// Whether there is nothing that he may not do: then nobody need ask. O(1).
  [[nodiscard]] bool all_permissions() const { return all_permissions_; }

  /// Whether he is enabled and this is one of his passwords. Takes as long for a wrong one as for
  /// the right one.
  [[nodiscard]] bool accepts(std::string_view password) const;

  /// Some one selector must allow all of it. O(selectors * (keys + channels) * patterns).
  [[nodiscard]] Decision decide(const Request& request) const;

  /// Whether some one selector allows all of it and, beyond it, the reading of every key: what SORT
  /// BY and GET need.
  [[nodiscard]] bool may_read_all_keys(const Request& request) const;

  [[nodiscard]] bool may_use_channel(std::string_view name, bool is_pattern) const;

  /// What ACL GETUSER calls flags: "on", "nopass" ...
  [[nodiscard]] std::vector<std::string_view> flags() const;

  /// All of him as rules: what follows his name in ACL LIST.
  [[nodiscard]] std::string text() const;

 private:
  [[nodiscard]] Fault apply_selector(std::string_view rules, const Grounds& grounds);
  bool apply_flag(std::string_view rule);
  [[nodiscard]] Fault add_password(std::string hash);
  [[nodiscard]] Fault remove_password(const std::string& hash);
  void reset(const Grounds& grounds);

  std::string name_;
  bool enabled_ = false;
  bool no_password_ = false;
  bool skips_sanitizing_ = false;
  bool all_permissions_ = false;
  std::vector<std::string> passwords_;
  std::vector<Selector> selectors_;
};

using UserPtr = std::shared_ptr<const User>;

/// Whether a channel or pattern that `before` allowed may be missing in `after`.
[[nodiscard]] bool revokes_channels(const User& before, const User& after);

}  // namespace respawn::access
