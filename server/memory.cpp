#include "server/memory.hpp"

#include <malloc.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

// jemalloc's interface; the symbol is there only when it is the allocator.
extern "C" int mallctl(const char* name, void* old_value, std::size_t* old_size, void* new_value,
                       std::size_t new_size) __attribute__((weak));

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

std::uint64_t jemalloc_statistic(const char* name) {
  std::size_t value = 0;
  std::size_t size = sizeof value;
  return mallctl(name, &value, &size, nullptr, 0) == 0 ? value : 0;
}

}  // namespace

commands::MemoryFacts memory_facts() {
  commands::MemoryFacts facts;
  facts.resident = resident_bytes();
  if (mallctl != nullptr) {
    std::uint64_t epoch = 1;
    std::size_t size = sizeof epoch;
    mallctl("epoch", &epoch, &size, &epoch, size);
    facts.allocated = jemalloc_statistic("stats.allocated");
    facts.active = jemalloc_statistic("stats.active");
    facts.allocator_resident = jemalloc_statistic("stats.resident");
  } else {
    facts.allocated = ::mallinfo2().uordblks;
    facts.active = facts.allocator_resident = facts.resident;
  }
  facts.used = facts.allocated != 0 ? facts.allocated : facts.resident;
  return facts;
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
