// What a supervisor must know of a child to decide about it: plain data, without CAF.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "supervision/backoff.hpp"

namespace respawn::supervision {

/// Which children a crash concerns.
enum class Strategy : std::uint8_t {
  one_for_one,   ///< the crashed child alone
  one_for_all,   ///< every child
  rest_for_one,  ///< the crashed child and those started after it
  dynamic,       ///< like one_for_one; children of one template come and go at run time, unordered
};

/// When an exited child is started again.
enum class RestartType : std::uint8_t {
  permanent,  ///< always
  transient,  ///< after an abnormal exit (neither normal nor shutdown)
  temporary,  ///< never; its specification goes with it
};

enum class ChildType : std::uint8_t { worker, supervisor };

enum class ChildState : std::uint8_t {
  starting,
  running,
  restarting,  ///< down, and to be started again without being asked
  stopping,
  stopped,
};

/// How a child left, as far as a decision depends on it.
enum class ExitKind : std::uint8_t {
  normal,    ///< finished its work
  shutdown,  ///< was asked to stop and did
  killed,    ///< was ended unconditionally
  error,     ///< an exception or an error of its own
};

/// A transient child that exits so is started again; any child's such exit is reported.
constexpr bool is_abnormal(ExitKind kind) {
  return kind == ExitKind::killed || kind == ExitKind::error;
}

/// What a child is given between being asked to stop and being killed.
struct Shutdown {
  enum class Kind : std::uint8_t { timeout, infinity, kill };

  Kind kind = Kind::timeout;
  std::int64_t timeout_ms = 5000;

  static constexpr Shutdown after_ms(std::int64_t ms) { return {Kind::timeout, ms}; }

  static constexpr Shutdown infinity() { return {Kind::infinity, 0}; }

  /// Killed at once, without being asked.
  static constexpr Shutdown kill() { return {Kind::kill, 0}; }

  friend bool operator==(const Shutdown&, const Shutdown&) = default;
};

struct ChildTraits {
  RestartType restart = RestartType::permanent;
  /// None: 5,000 ms for a worker, infinity for a supervisor (its children have limits of their
  /// own).
  std::optional<Shutdown> shutdown = std::nullopt;
  ChildType type = ChildType::worker;

  [[nodiscard]] constexpr Shutdown effective_shutdown() const {
    if (shutdown) return *shutdown;
    return type == ChildType::supervisor ? Shutdown::infinity() : Shutdown{};
  }
};

/// At most `restarts` restart attempts in any `period_ms`; one more escalates.
struct Intensity {
  std::uint32_t restarts = 1;
  std::int64_t period_ms = 5000;
};

/// What became of a request to add, terminate, restart or delete a child.
enum class Answer : std::uint8_t {
  ok,
  not_found,        ///< no child of this id
  already_present,  ///< a child of this id exists
  running,          ///< restart, delete: the child runs or is being stopped
  restarting,       ///< restart, delete: the supervisor is about to start it anyway
  start_failed,     ///< the start function failed, or the child was stopped before it was up
  shutting_down,    ///< the supervisor is on its way out
  not_supported,    ///< not with this strategy, or not such an id
};

/// Their names as printed: "one_for_one", "permanent", "worker", "killed"...
[[nodiscard]] std::string_view to_string(Strategy strategy);
[[nodiscard]] std::string_view to_string(RestartType restart);
[[nodiscard]] std::string_view to_string(ChildType type);
[[nodiscard]] std::string_view to_string(ChildState state);
[[nodiscard]] std::string_view to_string(ExitKind kind);
[[nodiscard]] std::string_view to_string(Answer answer);

}  // namespace respawn::supervision
