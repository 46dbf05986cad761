// What every event loop shares: the run queue of actors, posted functions, timers and the order of
// a turn.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include <caf/actor_control_block.hpp>
#include <caf/resumable.hpp>

#include "net/event_loop.hpp"
#include "net/local_ptr.hpp"
#include "net/output_queue.hpp"
#include "net/stream_core.hpp"
#include "net/timer_queue.hpp"

namespace respawn::net {

/// Owner: as EventLoop. A back end derives from it, implements poll() and wake(), and calls
/// shut_down() in its destructor. In steady state a turn allocates nothing. Other threads reach it
/// through one queue behind a mutex; they call wake() only when the loop sleeps or is about to.
class LoopCore : public EventLoop {
 public:
  LoopCore(caf::actor_system& system, const Clock& clock);
  ~LoopCore() override;

  void exec_later(caf::resumable* job) final;
  void post(std::function<void()> function) final;

  [[nodiscard]] bool on_loop_thread() const final {
    return thread_.load(std::memory_order_relaxed) == std::this_thread::get_id();
  }

  [[nodiscard]] const Clock& clock() const final { return clock_; }

  [[nodiscard]] std::uint64_t turn_begun_ns() const final { return turn_begun_ns_; }

  [[nodiscard]] TurnCounts& turn_counts() final { return turn_counts_; }

  TimerId call_after(std::int64_t delay_us, std::function<void()> callback) final;
  void cancel(TimerId timer) final;
  void actor_started(LoopActor& actor) final;
  void actor_ended(LoopActor& actor) final;

  BufferPool& buffer_pool() { return buffer_pool_; }

  void flush_later(StreamCore& stream) { to_flush_.emplace_back(&stream); }

  void continue_later(StreamCore& stream) { to_continue_.emplace_back(&stream); }

  /// Keeps an object alive until the end of the turn: the kernel's answer to this turn's poll() may
  /// still name it.
  void retire(LocalPtr<LocalCounted> object) { retired_.push_back(std::move(object)); }

  /// Runs a callback of a handler; an exception goes to the loop's exception hook. Returns whether
  /// there was none.
  template <class Function>
  bool guarded(Function&& function) {
    try {
      std::forward<Function>(function)();
      return true;
    } catch (...) {
      report_exception();
      return false;
    }
  }

 protected:
  /// Submits what is pending, waits for the kernel (`timeout_us`: 0 = do not, -1 = for ever) and
  /// dispatches completions.
  virtual void poll(std::int64_t timeout_us) = 0;
  /// Ends a poll() that waits, or the next one. Any thread.
  virtual void wake() = 0;

  /// Makes the calling thread the loop's.
  void enter();
  void leave();

  void run_turn();

  /// Microseconds until something has to be done: 0 = there is work now, -1 = never.
  std::int64_t idle_us();

  /// The loop has been all but idle for a while: memory that waits for traffic can go.
  virtual void release_memory() {}

  /// How many streams are flushed at this moment; 0 outside of it.
  [[nodiscard]] std::size_t flushing_streams() const { return flushing_.size(); }

  /// Ends the actors that are left and drops everything queued. Called by the destructor of the
  /// back end, while its virtual functions still work.
  void shut_down();

 private:
  void take_remote();
  void run_posted();
  void run_ready();
  void resume(caf::resumable* job);
  void continue_streams();
  void run_due_timers();
  void flush_streams();
  void release_ended();
  void rest_later();
  void rest();
  void enqueue_remote(caf::resumable* job, std::function<void()> function);
  static void report_exception();

  const Clock& clock_;
  std::uint64_t turn_begun_ns_ = 0;
  TurnCounts turn_counts_;
  std::atomic<std::thread::id> thread_{};

  // The loop's thread only.
  std::vector<caf::resumable*> ready_;
  std::vector<caf::resumable*> running_;
  std::vector<std::function<void()>> posted_;
  std::vector<std::function<void()>> calling_;
  std::vector<LocalPtr<StreamCore>> to_flush_;
  std::vector<LocalPtr<StreamCore>> flushing_;
  std::vector<LocalPtr<StreamCore>> to_continue_;
  std::vector<LocalPtr<StreamCore>> continuing_;
  std::vector<LocalPtr<LocalCounted>> retired_;
  std::vector<LocalPtr<LocalCounted>> retiring_;
  LoopActor* actors_ = nullptr;  // the living ones, a list through LoopActor::link_
  std::vector<caf::strong_actor_ptr> ended_actors_;
  TimerQueue timers_;
  std::uint64_t turn_mark_ = 0;
  BufferPool buffer_pool_;
  std::uint64_t flushes_ = 0;         // of streams
  std::uint64_t rested_flushes_ = 0;  // when rest() last looked
  bool resting_later_ = false;

  // Any thread.
  std::atomic<bool> sleeping_{false};
  std::atomic<bool> remote_waiting_{false};
  std::mutex mutex_;  // guards what follows
  std::vector<caf::resumable*> remote_ready_;
  std::vector<std::function<void()>> remote_posted_;
};

}  // namespace respawn::net
