// What the allocator and the kernel say about this process's memory.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "engine/run/services.hpp"

namespace respawn::server {

/// To be called once, by the thread of the keyspace, behind any fork: from then on memory that is
/// freed goes back to the system in a thread of the allocator's own. Without it a DEL of 512 MB
/// takes 50 ms, and some call among many takes milliseconds.
void free_in_background();

/// Bytes; costs a few dozen microseconds. What an allocator does not tell is taken from the kernel.
engine::MemoryFacts memory_facts();

/// memory_facts().used in a few nanoseconds with jemalloc: what the calling thread allocated and
/// freed since it called memory_facts() last is counted exactly, that of other threads not at all.
std::uint64_t used_memory_bytes();

/// Gives memory that is not in use back to the system. May take milliseconds.
void purge_memory();

/// What jemalloc tells of itself, for people; "" with another allocator. May take milliseconds.
std::string allocator_report();

/// "jemalloc-5.3.0", "libc"...
std::string allocator_name();

/// The memory role: the above for those who are given it.
class Memory final : public engine::MemoryService {
 public:
  /// `announced_bytes` are allocated, but nothing has been written there yet: they are not in use.
  explicit Memory(const std::atomic<std::uint64_t>& announced_bytes)
      : announced_bytes_(announced_bytes) {}

  [[nodiscard]] engine::MemoryFacts facts() const override;
  [[nodiscard]] std::uint64_t used() const override;

  void purge() override { purge_memory(); }

  [[nodiscard]] std::string report() const override { return allocator_report(); }

 private:
  const std::atomic<std::uint64_t>& announced_bytes_;
};

}  // namespace respawn::server
