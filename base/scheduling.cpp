#include "base/scheduling.hpp"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <ctime>

namespace respawn {

namespace {

constexpr std::uint64_t slice_ns = 100'000;  // the least that the system grants

/// As sched_setattr(2) has it, which the C library does not declare.
struct SchedulingAttributes {
  std::uint32_t size = sizeof(SchedulingAttributes);
  std::uint32_t policy = 0;
  std::uint64_t flags = 0;
  std::int32_t nice = 0;
  std::uint32_t priority = 0;
  std::uint64_t runtime_ns = 0;  // of an ordinary thread: its slice
  std::uint64_t deadline_ns = 0;
  std::uint64_t period_ns = 0;
};

}  // namespace

void ask_for_short_slices() noexcept {
  SchedulingAttributes attributes;
  if (::syscall(SYS_sched_getattr, 0, &attributes, sizeof attributes, 0) != 0) return;
  if (attributes.policy != 0) return;  // somebody has thought of it already
  attributes.runtime_ns = slice_ns;
  ::syscall(SYS_sched_setattr, 0, &attributes, 0);
}

void let_others_go_first() noexcept {
  constexpr int niceness = 10;
  // Of this thread alone: that is what Linux has for a process (setpriority(2)).
  const auto thread = static_cast<id_t>(::syscall(SYS_gettid));
  const int own = ::getpriority(PRIO_PROCESS, thread);
  ::setpriority(PRIO_PROCESS, thread, own + niceness);
}

std::uint64_t thread_cpu_ns() noexcept {
  constexpr std::uint64_t second_ns = 1'000'000'000;
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * second_ns +
         static_cast<std::uint64_t>(now.tv_nsec);
}

}  // namespace respawn
