#include "base/fiber.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <boost/context/detail/fcontext.hpp>
#include <new>

#include "base/check.hpp"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#endif
#if defined(__SANITIZE_THREAD__)
#include <sanitizer/tsan_interface.h>
#endif

namespace respawn {

using boost::context::detail::jump_fcontext;
using boost::context::detail::make_fcontext;
using boost::context::detail::transfer_t;

namespace {

std::size_t guard_bytes() {
  static const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  return page;
}

}  // namespace

/// Each is called right before or behind a jump.
struct Fiber::Switch {
  static void enters([[maybe_unused]] Fiber& fiber) {
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_start_switch_fiber(&fiber.callers_fake_stack_, fiber.memory_ + guard_bytes(),
                                   stack_bytes);
#endif
#if defined(__SANITIZE_THREAD__)
    fiber.callers_thread_ = __tsan_get_current_fiber();
    if (!fiber.own_thread_) fiber.own_thread_ = __tsan_create_fiber(0);
    __tsan_switch_to_fiber(fiber.own_thread_, 0);
#endif
  }

  static void entered([[maybe_unused]] Fiber& fiber) {
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_finish_switch_fiber(fiber.own_fake_stack_, &fiber.callers_stack_,
                                    &fiber.callers_stack_bytes_);
#endif
  }

  static void leaves([[maybe_unused]] Fiber& fiber) {
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_start_switch_fiber(&fiber.own_fake_stack_, fiber.callers_stack_,
                                   fiber.callers_stack_bytes_);
#endif
#if defined(__SANITIZE_THREAD__)
    __tsan_switch_to_fiber(fiber.callers_thread_, 0);
#endif
  }

  static void left([[maybe_unused]] Fiber& fiber) {
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_finish_switch_fiber(fiber.callers_fake_stack_, nullptr, nullptr);
#endif
  }

  static void forgotten([[maybe_unused]] Fiber& fiber) {
    fiber.own_fake_stack_ = nullptr;
#if defined(__SANITIZE_THREAD__)
    if (fiber.own_thread_) __tsan_destroy_fiber(fiber.own_thread_);
    fiber.own_thread_ = nullptr;
#endif
  }
};

Fiber::~Fiber() {
  if (!memory_) return;
  drop();
  ::munmap(memory_, guard_bytes() + stack_bytes);
}

void Fiber::make_stack() {
  void* memory = ::mmap(nullptr, guard_bytes() + stack_bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  memory_ = static_cast<char*>(memory);
  if (::mprotect(memory_, guard_bytes(), PROT_NONE) != 0) throw std::bad_alloc();
}

/// On the fiber, for ever: piece after piece of work.
void Fiber::run() {
  for (;;) {
    work_(argument_);
    active_ = false;
    leave();
  }
}

bool Fiber::start(Work work, void* argument) {
  RESPAWN_CHECK(!active_);
  if (!memory_) make_stack();
  if (!context_)
    context_ =
        make_fcontext(memory_ + guard_bytes() + stack_bytes, stack_bytes, [](transfer_t from) {
          Fiber& fiber = *static_cast<Fiber*>(from.data);
          fiber.caller_ = from.fctx;
          Switch::entered(fiber);
          fiber.run();
        });
  work_ = work;
  argument_ = argument;
  active_ = true;
  return enter();
}

bool Fiber::enter() {
  RESPAWN_CHECK(active_ && !inside_);
  inside_ = true;
  Switch::enters(*this);
  context_ = jump_fcontext(context_, this).fctx;
  Switch::left(*this);
  inside_ = false;
  return !active_;
}

void Fiber::leave() {
  Switch::leaves(*this);
  caller_ = jump_fcontext(caller_, nullptr).fctx;
  Switch::entered(*this);
}

void Fiber::drop() {
  RESPAWN_CHECK(!inside_);
  active_ = false;
  context_ = nullptr;
  Switch::forgotten(*this);
}

}  // namespace respawn
