// The printed names of this folder's enumerations.
#include <string_view>

#include "supervision/child_traits.hpp"
#include "supervision/report.hpp"

namespace respawn::supervision {

std::string_view to_string(Strategy strategy) {
  switch (strategy) {
    case Strategy::one_for_one:
      return "one_for_one";
    case Strategy::one_for_all:
      return "one_for_all";
    case Strategy::rest_for_one:
      return "rest_for_one";
    case Strategy::dynamic:
      return "dynamic";
  }
  return "?";
}

std::string_view to_string(RestartType restart) {
  switch (restart) {
    case RestartType::permanent:
      return "permanent";
    case RestartType::transient:
      return "transient";
    case RestartType::temporary:
      return "temporary";
  }
  return "?";
}

std::string_view to_string(ChildType type) {
  return type == ChildType::worker ? "worker" : "supervisor";
}

std::string_view to_string(ChildState state) {
  switch (state) {
    case ChildState::starting:
      return "starting";
    case ChildState::running:
      return "running";
    case ChildState::restarting:
      return "restarting";
    case ChildState::stopping:
      return "stopping";
    case ChildState::stopped:
      return "stopped";
  }
  return "?";
}

std::string_view to_string(ExitKind kind) {
  switch (kind) {
    case ExitKind::normal:
      return "normal";
    case ExitKind::shutdown:
      return "shutdown";
    case ExitKind::killed:
      return "killed";
    case ExitKind::error:
      return "error";
  }
  return "?";
}

std::string_view to_string(Answer answer) {
  switch (answer) {
    case Answer::ok:
      return "ok";
    case Answer::not_found:
      return "not found";
    case Answer::already_present:
      return "already present";
    case Answer::running:
      return "running";
    case Answer::restarting:
      return "restarting";
    case Answer::start_failed:
      return "start failed";
    case Answer::shutting_down:
      return "shutting down";
    case Answer::not_supported:
      return "not supported";
  }
  return "?";
}

std::string_view to_string(ReportKind kind) {
  switch (kind) {
    case ReportKind::child_terminated:
      return "child_terminated";
    case ReportKind::start_failed:
      return "start_failed";
    case ReportKind::restart_failed:
      return "restart_failed";
    case ReportKind::restarted:
      return "restarted";
    case ReportKind::shutdown_error:
      return "shutdown_error";
    case ReportKind::escalated:
      return "escalated";
    case ReportKind::orphans_killed:
      return "orphans_killed";
  }
  return "?";
}

}  // namespace respawn::supervision
