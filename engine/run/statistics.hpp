// What the server has counted, for INFO.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace respawn::engine {

/// Rate of a counter over the last 16 samples, 100 ms apart (INFO's instantaneous_*).
class RateMeter {
 public:
  void sample(std::int64_t now_ms, std::uint64_t total);
  [[nodiscard]] std::uint64_t per_second() const;

 private:
  std::array<std::uint64_t, 16> samples_{};
  std::size_t next_ = 0;
  std::int64_t last_ms_ = 0;
  std::uint64_t last_total_ = 0;
};

/// Owner: the keyspace actor; outlives it. CONFIG RESETSTAT clears what reset() clears.
struct Statistics {
  std::uint64_t error_replies = 0;
  std::uint64_t received_bytes = 0;
  std::uint64_t sent_bytes = 0;
  std::uint64_t lazyfreed_objects = 0;
  std::uint64_t clients_evicted = 0;
  std::uint64_t peak_memory = 0;
  std::uint64_t tick_ns = 0;                    // spent on what is done ten times a second
  std::uint64_t turn_commands_max = 0;          // run in one turn of the loop
  std::int64_t eviction_exceeded_us = 0;        // spent above maxmemory, until the last time
  std::int64_t eviction_exceeded_since_us = 0;  // monotonic; 0: not above it
  std::map<std::string, std::uint64_t, std::less<>> errors;  // by code: "ERR", "WRONGTYPE"
  RateMeter commands_rate;
  RateMeter received_rate;
  RateMeter sent_rate;
  RateMeter turn_rate;
  RateMeter turns_busy_rate;  // microseconds

  /// Counts an error reply by its code (the first word).
  void count_error(std::string_view text);
  void reset();
};

/// Kinds of error codes are bounded, so that a client cannot fill memory with them.
inline constexpr std::size_t error_codes_max = 128;

}  // namespace respawn::engine
