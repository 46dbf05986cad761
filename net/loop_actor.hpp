// The base class of every actor of Respawn that lives on an event loop.
#pragma once

#include <caf/event_based_actor.hpp>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "net/event_loop.hpp"

namespace respawn::net {

/// Overrides enqueue so that the actor is scheduled on its own loop whoever sends. Also an adapter
/// for completions and timers: code that is called by the loop outside a message handler goes
/// through in_context(), so that an exception ends this actor (with the exception's text as its
/// exit reason) and not the loop.
///
/// Life: once it has run, an actor lives until it quits, fails or is told to exit, whether or not
/// anybody holds a handle (the loop holds one); a loop that is destroyed kills those that are left.
/// on_exit() runs on the loop's thread and is where a derived class drops its streams, listeners
/// and connects. Messages, down messages and errors that no handler was set for are dropped without
/// a word. Delays: call_after(), never CAF's delayed_send(), which knows no virtual time.
class LoopActor : public caf::event_based_actor {
 public:
  LoopActor(caf::actor_config& config, EventLoop& loop);
  ~LoopActor() override;

  using caf::event_based_actor::enqueue;
  void enqueue(caf::mailbox_element_ptr element, caf::execution_unit*) override;
  void enqueue(caf::strong_actor_ptr from, caf::message_id id, caf::message content,
               caf::execution_unit*) override;

  [[nodiscard]] EventLoop& loop() { return *loop_; }

  // CAF's business.
  [[nodiscard]] subtype_t subtype() const override;
  resume_result resume(caf::execution_unit* unit, std::size_t messages_max) override;
  void initialize() override;
  bool cleanup(caf::error&& reason, caf::execution_unit* unit) override;

 protected:
  /// Runs `function` as if it were a message handler of this actor. Returns false when the actor
  /// has ended (before or by it). Not to be called from inside a handler.
  template <class Function>
  bool in_context(Function&& function) {
    if (!activate(loop_)) return false;
    try {
      std::forward<Function>(function)();
    } catch (...) {
      fail(std::current_exception());
    }
    return settle();
  }

  /// Takes a message that needs none of CAF's matching (a LoopMessage), as a message handler would;
  /// false: it is none of those.
  virtual bool receive(caf::mailbox_element&) { return false; }

  /// Asks, from a message handler, for one call of after_messages() once there is no message left,
  /// or this turn's share of them is used up.
  void call_after_messages() { after_messages_wanted_ = true; }

  /// Runs as a message handler does.
  virtual void after_messages() {}

  /// A timer that dies with the actor and runs in its context.
  TimerId call_after(std::int64_t delay_us, std::function<void()> callback);
  void cancel(TimerId timer);

 private:
  friend class LoopCore;
  struct MailboxVisitor;

  struct Timer {
    TimerId id;
    std::function<void()> callback;
  };

  struct Link {
    LoopActor* previous = nullptr;
    LoopActor* next = nullptr;
    bool linked = false;
  };

  void fire(Timer* timer);
  void fail(const std::exception_ptr& exception);
  resume_result take_messages(std::size_t messages_max);
  activation_result take(caf::mailbox_element& element);
  /// Ends the actor if it has quit; returns whether it lives on.
  bool settle();
  /// on_exit() threw: ends the actor without it.
  void abandon();
  /// The loop goes away.
  void kill();

  EventLoop* loop_;
  Link link_;
  bool after_messages_wanted_ = false;
  std::vector<std::unique_ptr<Timer>> timers_;
};

/// The exit reason that an exception becomes: caf::sec::runtime_error with the exception's text.
caf::error exception_error(const std::exception_ptr& exception);

/// The text of such a reason; any other error as CAF prints it.
std::string error_text(const caf::error& error);

/// Spawns T on `loop` (from any thread); T's constructor is T(caf::actor_config&, EventLoop&,
/// args...).
template <class T, class... Args>
caf::actor spawn_on(EventLoop& loop, Args&&... args) {
  caf::actor_config config{&loop};
  return caf::actor_cast<caf::actor>(loop.system().spawn_class<T, caf::no_spawn_options>(
      config, loop, std::forward<Args>(args)...));
}

}  // namespace respawn::net
