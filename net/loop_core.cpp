#include "net/loop_core.hpp"

#include <algorithm>
#include <caf/actor_system.hpp>
#include <caf/scheduler/abstract_coordinator.hpp>
#include <cstdio>
#include <exception>

#include "net/loop_actor.hpp"

namespace respawn::net {
namespace {

/// Rounds of ready actors in one turn: a batch to the keyspace and back takes two. What is ready
/// after the last one runs in the next turn, when the sockets had theirs.
constexpr int rounds_max = 8;

/// Messages that one actor takes in one round.
constexpr std::size_t messages_max = 1024;

/// A loop that sends less often than this is at rest.
constexpr std::int64_t rest_period_us = 1'000'000;
constexpr std::uint64_t rest_flushes_max = 64;

void print_exception(const char* text) {
  std::fprintf(stderr, "exception on an event loop: %s\n", text);
}

std::atomic<LoopExceptionHook> exception_hook{print_exception};

}  // namespace

void set_loop_exception_hook(LoopExceptionHook hook) {
  exception_hook.store(hook == nullptr ? print_exception : hook);
}

LoopCore::LoopCore(caf::actor_system& system, const Clock& clock)
    : EventLoop(&system), clock_(clock) {}

LoopCore::~LoopCore() = default;

void LoopCore::exec_later(caf::resumable* job) {
  // Whoever sends to an ordinary CAF actor from this loop passes us as its execution unit; such an
  // actor may block, so it does not run here.
  if (job->subtype() != caf::resumable::io_actor) {
    system().scheduler().enqueue(job);
  } else if (on_loop_thread()) {
    ready_.push_back(job);
  } else {
    enqueue_remote(job, nullptr);
  }
}

void LoopCore::post(std::function<void()> function) {
  if (on_loop_thread())
    posted_.push_back(std::move(function));
  else
    enqueue_remote(nullptr, std::move(function));
}

void LoopCore::enqueue_remote(caf::resumable* job, std::function<void()> function) {
  {
    const std::lock_guard lock(mutex_);
    if (job != nullptr)
      remote_ready_.push_back(job);
    else
      remote_posted_.push_back(std::move(function));
    remote_waiting_.store(true);
  }
  // Pairs with idle_us(): either the loop sees remote_waiting_, or we see that it sleeps.
  if (sleeping_.load() && sleeping_.exchange(false)) wake();
}

TimerId LoopCore::call_after(std::int64_t delay_us, std::function<void()> callback) {
  const std::int64_t delay = std::max<std::int64_t>(delay_us, 0);
  return timers_.add(clock_.monotonic_us() + delay, std::move(callback));
}

void LoopCore::cancel(TimerId timer) {
  timers_.cancel(timer);
}

void LoopCore::actor_started(LoopActor& actor) {
  caf::intrusive_ptr_add_ref(actor.ctrl());
  actor.link_ = {nullptr, actors_, true};
  if (actors_ != nullptr) actors_->link_.previous = &actor;
  actors_ = &actor;
}

void LoopCore::actor_ended(LoopActor& actor) {
  const LoopActor::Link link = std::exchange(actor.link_, {});
  if (link.previous != nullptr)
    link.previous->link_.next = link.next;
  else
    actors_ = link.next;
  if (link.next != nullptr) link.next->link_.previous = link.previous;
  // It may be running at this moment: it is let go of at the end of the turn.
  ended_actors_.emplace_back(actor.ctrl(), false);
}

void LoopCore::enter() {
  thread_.store(std::this_thread::get_id());
}

void LoopCore::leave() {
  thread_.store(std::thread::id());
}

void LoopCore::run_turn() {
  turn_mark_ = timers_.mark();
  std::int64_t timeout_us = idle_us();
  if (timeout_us != 0) {
    sleeping_.store(true);
    if (remote_waiting_.load()) timeout_us = 0;
  }
  poll(timeout_us);
  turn_begun_ns_ = clock_.stopwatch_ns();
  sleeping_.store(false, std::memory_order_relaxed);
  continue_streams();
  run_ready();
  run_due_timers();
  flush_streams();
  release_ended();
  ++turn_counts_.turns;
  const std::uint64_t busy_ns = clock_.stopwatch_ns() - turn_begun_ns_;
  turn_counts_.busy_ns += busy_ns;
  turn_counts_.longest_ns = std::max(turn_counts_.longest_ns, busy_ns);
}

std::int64_t LoopCore::idle_us() {
  const bool work = !ready_.empty() || !posted_.empty() || !to_flush_.empty() ||
                    !to_continue_.empty() || remote_waiting_.load(std::memory_order_relaxed);
  if (work) return 0;
  if (timers_.empty()) return -1;
  return std::max<std::int64_t>(timers_.next_deadline_us() - clock_.monotonic_us(), 0);
}

void LoopCore::take_remote() {
  if (!remote_waiting_.load(std::memory_order_relaxed)) return;
  const std::lock_guard lock(mutex_);
  remote_waiting_.store(false, std::memory_order_relaxed);
  ready_.insert(ready_.end(), remote_ready_.begin(), remote_ready_.end());
  remote_ready_.clear();
  std::move(remote_posted_.begin(), remote_posted_.end(), std::back_inserter(posted_));
  remote_posted_.clear();
}

void LoopCore::run_posted() {
  calling_.swap(posted_);
  for (const auto& function : calling_) guarded(function);
  calling_.clear();
}

void LoopCore::run_ready() {
  for (int round = 0; round < rounds_max; ++round) {
    take_remote();
    if (ready_.empty() && posted_.empty()) return;
    if (!posted_.empty()) run_posted();
    running_.swap(ready_);
    for (caf::resumable* job : running_) resume(job);
    running_.clear();
  }
}

void LoopCore::resume(caf::resumable* job) {
  switch (job->resume(this, messages_max)) {
    case caf::resumable::resume_later:
      ready_.push_back(job);
      break;
    default:
      caf::intrusive_ptr_release(job);
      break;
  }
}

void LoopCore::continue_streams() {
  if (to_continue_.empty()) return;
  continuing_.swap(to_continue_);
  for (const auto& stream : continuing_) stream->continue_now();
  continuing_.clear();
}

void LoopCore::run_due_timers() {
  if (timers_.empty()) return;
  const std::int64_t now_us = clock_.monotonic_us();
  std::function<void()> callback;
  while (timers_.take_due(now_us, turn_mark_, callback)) guarded(callback);
}

void LoopCore::flush_streams() {
  if (to_flush_.empty()) return;
  flushing_.swap(to_flush_);
  // Last in, first out: who was woken by a command is sent his reply before who sent the command,
  // and has waited longer.
  std::for_each(flushing_.rbegin(), flushing_.rend(), [](const auto& stream) { stream->flush(); });
  flushes_ += flushing_.size();
  flushing_.clear();
  if (!resting_later_) rest_later();
}

void LoopCore::rest_later() {
  resting_later_ = true;
  rested_flushes_ = flushes_;
  call_after(rest_period_us, [this] { rest(); });
}

void LoopCore::rest() {
  if (flushes_ - rested_flushes_ > rest_flushes_max) return rest_later();
  resting_later_ = false;
  buffer_pool_.release();
  release_memory();
}

void LoopCore::release_ended() {
  // Destructors may retire and end more.
  while (!retired_.empty()) {
    retiring_.swap(retired_);
    retiring_.clear();
  }
  while (!ended_actors_.empty()) const auto ended = std::exchange(ended_actors_, {});
}

void LoopCore::shut_down() {
  enter();  // what the last actors do on their way out stays here
  for (;;) {
    while (actors_ != nullptr) actors_->kill();
    release_ended();
    take_remote();
    if (ready_.empty()) break;
    for (caf::resumable* job : std::exchange(ready_, {})) caf::intrusive_ptr_release(job);
  }
  while (!posted_.empty()) const auto dropped = std::exchange(posted_, {});
  timers_.clear();
  to_flush_.clear();
  to_continue_.clear();
  release_ended();
  leave();
}

void LoopCore::report_exception() {
  const LoopExceptionHook hook = exception_hook.load();
  try {
    throw;
  } catch (const std::exception& error) {
    hook(error.what());
  } catch (...) {
    hook("unknown exception");
  }
}

}  // namespace respawn::net
