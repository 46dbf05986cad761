// When a flush waits for more to cover.
#pragma once

#include <cstdint>

namespace respawn::persistence {

/// Who was answered by a flush comes back at once where clients wait for their replies. A flush
/// that begins with the first of them covers few, and the rest waits for two flushes: there are
/// twice as many of them as there need be, and with a fast disk it is their cost that counts. So
/// the next one waits for most of those that were answered, at most as long as the last one took;
/// and where that was in vain, those behind it do not wait: twice as many each time.
///
/// Owner: LogDisk, under its lock. Times are nanoseconds of one stopwatch; clients are measured by
/// the bytes that they had written.
class SyncGathering {
 public:
  static constexpr std::uint32_t skipped_max = 64;

  /// One has ended that took so long and covered so much, while so much more was written.
  void flushed(std::uint64_t covered_bytes, std::uint64_t pending_bytes, std::uint64_t took_ns,
               std::uint64_t now_ns) {
    wanted_bytes_ = 0;
    if (skipped_ > 0) {
      --skipped_;
      return;
    }
    wanted_bytes_ = (covered_bytes + pending_bytes) * 7 / 8;
    until_ns_ = now_ns + took_ns;
  }

  /// How long the next one waits still; 0: it begins.
  [[nodiscard]] std::uint64_t wait_ns(std::uint64_t pending_bytes, std::uint64_t now_ns) {
    if (wanted_bytes_ == 0) return 0;
    if (pending_bytes < wanted_bytes_ && now_ns < until_ns_) return until_ns_ - now_ns;
    if (pending_bytes >= wanted_bytes_)
      in_vain_ = 0;
    else
      skipped_ = in_vain_ = in_vain_ >= skipped_max ? skipped_max : in_vain_ * 2 + 1;
    wanted_bytes_ = 0;
    return 0;
  }

  /// What ends the waiting; 0: nothing waits.
  [[nodiscard]] std::uint64_t wanted_bytes() const { return wanted_bytes_; }

 private:
  std::uint64_t wanted_bytes_ = 0;
  std::uint64_t until_ns_ = 0;
  std::uint32_t in_vain_ = 0;
  std::uint32_t skipped_ = 0;  // of those to come
};

}  // namespace respawn::persistence
