// The 24 bits of an entry that eviction goes by: when a key was used last, or how often.
#pragma once

#include <cstdint>

#include "base/random.hpp"
#include "config/config.hpp"

namespace respawn::engine {

/// Under an LFU policy the bits are minutes (16, wrapping) and a logarithmic counter (8); under any
/// other they are seconds (24, wrapping after 194 days).
[[nodiscard]] bool counts_frequency(config::EvictionPolicy policy);

/// Whether a policy goes by the access clock at all.
[[nodiscard]] bool needs_access_clock(config::EvictionPolicy policy);

/// What a key gets that is written for the first time.
[[nodiscard]] std::uint32_t fresh_access_clock(const config::Config& config, std::int64_t now_us);

/// What `clock` becomes when its key is used.
[[nodiscard]] std::uint32_t used_access_clock(const config::Config& config, std::uint32_t clock,
                                              std::int64_t now_us, Random& random);

/// Under LFU: the counter, less what it lost since the last use.
[[nodiscard]] std::uint32_t access_frequency(const config::Config& config, std::uint32_t clock,
                                             std::int64_t now_us);

/// The less an entry with this clock would be missed, the higher: by the policy's counter and then
/// by age (LFU), or by age.
[[nodiscard]] std::uint32_t eviction_rank(const config::Config& config, std::uint32_t clock,
                                          std::int64_t now_us);

/// Under LFU: what makes the counter be `frequency` now.
[[nodiscard]] std::uint32_t access_clock_of_frequency(std::uint8_t frequency, std::int64_t now_us);

/// Under LRU: what makes the last use be that long ago.
[[nodiscard]] std::uint32_t access_clock_of_idle(std::int64_t idle_s, std::int64_t now_us);

/// Under LRU: seconds since the last use.
[[nodiscard]] std::uint32_t idle_seconds(std::uint32_t clock, std::int64_t now_us);

}  // namespace respawn::engine
