// What a running process uses, read from /proc.
#pragma once

#include <sys/types.h>

#include <cstdint>

namespace respawn::support {

struct ProcessUsage {
  std::int64_t resident_kb = 0;
  std::int64_t resident_peak_kb = 0;  // since it started, or since reset_peak()
  int descriptors = 0;
  std::int64_t cpu_ms = 0;  // user and system time since its start
};

/// Whether resident_kb says something: sanitizers keep freed memory and shadow all of it.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool memory_is_telling = false;
#else
inline constexpr bool memory_is_telling = true;
#endif

/// Of process `pid`. Throws std::runtime_error when there is no such process.
ProcessUsage usage_of(pid_t pid);

/// From now on resident_peak_kb of process `pid` begins anew.
void reset_peak(pid_t pid);

}  // namespace respawn::support
