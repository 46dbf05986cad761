#include "tests/unit/keyspace/failing_memory.hpp"

#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <limits>
#include <new>

namespace {

constexpr std::size_t unlimited = std::numeric_limits<std::size_t>::max();

std::atomic<std::size_t> successes_left{unlimited};
std::atomic<bool> refused{false};
std::atomic<std::size_t> live_blocks{0};
std::atomic<std::size_t> live_bytes{0};

void* allocate(std::size_t bytes, std::size_t alignment) noexcept {
  if (successes_left != unlimited) {
    if (successes_left == 0) {
      refused = true;
      return nullptr;
    }
    --successes_left;
  }
  void* memory = nullptr;
  if (alignment <= alignof(std::max_align_t))
    memory = std::malloc(bytes);
  else if (posix_memalign(&memory, alignment, bytes) != 0)
    memory = nullptr;
  if (memory == nullptr) return nullptr;
  ++live_blocks;
  live_bytes += malloc_usable_size(memory);
  return memory;
}

void* allocate_or_throw(std::size_t bytes, std::size_t alignment) {
  if (void* memory = allocate(bytes, alignment)) return memory;
  throw std::bad_alloc();
}

void release(void* memory) noexcept {
  if (memory == nullptr) return;
  --live_blocks;
  live_bytes -= malloc_usable_size(memory);
  std::free(memory);
}

}  // namespace

void* operator new(std::size_t bytes) {
  return allocate_or_throw(bytes, 1);
}

void* operator new[](std::size_t bytes) {
  return allocate_or_throw(bytes, 1);
}

void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return allocate_or_throw(bytes, static_cast<std::size_t>(alignment));
}

void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
  return allocate(bytes, 1);
}

void* operator new[](std::size_t bytes, const std::nothrow_t&) noexcept {
  return allocate(bytes, 1);
}

void* operator new(std::size_t bytes, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return allocate(bytes, static_cast<std::size_t>(alignment));
}

void operator delete(void* memory) noexcept {
  release(memory);
}

void operator delete[](void* memory) noexcept {
  release(memory);
}

void operator delete(void* memory, std::size_t) noexcept {
  release(memory);
}

void operator delete[](void* memory, std::size_t) noexcept {
  release(memory);
}

void operator delete(void* memory, std::align_val_t) noexcept {
  release(memory);
}

void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  release(memory);
}

void operator delete(void* memory, const std::nothrow_t&) noexcept {
  release(memory);
}

void operator delete[](void* memory, const std::nothrow_t&) noexcept {
  release(memory);
}

void operator delete(void* memory, std::align_val_t, const std::nothrow_t&) noexcept {
  release(memory);
}

namespace respawn::keyspace {

FailingMemory::FailingMemory(std::size_t successes) {
  refused = false;
  successes_left = successes;
}

FailingMemory::~FailingMemory() {
  successes_left = unlimited;
}

bool FailingMemory::failed() const {
  return refused;
}

LiveMemory live_memory() {
  return {live_blocks, live_bytes};
}

}  // namespace respawn::keyspace
