// Drives a RestartPolicy by hand and prints what it decides: tests read as a dialogue.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "supervision/restart_policy.hpp"

namespace respawn::supervision {

/// Whose timer it is: a child's key, or "*" for the group's.
inline std::string timer_owner(std::uint64_t token) {
  const auto key = static_cast<ChildKey>(token);
  return key == 0xFFFFFFFF ? "*" : std::to_string(key);
}

/// "start 0", "stop 2", "kill 1", "timer 1 +500" (a child's) or "timer * +0" (the group's),
/// "cancel 1", "restarted 0", "reply 7 ok", "forget 1", "exit escalated".
inline std::string describe(const Action& action) {
  struct Describe {
    std::string operator()(const action::Start& start) {
      return "start " + std::to_string(start.key);
    }

    std::string operator()(const action::Stop& stop) { return "stop " + std::to_string(stop.key); }

    std::string operator()(const action::Kill& kill) { return "kill " + std::to_string(kill.key); }

    std::string operator()(const action::SetTimer& timer) {
      return "timer " + timer_owner(timer.token) + " +" + std::to_string(timer.delay_ms);
    }

    std::string operator()(const action::CancelTimer& timer) {
      return "cancel " + timer_owner(timer.token);
    }

    std::string operator()(const action::Report& report) {
      return std::string(to_string(report.kind)) + " " + std::to_string(report.key);
    }

    std::string operator()(const action::Reply& reply) {
      return "reply " + std::to_string(reply.request) + " " + std::string(to_string(reply.answer));
    }

    std::string operator()(const action::Forget& forget) {
      return "forget " + std::to_string(forget.key);
    }

    std::string operator()(const action::Exit& exit) {
      switch (exit.why) {
        case action::Exit::Why::shutdown:
          return "exit shutdown";
        case action::Exit::Why::escalated:
          return "exit escalated";
        case action::Exit::Why::start_failed:
          return "exit start_failed";
      }
      return "exit ?";
    }
  };

  return std::visit(Describe{}, action);
}

/// "started 0", "stopped 2 error", "add 3 permanent"...
inline std::string describe(const Event& event) {
  struct Describe {
    std::string operator()(const event::Begun&) { return "begin"; }

    std::string operator()(const event::Started& up) { return "started " + std::to_string(up.key); }

    std::string operator()(const event::StartFailed& down) {
      return "failed " + std::to_string(down.key);
    }

    std::string operator()(const event::ChildStopped& down) {
      return "stopped " + std::to_string(down.key) + " " + std::string(to_string(down.exit));
    }

    std::string operator()(const event::TimerFired& timer) {
      return "timer of " + timer_owner(timer.token);
    }

    std::string operator()(const event::ShutdownRequested&) { return "shut down"; }

    std::string operator()(const event::AddChild& add) {
      return "add " + std::to_string(add.key) + " " + std::string(to_string(add.traits.restart)) +
             " #" + std::to_string(add.request);
    }

    std::string operator()(const event::TerminateChild& target) {
      return "terminate " + std::to_string(target.key) + " #" + std::to_string(target.request);
    }

    std::string operator()(const event::RestartChild& target) {
      return "restart " + std::to_string(target.key) + " #" + std::to_string(target.request);
    }

    std::string operator()(const event::DeleteChild& target) {
      return "delete " + std::to_string(target.key) + " #" + std::to_string(target.request);
    }
  };

  return std::visit(Describe{}, event);
}

/// What it decides is printed as its actions, joined by ", ".
class PolicyScript {
 public:
  PolicyScript(PolicyOptions options, const std::vector<ChildTraits>& children)
      : policy_(options, children) {}

  std::string on(const Event& event) {
    std::vector<Action> actions;
    policy_.handle(event, {.now_ms = now_ms, .random = random}, actions);
    std::string text;
    for (const Action& action : actions) {
      if (!text.empty()) text += ", ";
      text += describe(action);
      if (const auto* timer = std::get_if<action::SetTimer>(&action))
        timers_[timer_owner(timer->token)] = timer->token;
    }
    return text;
  }

  /// Begins, and lets children 0..count-1 come up.
  void up(ChildKey count) {
    on(event::Begun{});
    for (ChildKey key = 0; key < count; ++key) on(event::Started{key});
  }

  std::string crash(ChildKey key) { return on(event::ChildStopped{key, ExitKind::error}); }

  std::string stopped(ChildKey key) { return on(event::ChildStopped{key, ExitKind::shutdown}); }

  std::string started(ChildKey key) { return on(event::Started{key}); }

  std::string failed(ChildKey key) { return on(event::StartFailed{key}); }

  /// The last timer that was set for this child, or for the group ("*").
  std::string fire(const std::string& owner) { return on(event::TimerFired{timers_.at(owner)}); }

  std::string shut_down() { return on(event::ShutdownRequested{}); }

  [[nodiscard]] const RestartPolicy& policy() const { return policy_; }

  std::int64_t now_ms = 0;
  double random = 0;

 private:
  RestartPolicy policy_;
  std::map<std::string, std::uint64_t> timers_;
};

}  // namespace respawn::supervision
