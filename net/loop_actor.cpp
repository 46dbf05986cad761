#include "net/loop_actor.hpp"

#include <algorithm>
#include <caf/actor_system.hpp>
#include <caf/exit_reason.hpp>
#include <caf/sec.hpp>

#include "base/thread_sanitizer.hpp"

namespace respawn::net {

LoopActor::LoopActor(caf::actor_config& config, EventLoop& loop)
    : caf::event_based_actor(config), loop_(&loop) {
  // CAF's own defaults print to standard output.
  set_default_handler(caf::drop);
  set_down_handler([](caf::scheduled_actor*, caf::down_msg&) {});
  set_exception_handler([](caf::scheduled_actor*, std::exception_ptr& exception) {
    return exception_error(exception);
  });
}

LoopActor::~LoopActor() = default;

void LoopActor::enqueue(caf::mailbox_element_ptr element, caf::execution_unit*) {
  note_release(this);  // to whoever takes it out of the mailbox: take()
  caf::scheduled_actor::enqueue(std::move(element), loop_);
}

void LoopActor::enqueue(caf::strong_actor_ptr from, caf::message_id id, caf::message content,
                        caf::execution_unit*) {
  note_release(this);
  caf::scheduled_actor::enqueue(
      caf::make_mailbox_element(std::move(from), id, {}, std::move(content)), loop_);
}

/// Tells exec_later() of any loop that this one belongs on a loop; actors of other kinds are handed
/// to CAF's scheduler.
LoopActor::subtype_t LoopActor::subtype() const {
  return io_actor;
}

/// What CAF calls for each message, in the order of its queues. Nobody here uses CAF's streams.
struct LoopActor::MailboxVisitor {
  LoopActor& actor;
  std::size_t handled = 0;
  std::size_t messages_max;

  template <class Queue>
  caf::intrusive::task_result operator()(std::size_t, Queue&, caf::mailbox_element& element) {
    switch (actor.take(element)) {
      case activation_result::terminated:
        return caf::intrusive::task_result::stop;
      case activation_result::success:
        return ++handled < messages_max ? caf::intrusive::task_result::resume
                                        : caf::intrusive::task_result::stop_all;
      case activation_result::skipped:
        return caf::intrusive::task_result::skip;
      case activation_result::dropped:
        break;
    }
    return caf::intrusive::task_result::resume;
  }

  template <class Slot, class Nested>
  caf::intrusive::task_result operator()(std::size_t, downstream_queue&, Slot, Nested&,
                                         caf::mailbox_element&) {
    return caf::intrusive::task_result::resume;
  }
};

LoopActor::activation_result LoopActor::take(caf::mailbox_element& element) {
  note_acquire(this);
  try {
    if (!alive() || !receive(element)) return reactivate(element);
  } catch (...) {
    fail(std::current_exception());
  }
  return finalize() ? activation_result::terminated : activation_result::success;
}

/// As scheduled_actor::resume(), without what only CAF's own timeouts, streams and log need.
LoopActor::resume_result LoopActor::take_messages(std::size_t messages_max) {
  constexpr std::size_t round = 64;
  if (!activate(loop_)) return done;
  MailboxVisitor visitor{*this, 0, messages_max};
  while (visitor.handled < messages_max) {
    const bool consumed = mailbox_.new_round(round, visitor).consumed_items;
    if (finalize()) return done;
    if (!consumed && mailbox_.try_block()) return awaiting_message;
  }
  return mailbox_.try_block() ? awaiting_message : resume_later;
}

LoopActor::resume_result LoopActor::resume(caf::execution_unit*, std::size_t messages_max) {
  try {
    const resume_result result = take_messages(messages_max);
    if (result == done || !std::exchange(after_messages_wanted_, false)) return result;
    return in_context([this] { after_messages(); }) ? result : done;
  } catch (...) {  // only on_exit() gets here, everything else went to the exception handler
    abandon();
    return done;
  }
}

void LoopActor::initialize() {
  loop_->actor_started(*this);
  caf::event_based_actor::initialize();
}

bool LoopActor::cleanup(caf::error&& reason, caf::execution_unit* unit) {
  const auto timers = std::exchange(timers_, {});
  for (const auto& timer : timers) loop_->cancel(timer->id);
  const bool first = caf::event_based_actor::cleanup(std::move(reason), unit);
  if (link_.linked) loop_->actor_ended(*this);
  return first;
}

TimerId LoopActor::call_after(std::int64_t delay_us, std::function<void()> callback) {
  auto timer = std::make_unique<Timer>(Timer{0, std::move(callback)});
  timer->id = loop_->call_after(delay_us, [this, raw = timer.get()] { fire(raw); });
  timers_.push_back(std::move(timer));
  return timers_.back()->id;
}

void LoopActor::cancel(TimerId id) {
  loop_->cancel(id);
  std::erase_if(timers_, [id](const auto& timer) { return timer->id == id; });
}

void LoopActor::fire(Timer* timer) {
  const auto found = std::find_if(timers_.begin(), timers_.end(), [timer](const auto& candidate) {
    return candidate.get() == timer;
  });
  const auto callback = std::move((*found)->callback);
  timers_.erase(found);
  in_context(callback);
}

void LoopActor::fail(const std::exception_ptr& exception) {
  quit(exception_error(exception));
}

bool LoopActor::settle() {
  try {
    return !finalize();
  } catch (...) {
    abandon();
    return false;
  }
}

void LoopActor::abandon() {
  cleanup(exception_error(std::current_exception()), loop_);
}

void LoopActor::kill() {
  context(loop_);
  quit(caf::exit_reason::kill);
  settle();
}

caf::error exception_error(const std::exception_ptr& exception) {
  try {
    std::rethrow_exception(exception);
  } catch (const std::exception& error) {
    return caf::make_error(caf::sec::runtime_error, std::string(error.what()));
  } catch (...) {
    return caf::make_error(caf::sec::runtime_error, std::string("unknown exception"));
  }
}

std::string error_text(const caf::error& error) {
  const caf::message& context = error.context();
  if (error == caf::sec::runtime_error && context.match_elements<std::string>())
    return context.get_as<std::string>(0);
  return caf::to_string(error);
}

}  // namespace respawn::net
