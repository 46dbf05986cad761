#include "supervision/restart_policy.hpp"

#include <algorithm>
#include <limits>

#include "base/check.hpp"

namespace respawn::supervision {

namespace {

/// In a timer token, instead of a child's key: the plan's delay, or a dynamic supervisor's
/// patience.
constexpr ChildKey group_key = std::numeric_limits<ChildKey>::max();

}  // namespace

RestartPolicy::RestartPolicy(PolicyOptions options, const std::vector<ChildTraits>& children)
    : options_(std::move(options)) {
  RESPAWN_CHECK(!dynamic() || children.empty());
  if (const auto& backoff = options_.backoff) {
    RESPAWN_CHECK(0 <= backoff->min_ms && backoff->min_ms <= backoff->max_ms);
    RESPAWN_CHECK(backoff->factor >= 1 && 0 <= backoff->jitter && backoff->jitter <= 1);
  }
  for (const ChildTraits& traits : children) {
    order_.push_back(static_cast<ChildKey>(children_.size()));
    children_.push_back({.traits = traits, .status = Status::stopped});
  }
}

void RestartPolicy::handle(const Event& event, Moment moment, std::vector<Action>& actions) {
  moment_ = moment;
  actions_ = &actions;
  std::visit([this](const auto& happened) { on(happened); }, event);
  actions_ = nullptr;
}

ChildState RestartPolicy::state(ChildKey key) const {
  RESPAWN_CHECK(key < children_.size());
  switch (children_[key].status) {
    case Status::free:
      break;
    case Status::stopped:
      return start_pending(key) && !children_[key].held ? ChildState::restarting
                                                        : ChildState::stopped;
    case Status::starting:
      return ChildState::starting;
    case Status::running:
      return ChildState::running;
    case Status::stopping:
      return ChildState::stopping;
    case Status::waiting:
      return ChildState::restarting;
  }
  RESPAWN_CHECK(false);
  return ChildState::stopped;
}

// -- facts ---------------------------------------------------------------------------------------

void RestartPolicy::on(const event::Begun&) {
  if (stopping()) return;
  RESPAWN_CHECK(phase_ == Phase::idle);
  phase_ = Phase::starting;
  plan_ = {.step = Plan::Step::starting};
  advance();
}

void RestartPolicy::on(const event::Started& started) {
  Child& up = child(started.key);
  if (up.status == Status::stopping) return;  // told to stop meanwhile
  RESPAWN_CHECK(up.status == Status::starting);
  up.status = Status::running;
  up.running_since_ms = moment_.now_ms;
  const bool again = std::exchange(up.was_up, true);
  up.added = false;
  if (again && !start_requests_.contains(started.key)) report(ReportKind::restarted, started.key);
  reply_start(started.key, Answer::ok);
  advance();
}

void RestartPolicy::on(const event::StartFailed& failed) {
  const ChildKey key = failed.key;
  Child& down = child(key);
  const bool told_to_stop = down.status == Status::stopping;
  RESPAWN_CHECK(told_to_stop || down.status == Status::starting);
  if (told_to_stop || stopping() || terminate_requests_.contains(key)) {
    settle(key);
    advance();
  } else if (start_requests_.contains(key)) {
    reply_start(key, Answer::start_failed);
    down.held = plan_.step != Plan::Step::none;
    settle(key);
    advance();
  } else {
    down.status = Status::stopped;
    --alive_;
    report(down.was_up ? ReportKind::restart_failed : ReportKind::start_failed, key);
    if (down.was_up)
      restart(key, true);
    else
      begin_stop(action::Exit::Why::start_failed, key);
  }
}

void RestartPolicy::on(const event::ChildStopped& stopped) {
  const Status status = child(stopped.key).status;
  RESPAWN_CHECK(status == Status::running || status == Status::stopping);
  if (status == Status::stopping)
    left_as_told(stopped.key, stopped.exit);
  else
    left_by_itself(stopped.key, stopped.exit);
}

void RestartPolicy::left_as_told(ChildKey key, ExitKind exit) {
  const bool kill_is_expected = child(key).traits.effective_shutdown().kind == Shutdown::Kind::kill;
  if (is_abnormal(exit) && !kill_is_expected) report(ReportKind::shutdown_error, key);
  settle(key);
  advance();
}

void RestartPolicy::left_by_itself(ChildKey key, ExitKind exit) {
  Child& down = child(key);
  const RestartType type = down.traits.restart;
  const bool again =
      type == RestartType::permanent || (type == RestartType::transient && is_abnormal(exit));
  if (is_abnormal(exit) || (again && !stopping())) report(ReportKind::child_terminated, key);
  const bool terminated = terminate_requests_.contains(key);
  const bool stops_anyway = stopping() || (plan_.step == Plan::Step::stopping && planned(key));
  if (!again || terminated || stops_anyway) {
    // Nothing more to do for it: it is not wanted, or what is under way starts it again.
    if (again && !terminated && !stopping()) {
      down.status = Status::stopped;
      --alive_;
    } else {
      settle(key);
    }
    advance();
    return;
  }
  down.status = Status::stopped;
  --alive_;
  const std::int64_t stable_ms =
      options_.backoff ? options_.backoff->stable_ms : options_.intensity.period_ms;
  if (moment_.now_ms - down.running_since_ms >= stable_ms) down.attempts = 0;
  restart(key, false);
}

/// A child that was told to stop, or is not wanted any more, is down.
void RestartPolicy::settle(ChildKey key) {
  Child& down = child(key);
  cancel_timer(down.timer);
  down.status = Status::stopped;
  --alive_;
  reply_terminations(key);
  if (!keeps_specification(key)) remove(key);
}

void RestartPolicy::on(const event::TimerFired& fired) {
  const auto key = static_cast<ChildKey>(fired.token);
  if (key == group_key) {
    if (fired.token != group_timer_) return;
    group_timer_ = 0;
    if (phase_ == Phase::stopping) {
      for (ChildKey each = 0; each < children_.size(); ++each)
        if (children_[each].status == Status::stopping) actions_->push_back(action::Kill{each});
    } else {
      attempt_group();
    }
    return;
  }
  if (key >= children_.size() || children_[key].timer != fired.token) return;
  Child& due = children_[key];
  due.timer = 0;
  if (due.status == Status::waiting)
    attempt_alone(key);
  else
    actions_->push_back(action::Kill{key});
}

// -- requests ------------------------------------------------------------------------------------

void RestartPolicy::on(const event::ShutdownRequested&) {
  if (!stopping()) begin_stop(action::Exit::Why::shutdown, group_key);
}

void RestartPolicy::on(const event::AddChild& add) {
  if (stopping()) {
    reply(add.request, Answer::shutting_down);
    actions_->push_back(action::Forget{add.key});
    return;
  }
  if (add.key >= children_.size()) children_.resize(add.key + std::size_t{1});
  RESPAWN_CHECK(children_[add.key].status == Status::free);
  children_[add.key] = {.traits = add.traits, .status = Status::stopped, .added = true};
  start_requests_[add.key] = add.request;
  if (!dynamic()) order_.push_back(add.key);
  if (!start_pending(add.key)) start(add.key);
}

void RestartPolicy::on(const event::TerminateChild& terminate) {
  const ChildKey key = terminate.key;
  Child& target = child(key);
  const bool in_plan = plan_.step != Plan::Step::none && planned(key);
  if (!stopping()) reply_start(key, Answer::start_failed);
  if (in_plan) target.held = true;
  switch (target.status) {
    case Status::free:
      RESPAWN_CHECK(false);
    case Status::stopped:
    case Status::waiting:
      cancel_timer(target.timer);
      target.status = Status::stopped;
      reply(terminate.request, Answer::ok);
      if (!keeps_specification(key)) remove(key);
      break;
    case Status::starting:
    case Status::running:
      terminate_requests_.emplace(key, terminate.request);
      // Where everything is being stopped in order, it waits for its turn.
      if (!stopping() && !(in_plan && plan_.step == Plan::Step::stopping)) stop(key);
      break;
    case Status::stopping:
      terminate_requests_.emplace(key, terminate.request);
      break;
  }
  advance();
}

void RestartPolicy::on(const event::RestartChild& again) {
  Child& target = child(again.key);
  if (dynamic()) return reply(again.request, Answer::not_supported);
  if (stopping()) return reply(again.request, Answer::shutting_down);
  if (target.status == Status::waiting) return reply(again.request, Answer::restarting);
  if (target.status != Status::stopped) return reply(again.request, Answer::running);
  const bool pending = start_pending(again.key);
  if (pending && !target.held) return reply(again.request, Answer::restarting);
  target.held = false;
  start_requests_[again.key] = again.request;
  if (!pending) start(again.key);
}

void RestartPolicy::on(const event::DeleteChild& unwanted) {
  const Child& target = child(unwanted.key);
  if (dynamic()) return reply(unwanted.request, Answer::not_supported);
  if (stopping()) return reply(unwanted.request, Answer::shutting_down);
  if (target.status == Status::waiting ||
      (target.status == Status::stopped && planned(unwanted.key)))
    return reply(unwanted.request, Answer::restarting);
  if (target.status != Status::stopped) return reply(unwanted.request, Answer::running);
  reply(unwanted.request, Answer::ok);
  remove(unwanted.key);
}

// -- restarts ------------------------------------------------------------------------------------

void RestartPolicy::restart(ChildKey key, bool failed_before) {
  const Strategy strategy = options_.strategy;
  if (strategy == Strategy::one_for_all || strategy == Strategy::rest_for_one)
    restart_group(key, failed_before);
  else
    restart_alone(key, failed_before);
}

void RestartPolicy::restart_alone(ChildKey key, bool failed_before) {
  Child& down = child(key);
  down.status = Status::waiting;
  const std::int64_t delay = delay_ms(down);
  if (failed_before || delay > 0)
    down.timer = set_timer(key, delay);
  else
    attempt_alone(key);
  advance();  // the first start of the others does not wait for it
}

void RestartPolicy::attempt_alone(ChildKey key) {
  if (!count_restart()) return begin_stop(action::Exit::Why::escalated, key);
  ++child(key).attempts;
  start(key);
}

void RestartPolicy::restart_group(ChildKey key, bool failed_before) {
  std::size_t from = options_.strategy == Strategy::one_for_all ? 0 : position(key);
  // What precedes a child that failed to start is up already; a crash only ever widens the group.
  if (plan_.step != Plan::Step::none && !failed_before) from = std::min(from, plan_.from);
  cancel_timer(group_timer_);
  plan_ = {
      .step = Plan::Step::stopping, .from = from, .failed_before = failed_before, .trigger = key};
  advance();
}

void RestartPolicy::attempt_group() {
  if (!count_restart()) return begin_stop(action::Exit::Why::escalated, plan_.trigger);
  ++child(plan_.trigger).attempts;
  plan_.step = Plan::Step::starting;
  plan_.next = plan_.from;
  plan_.launched = false;
  start_next();
}

void RestartPolicy::start_next() {
  for (; plan_.next < order_.size(); ++plan_.next) {
    const ChildKey key = order_[plan_.next];
    const Child& each = children_[key];
    if (each.status == Status::starting) return;
    if (std::exchange(plan_.launched, false)) continue;
    if (each.status != Status::stopped || each.held) continue;
    plan_.launched = true;
    return start(key);
  }
  plan_ = {};
  for (const ChildKey key : order_) children_[key].held = false;
  phase_ = Phase::serving;
}

// -- the way out ---------------------------------------------------------------------------------

void RestartPolicy::begin_stop(action::Exit::Why why, ChildKey cause) {
  if (why == action::Exit::Why::escalated) report(ReportKind::escalated, cause);
  phase_ = Phase::stopping;
  exit_ = why;
  plan_ = {};
  cancel_timer(group_timer_);
  for (Child& each : children_) {
    if (each.status != Status::waiting) continue;
    cancel_timer(each.timer);
    each.status = Status::stopped;
  }
  for (const auto& [key, request] : start_requests_) reply(request, Answer::shutting_down);
  start_requests_.clear();
  if (dynamic()) stop_dynamic_children();
  advance();
}

/// All at once, with one timer for all: there may be 100,000 of them.
void RestartPolicy::stop_dynamic_children() {
  std::int64_t patience_ms = -1;
  for (ChildKey key = 0; key < children_.size(); ++key) {
    Child& each = children_[key];
    if (each.status != Status::running && each.status != Status::starting) continue;
    each.status = Status::stopping;
    const Shutdown shutdown = each.traits.effective_shutdown();
    if (shutdown.kind == Shutdown::Kind::kill) {
      actions_->push_back(action::Kill{key});
      continue;
    }
    actions_->push_back(action::Stop{key});
    if (shutdown.kind == Shutdown::Kind::timeout)
      patience_ms = std::max(patience_ms, shutdown.timeout_ms);
  }
  if (patience_ms >= 0) group_timer_ = set_timer(group_key, patience_ms);
}

void RestartPolicy::advance() {
  if (phase_ == Phase::stopping) {
    if (dynamic() ? alive_ > 0 : !stop_down_to(0)) return;
    cancel_timer(group_timer_);
    phase_ = Phase::done;
    actions_->push_back(action::Exit{exit_});
    return;
  }
  if (plan_.step == Plan::Step::starting) return start_next();
  if (plan_.step != Plan::Step::stopping || !stop_down_to(plan_.from)) return;
  plan_.step = Plan::Step::waiting;
  const std::int64_t delay = delay_ms(child(plan_.trigger));
  if (plan_.failed_before || delay > 0)
    group_timer_ = set_timer(group_key, delay);
  else
    attempt_group();
}

/// Stops the last child that lives at `from` or behind it; true when there is none.
bool RestartPolicy::stop_down_to(std::size_t from) {
  for (std::size_t at = order_.size(); at-- > from;) {
    const Status status = children_[order_[at]].status;
    if (status == Status::stopped) continue;
    if (status != Status::stopping) stop(order_[at]);
    return false;
  }
  return true;
}

// -- small parts ---------------------------------------------------------------------------------

void RestartPolicy::start(ChildKey key) {
  child(key).status = Status::starting;
  ++alive_;
  actions_->push_back(action::Start{key});
}

void RestartPolicy::stop(ChildKey key) {
  Child& target = child(key);
  target.status = Status::stopping;
  const Shutdown shutdown = target.traits.effective_shutdown();
  if (shutdown.kind == Shutdown::Kind::kill) {
    actions_->push_back(action::Kill{key});
    return;
  }
  actions_->push_back(action::Stop{key});
  if (shutdown.kind == Shutdown::Kind::timeout) target.timer = set_timer(key, shutdown.timeout_ms);
}

void RestartPolicy::remove(ChildKey key) {
  reply_start(key, Answer::start_failed);
  if (!dynamic()) {
    const std::size_t at = position(key);
    order_.erase(order_.begin() + static_cast<std::ptrdiff_t>(at));
    if (at < plan_.from) --plan_.from;
    if (at == plan_.next) plan_.launched = false;
    if (at < plan_.next) --plan_.next;
  }
  children_[key] = {};
  actions_->push_back(action::Forget{key});
}

bool RestartPolicy::count_restart() {
  expire_restarts();
  if (restart_times_ms_.size() >= options_.intensity.restarts) return false;
  restart_times_ms_.push_back(moment_.now_ms);
  return true;
}

void RestartPolicy::expire_restarts() {
  while (!restart_times_ms_.empty() &&
         moment_.now_ms - restart_times_ms_.front() > options_.intensity.period_ms)
    restart_times_ms_.pop_front();
}

std::int64_t RestartPolicy::delay_ms(const Child& child) const {
  if (!options_.backoff) return 0;
  return backoff_delay_ms(*options_.backoff, child.attempts, moment_.random);
}

std::uint64_t RestartPolicy::set_timer(ChildKey key, std::int64_t delay_ms) {
  const std::uint64_t token = (std::uint64_t{++next_timer_} << 32) | key;
  actions_->push_back(action::SetTimer{token, delay_ms});
  return token;
}

void RestartPolicy::cancel_timer(std::uint64_t& timer) {
  if (timer != 0) actions_->push_back(action::CancelTimer{timer});
  timer = 0;
}

void RestartPolicy::report(ReportKind kind, ChildKey key) {
  expire_restarts();
  actions_->push_back(action::Report{kind, key, child(key).attempts,
                                     static_cast<std::uint32_t>(restart_times_ms_.size())});
}

void RestartPolicy::reply(std::uint64_t request, Answer answer) {
  actions_->push_back(action::Reply{request, answer});
}

void RestartPolicy::reply_start(ChildKey key, Answer answer) {
  const auto found = start_requests_.find(key);
  if (found == start_requests_.end()) return;
  reply(found->second, answer);
  start_requests_.erase(found);
}

void RestartPolicy::reply_terminations(ChildKey key) {
  const auto [first, last] = terminate_requests_.equal_range(key);
  for (auto each = first; each != last; ++each) reply(each->second, Answer::ok);
  terminate_requests_.erase(first, last);
}

/// Of a child that is down. A failed addition leaves nothing behind.
bool RestartPolicy::keeps_specification(ChildKey key) const {
  const Child& down = children_[key];
  if (dynamic() || down.traits.restart == RestartType::temporary) return false;
  return !down.added || start_requests_.contains(key);
}

/// Belongs to the plan under way.
bool RestartPolicy::planned(ChildKey key) const {
  return plan_.step != Plan::Step::none && position(key) >= plan_.from;
}

/// Is down and will be started by the plan under way, unless held.
bool RestartPolicy::start_pending(ChildKey key) const {
  return planned(key) && (plan_.step != Plan::Step::starting || position(key) >= plan_.next);
}

std::size_t RestartPolicy::position(ChildKey key) const {
  const auto found = std::find(order_.begin(), order_.end(), key);
  RESPAWN_CHECK(found != order_.end());
  return static_cast<std::size_t>(found - order_.begin());
}

RestartPolicy::Child& RestartPolicy::child(ChildKey key) {
  RESPAWN_CHECK(key < children_.size() && children_[key].status != Status::free);
  return children_[key];
}

}  // namespace respawn::supervision
