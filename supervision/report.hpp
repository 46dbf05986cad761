// One structured report for every abnormal exit and every restart.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "supervision/child_traits.hpp"

namespace respawn::supervision {

enum class ReportKind : std::uint8_t {
  child_terminated,  ///< a child exited abnormally, or a permanent one exited at all
  start_failed,      ///< a child could not be started when its supervisor started
  restart_failed,    ///< a restart attempt failed; it is queued again
  restarted,         ///< a child runs again
  shutdown_error,    ///< a child asked to stop had to be killed, or left with an error
  escalated,         ///< restart intensity exceeded: the supervisor gives up
  orphans_killed,    ///< children of a killed predecessor were still alive at start
};

/// "child_terminated", ...
[[nodiscard]] std::string_view to_string(ReportKind kind);

struct SupervisionReport {
  ReportKind kind = ReportKind::child_terminated;
  std::string supervisor = {};  ///< path
  std::string child = {};       ///< id; for escalated: the child whose exit was one too many
  std::string reason = {};      ///< text of the exit reason, the start error, or what happened
  ExitKind exit = ExitKind::normal;
  RestartType restart = RestartType::permanent;
  std::uint32_t attempt = 0;   ///< consecutive restart attempts of this child
  std::uint32_t restarts = 0;  ///< restart attempts of the supervisor within its period
  std::int64_t wall_ms = 0;    ///< milliseconds since 1970
};

/// Where reports go. Called on the supervisor's thread; must not block and must not throw.
using ReportSink = std::function<void(const SupervisionReport&)>;

}  // namespace respawn::supervision
