// What a supervisor decides, as a pure state machine: (state, event, now) -> actions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "supervision/child_traits.hpp"
#include "supervision/report.hpp"

namespace respawn::supervision {

/// A child as the policy knows it. Chosen by the caller, reused after action::Forget, dense from 0.
using ChildKey = std::uint32_t;

/// What happened. Facts about children, and requests (`request` is echoed in action::Reply; not 0).
namespace event {

/// The supervisor begins. First, and once.
struct Begun {};

/// After action::Start: the child is up.
struct Started {
  ChildKey key;
};

/// After action::Start: there is no child.
struct StartFailed {
  ChildKey key;
};

/// A child that was started is gone.
struct ChildStopped {
  ChildKey key;
  ExitKind exit;
};

/// A timer is due. Tokens of cancelled timers are ignored.
struct TimerFired {
  std::uint64_t token;
};

struct ShutdownRequested {};

/// `key` is not in use. Dynamic: `traits` are the template's.
struct AddChild {
  ChildKey key;
  ChildTraits traits;
  std::uint64_t request;
};

struct TerminateChild {
  ChildKey key;
  std::uint64_t request;
};

struct RestartChild {
  ChildKey key;
  std::uint64_t request;
};

struct DeleteChild {
  ChildKey key;
  std::uint64_t request;
};

}  // namespace event

using Event = std::variant<event::Begun, event::Started, event::StartFailed, event::ChildStopped,
                           event::TimerFired, event::ShutdownRequested, event::AddChild,
                           event::TerminateChild, event::RestartChild, event::DeleteChild>;

/// What to do, in this order.
namespace action {

/// Start the child; Started or StartFailed follows, at once or later.
struct Start {
  ChildKey key;
};

/// Ask the child to stop; ChildStopped follows, or a timer of the policy makes it a Kill. Of a
/// child whose start is under way, StartFailed may follow instead.
struct Stop {
  ChildKey key;
};

/// End the child unconditionally; ChildStopped follows.
struct Kill {
  ChildKey key;
};

/// Deliver TimerFired{token} after `delay_ms`; 0 means behind the events that are already queued.
struct SetTimer {
  std::uint64_t token;
  std::int64_t delay_ms;
};

struct CancelTimer {
  std::uint64_t token;
};

/// Tell people. The reason text is the executor's: it knows how the child left.
struct Report {
  ReportKind kind;
  ChildKey key;
  std::uint32_t attempt;
  std::uint32_t restarts;
};

struct Reply {
  std::uint64_t request;
  Answer answer;
};

/// The child and its specification are gone; its key may be used again.
struct Forget {
  ChildKey key;
};

/// Every child is down: end the supervisor. Last.
struct Exit {
  enum class Why : std::uint8_t { shutdown, escalated, start_failed };
  Why why;
};

}  // namespace action

using Action =
    std::variant<action::Start, action::Stop, action::Kill, action::SetTimer, action::CancelTimer,
                 action::Report, action::Reply, action::Forget, action::Exit>;

/// When an event happens: monotonic milliseconds, and a random number of [0, 1) for jitter.
struct Moment {
  std::int64_t now_ms = 0;
  double random = 0;
};

struct PolicyOptions {
  Strategy strategy = Strategy::one_for_one;
  Intensity intensity = {};
  std::optional<Backoff> backoff = std::nullopt;
};

/// Owner: one supervisor. A value: no clock, no randomness, no actors inside.
///
/// Invariants:
///  1. Children start in order, each when the one before it is up (not dynamic), and stop in
///     reverse order, each when the one after it is down. Dynamic children stop all at once.
///  2. A restart is counted before it is attempted; no more than intensity.restarts attempts are
///     made within any intensity.period_ms. The next one escalates instead: all children are
///     stopped, then Exit{escalated}. A group restart counts once.
///  3. A failed attempt is retried from a timer, never at once, so that other events get between.
///  4. Exit comes when no child is left; nothing is started after ShutdownRequested.
///  5. A group restart (one_for_all, rest_for_one) starts every child of the group that still has a
///     specification, also one that had ended or been terminated before it, as OTP does.
///
/// O(1) per event for one_for_one and dynamic (shutdown: O(children)), O(children) for groups.
/// Throws CheckFailure for an event that cannot be (a stop of a child that does not run).
class RestartPolicy {
 public:
  /// Children 0..n-1, in start order; none when dynamic.
  RestartPolicy(PolicyOptions options, const std::vector<ChildTraits>& children);

