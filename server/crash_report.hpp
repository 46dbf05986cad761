// A report in the log when a fatal signal ends the process: which, where, and the stack.
#pragma once

#include <cstddef>

namespace respawn::server {

/// From now on SIGSEGV, SIGBUS, SIGFPE, SIGILL and SIGABRT write a report to this descriptor, which
/// stays open, and then end the process as they do without it: with the same status, and a core
/// dump where those are allowed. Without a sanitizer only, for those report in their own way.
void report_crashes_to(int descriptor);

/// No report is written from now on. Like the above, for any thread.
void stop_reporting_crashes();

/// One or the other.
inline void report_crashes(bool wanted, int descriptor) {
  wanted ? report_crashes_to(descriptor) : stop_reporting_crashes();
}

/// A stack of its own for the thread that makes it, so that a report is written also when the
/// thread's stack has overflowed. Owner: that thread, which destroys it as the last thing.
class AlternateStack {
 public:
  AlternateStack();
  ~AlternateStack();
  AlternateStack(const AlternateStack&) = delete;
  AlternateStack& operator=(const AlternateStack&) = delete;

 private:
  void* memory_ = nullptr;  // null: there was none; the thread's own stack has to do
  std::size_t bytes_ = 0;
};

}  // namespace respawn::server
