#include "server/memory.hpp"

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

// jemalloc's interface; the symbol is there only when it is the allocator.
extern "C" int mallctl(const char* name, void* old_value, std::size_t* old_size, void* new_value,
                       std::size_t new_size) __attribute__((weak));
extern "C" void malloc_stats_print(void (*write)(void* to, const char* text), void* to,
                                   const char* options) __attribute__((weak));
// The sanitizers' allocator, likewise.
extern "C" std::size_t __sanitizer_get_current_allocated_bytes() __attribute__((weak));

// jemalloc reads this when it starts. Huge blocks come from the arenas of all others, so that they
// are not given back to the system by who frees them; threads keep no blocks above 10 KB for
// themselves, which would be half a megabyte of buffers; what is free goes back to the system
// within two seconds.
extern "C" {
extern const char* malloc_conf;
const char* malloc_conf = "oversize_threshold:0,tcache_max:10240,dirty_decay_ms:1500";
}

namespace respawn::server {

namespace {

std::uint64_t resident_bytes() {
  std::FILE* file = std::fopen("/proc/self/statm", "re");
  if (!file) return 0;
  unsigned long long total = 0;
  unsigned long long resident = 0;
  const int fields = std::fscanf(file, "%llu %llu", &total, &resident);
  std::fclose(file);
  return fields == 2 ? resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)) : 0;
}

template <class T = std::size_t>
T jemalloc_statistic(const char* name) {
  T value{};
  std::size_t size = sizeof value;
  return mallctl(name, &value, &size, nullptr, 0) == 0 ? value : T{};
}

/// What one thread has allocated and freed: counters that jemalloc keeps for it. With jemalloc
/// only.
class ThreadCounters {
 public:
  ThreadCounters()
      : allocated_(jemalloc_statistic<const std::uint64_t*>("thread.allocatedp")),
        freed_(jemalloc_statistic<const std::uint64_t*>("thread.deallocatedp")) {}

  [[nodiscard]] std::uint64_t used() const { return *allocated_ - *freed_ + others_; }

  /// Adjusts the share of the other threads so that used() is this.
  void correct(std::uint64_t used_bytes) { others_ += used_bytes - used(); }

 private:
  const std::uint64_t* allocated_;
  const std::uint64_t* freed_;
  std::uint64_t others_ = 0;  // wraps below 0: they may have freed what this thread allocated
};

ThreadCounters& thread_counters() {
  thread_local ThreadCounters counters;
  return counters;
}

/// Without jemalloc.
std::uint64_t allocated_elsewhere() {
  if (__sanitizer_get_current_allocated_bytes != nullptr)
    return __sanitizer_get_current_allocated_bytes();
  const auto info = ::mallinfo2();
  return info.uordblks + info.hblkhd;
}

}  // namespace

void free_in_background() {
  if (mallctl == nullptr) return;
  const auto arena = jemalloc_statistic<unsigned>("thread.arena");
  const std::string name = "arena." + std::to_string(arena) + ".oversize_threshold";
  std::size_t never_bytes = std::size_t{1} << 62;
  mallctl(name.c_str(), nullptr, nullptr, &never_bytes, sizeof never_bytes);
  bool in_background = true;
  mallctl("background_thread", nullptr, nullptr, &in_background, sizeof in_background);
}

engine::MemoryFacts memory_facts() {
  engine::MemoryFacts facts;
  facts.resident = resident_bytes();
  if (mallctl != nullptr) {
    std::uint64_t epoch = 1;
    std::size_t size = sizeof epoch;
    mallctl("epoch", &epoch, &size, &epoch, size);
    facts.allocated = jemalloc_statistic("stats.allocated");
    facts.active = jemalloc_statistic("stats.active");
    facts.allocator_resident = jemalloc_statistic("stats.resident");
    // What threads keep for their next allocations is not in use. (4096 stands for all arenas.)
    facts.used = facts.allocated - jemalloc_statistic("stats.arenas.4096.tcache_bytes") -
                 jemalloc_statistic("stats.arenas.4096.tcache_stashed_bytes");
    thread_counters().correct(facts.used);
  } else {
    facts.used = facts.allocated = allocated_elsewhere();
    facts.active = facts.allocator_resident = facts.resident;
  }
  return facts;
}

std::uint64_t used_memory_bytes() {
  return mallctl != nullptr ? thread_counters().used() : allocated_elsewhere();
}

engine::MemoryFacts Memory::facts() const {
  engine::MemoryFacts facts = memory_facts();
  facts.used -= std::min(facts.used, announced_bytes_.load(std::memory_order_relaxed));
  return facts;
}

std::uint64_t Memory::used() const {
  const std::uint64_t used = used_memory_bytes();
  return used - std::min(used, announced_bytes_.load(std::memory_order_relaxed));
}

void purge_memory() {
  if (mallctl == nullptr) {
    ::malloc_trim(0);
    return;
  }
  mallctl("thread.tcache.flush", nullptr, nullptr, nullptr, 0);
  mallctl("arena.4096.purge", nullptr, nullptr, nullptr, 0);
}

std::string allocator_report() {
  std::string report;
  const auto append = [](void* to, const char* text) { *static_cast<std::string*>(to) += text; };
  if (malloc_stats_print != nullptr) malloc_stats_print(append, &report, nullptr);
  return report;
}

std::string allocator_name() {
  if (mallctl == nullptr) return "libc";
  const char* version = nullptr;
  std::size_t size = sizeof version;
  if (mallctl("version", &version, &size, nullptr, 0) != 0) return "jemalloc";
  const std::string full = version;
  return "jemalloc-" + full.substr(0, full.find('-'));
}

}  // namespace respawn::server
