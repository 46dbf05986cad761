// Makes operator new fail at a chosen call, to test what a data structure does then.
#pragma once

#include <cstddef>
#include <new>

namespace respawn::keyspace {

/// While it lives, the allocation with this number (from 0) and all later ones throw
/// std::bad_alloc or return null. One at a time, one thread.
class FailingMemory {
 public:
  explicit FailingMemory(std::size_t successes);
  FailingMemory(const FailingMemory&) = delete;
  FailingMemory& operator=(const FailingMemory&) = delete;
  ~FailingMemory();

  /// Whether an allocation was refused.
  [[nodiscard]] bool failed() const;
};

/// Runs operation() with memory that fails at its first allocation, then its second..., calling
/// check() after each failure, until it succeeds. Says how often it failed.
template <class Operation, class Check>
std::size_t fail_at_every_allocation(Operation&& operation, Check&& check);

/// Allocations (bytes and number) that are alive now, made by operator new.
struct LiveMemory {
  std::size_t blocks = 0;
  std::size_t bytes = 0;
};

LiveMemory live_memory();

template <class Operation, class Check>
std::size_t fail_at_every_allocation(Operation&& operation, Check&& check) {
  for (std::size_t failures = 0;; ++failures) {
    bool done = false;
    {
      FailingMemory memory(failures);
      try {
        operation();
        done = true;
      } catch (const std::bad_alloc&) {
      }
    }
    if (done) return failures;
    check();
  }
}

}  // namespace respawn::keyspace
