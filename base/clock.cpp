#include "base/clock.hpp"

#include <time.h>

#if defined(__x86_64__)
#include <cpuid.h>
#include <x86intrin.h>
#endif

namespace respawn {

namespace {

std::int64_t read_ns(clockid_t id) {
  timespec now{};
  clock_gettime(id, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

std::uint64_t monotonic_ns() {
  return static_cast<std::uint64_t>(read_ns(CLOCK_MONOTONIC));
}

#if defined(__x86_64__)

/// Leaf 0x80000007, bit 8 of edx: the counter's rate is constant in all power states.
bool has_invariant_counter() {
  unsigned eax = 0;
  unsigned ebx = 0;
  unsigned ecx = 0;
  unsigned edx = 0;
  return __get_cpuid(0x80000007, &eax, &ebx, &ecx, &edx) != 0 && (edx & (1U << 8)) != 0;
}

/// Nanoseconds per cycle as a 32.32 fixed-point number, measured once over two milliseconds; 0
/// where the counter cannot be used.
std::uint64_t measure_cycle() {
  if (!has_invariant_counter()) return 0;
  constexpr std::uint64_t span_ns = 2'000'000;
  const std::uint64_t start_ns = monotonic_ns();
  const std::uint64_t start_cycles = __rdtsc();
  std::uint64_t end_ns = start_ns;
  while (end_ns - start_ns < span_ns) end_ns = monotonic_ns();
  const std::uint64_t cycles = __rdtsc() - start_cycles;
  return cycles == 0 ? 0 : ((end_ns - start_ns) << 32) / cycles;
}

std::uint64_t read_stopwatch() {
  static const std::uint64_t cycle = measure_cycle();
  if (cycle == 0) return monotonic_ns();
  __extension__ using Wide = unsigned __int128;
  return static_cast<std::uint64_t>((Wide{__rdtsc()} * cycle) >> 32);
}

#else

std::uint64_t read_stopwatch() {
  return monotonic_ns();
}

#endif

}  // namespace

std::int64_t SystemClock::wall_us() const {
  return read_ns(CLOCK_REALTIME) / 1000;
}

std::int64_t SystemClock::monotonic_us() const {
  return read_ns(CLOCK_MONOTONIC) / 1000;
}

std::uint64_t SystemClock::stopwatch_ns() const {
  return read_stopwatch();
}

}  // namespace respawn
