// Drives a RestartPolicy by hand and prints what it decides: tests read as a dialogue.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "supervision/restart_policy.hpp"

namespace respawn::supervision {

/// "start 0", "stop 2", "kill 1", "timer 1 +500" (a child's) or "timer * +0" (the group's),
/// "cancel 1", "restarted 0", "reply 7 ok", "forget 1", "exit escalated"; joined by ", ".
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
      text += std::visit([this](const auto& what) { return describe(what); }, action);
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
  static std::string owner(std::uint64_t token) {
    const auto key = static_cast<ChildKey>(token);
    return key == 0xFFFFFFFF ? "*" : std::to_string(key);
  }

  static std::string describe(const action::Start& start) {
    return "start " + std::to_string(start.key);
  }

  static std::string describe(const action::Stop& stop) {
    return "stop " + std::to_string(stop.key);
  }

  static std::string describe(const action::Kill& kill) {
    return "kill " + std::to_string(kill.key);
  }

  std::string describe(const action::SetTimer& timer) {
    timers_[owner(timer.token)] = timer.token;
    return "timer " + owner(timer.token) + " +" + std::to_string(timer.delay_ms);
  }

  static std::string describe(const action::CancelTimer& timer) {
    return "cancel " + owner(timer.token);
  }

  static std::string describe(const action::Report& report) {
    return std::string(to_string(report.kind)) + " " + std::to_string(report.key);
  }

  static std::string describe(const action::Reply& reply) {
    return "reply " + std::to_string(reply.request) + " " + std::string(to_string(reply.answer));
  }

  static std::string describe(const action::Forget& forget) {
    return "forget " + std::to_string(forget.key);
  }

  static std::string describe(const action::Exit& exit) {
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

  RestartPolicy policy_;
  std::map<std::string, std::uint64_t> timers_;
};

}  // namespace respawn::supervision