  /// Appends to `actions` what follows from `event`.
  void handle(const Event& event, Moment moment, std::vector<Action>& actions);

  enum class Phase : std::uint8_t { idle, starting, serving, stopping, done };

  [[nodiscard]] Phase phase() const { return phase_; }

  [[nodiscard]] ChildState state(ChildKey key) const;

  /// Children that are starting, running or stopping.
  [[nodiscard]] std::size_t alive() const { return alive_; }

 private:
  enum class Status : std::uint8_t { free, stopped, starting, running, stopping, waiting };

  struct Child {
    ChildTraits traits;
    Status status = Status::free;
    bool added = false;   ///< by request, and has not been up yet
    bool held = false;    ///< terminated by request: no pending plan starts it
    bool was_up = false;  ///< it ran before: its next start is a restart
    std::uint32_t attempts = 0;
    std::int64_t running_since_ms = 0;
    std::uint64_t timer = 0;  ///< pending token; 0: none
  };

  /// The first start of all children, or a group restart under way: those from position `from` on
  /// are stopped in reverse, then, after a delay, started in order.
  struct Plan {
    enum class Step : std::uint8_t { none, stopping, waiting, starting };
    Step step = Step::none;
    std::size_t from = 0;
    std::size_t next = 0;        ///< starting: whose turn it is
    bool launched = false;       ///< starting: the one at `next` was told to start
    bool failed_before = false;  ///< the next attempt follows a failed one
    ChildKey trigger = 0;        ///< the child whose exit or failure caused it
  };

  void on(const event::Begun&);
  void on(const event::Started& started);
  void on(const event::StartFailed& failed);
  void on(const event::ChildStopped& stopped);
  void on(const event::TimerFired& fired);
  void on(const event::ShutdownRequested&);
  void on(const event::AddChild& add);
  void on(const event::TerminateChild& terminate);
  void on(const event::RestartChild& restart);
  void on(const event::DeleteChild& remove);

  void left_as_told(ChildKey key, ExitKind exit);
  void left_by_itself(ChildKey key, ExitKind exit);
  void restart(ChildKey key, bool failed_before);
  void restart_alone(ChildKey key, bool failed_before);
  void attempt_alone(ChildKey key);
  void restart_group(ChildKey key, bool failed_before);
  void attempt_group();
  void start_next();
  void begin_stop(action::Exit::Why why, ChildKey cause);
  void stop_dynamic_children();
  void advance();
  [[nodiscard]] bool stop_down_to(std::size_t from);

  void start(ChildKey key);
  void stop(ChildKey key);
  void settle(ChildKey key);
  void remove(ChildKey key);
  [[nodiscard]] bool count_restart();
  void expire_restarts();
  [[nodiscard]] std::int64_t delay_ms(const Child& child) const;
  std::uint64_t set_timer(ChildKey key, std::int64_t delay_ms);
  void cancel_timer(std::uint64_t& timer);
  void report(ReportKind kind, ChildKey key);
  void reply(std::uint64_t request, Answer answer);
  void reply_start(ChildKey key, Answer answer);
  void reply_terminations(ChildKey key);

  [[nodiscard]] bool dynamic() const { return options_.strategy == Strategy::dynamic; }

  [[nodiscard]] bool stopping() const { return phase_ == Phase::stopping || phase_ == Phase::done; }

  [[nodiscard]] bool keeps_specification(ChildKey key) const;
  [[nodiscard]] bool planned(ChildKey key) const;
  [[nodiscard]] bool start_pending(ChildKey key) const;
  [[nodiscard]] std::size_t position(ChildKey key) const;
  Child& child(ChildKey key);

  PolicyOptions options_;
  Phase phase_ = Phase::idle;
  action::Exit::Why exit_ = action::Exit::Why::shutdown;
  Plan plan_;
  std::vector<Child> children_;  ///< by key
  std::vector<ChildKey> order_;  ///< start order; unused when dynamic
  std::size_t alive_ = 0;        ///< starting, running or stopping
  std::deque<std::int64_t> restart_times_ms_;
  std::uint64_t group_timer_ = 0;  ///< of the plan, or of a dynamic shutdown
  std::uint32_t next_timer_ = 0;
  std::unordered_map<ChildKey, std::uint64_t> start_requests_;
  std::unordered_multimap<ChildKey, std::uint64_t> terminate_requests_;
  // Only valid within handle():
  Moment moment_;
  std::vector<Action>* actions_ = nullptr;
};

}  // namespace respawn::supervision
