// The base class of every actor of Respawn that lives on an event loop.
#pragma once

#include <caf/event_based_actor.hpp>
#include <exception>
#include <functional>
#include <utility>

#include "net/event_loop.hpp"

namespace respawn::net {

/// Overrides enqueue so that the actor is scheduled on its own loop whoever sends. Also an adapter
/// for completions and timers: code that is called by the loop outside a message handler goes
/// through in_context(), so that an exception ends this actor (with the exception's text as its
/// exit reason) and not the loop.
class LoopActor : public caf::event_based_actor {
 public:
  LoopActor(caf::actor_config& config, EventLoop& loop);
  ~LoopActor() override;

  using caf::event_based_actor::enqueue;
  void enqueue(caf::mailbox_element_ptr element, caf::execution_unit*) override;
  void enqueue(caf::strong_actor_ptr sender, caf::message_id id, caf::message content,
               caf::execution_unit*) override;

  [[nodiscard]] EventLoop& loop() { return *loop_; }

 protected:
  /// Runs `function` as if it were a message handler of this actor. Returns false when the actor
  /// has ended (before or by it).
  bool in_context(
      const std::function<void()>& function);  // implementers: make this a template if it costs

  /// A timer that dies with the actor and runs in its context.
  TimerId call_after(std::int64_t delay_us, std::function<void()> callback);
  void cancel(TimerId timer);

 private:
  EventLoop* loop_;
};

/// Spawns T on `loop` (from any thread); T's constructor is T(caf::actor_config&, EventLoop&,
/// args...).
template <class T, class... Args>
caf::actor spawn_on(EventLoop& loop, Args&&... args) {
  caf::actor_config config{&loop};
  return caf::actor_cast<caf::actor>(loop.system().spawn_class<T, caf::no_spawn_options>(
      config, loop, std::forward<Args>(args)...));
}

}  // namespace respawn::net
