// What the engine knows of scripts: that they are there.
#pragma once

#include <functional>
#include <string_view>

namespace respawn::engine {

/// Scripts and libraries of functions, which outlive the keyspace actor; whoever runs them puts
/// them here. Owner: the store.
class ScriptSlot {
 public:
  virtual ~ScriptSlot() = default;

  /// A keyspace actor takes over: a script that ran has ended in the middle, and the stack that it
  /// ran on is gone.
  virtual void forget_running() = 0;

  /// Calls visit with the code of each library of functions.
  virtual void for_each_library(const std::function<void(std::string_view)>& visit) const = 0;

  /// What clients are answered while a script runs too long. Requires that one runs.
  [[nodiscard]] virtual std::string_view busy_error() const = 0;
};

}  // namespace respawn::engine
