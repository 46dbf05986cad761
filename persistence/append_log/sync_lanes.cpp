#include "persistence/append_log/sync_lanes.hpp"

#include <algorithm>

namespace respawn::persistence {

namespace {

/// Weighs a new sample by half of `most`; the first ones are the mean of themselves.
void average(std::uint64_t& mean, std::uint32_t& samples, std::uint32_t most,
             std::uint64_t sample) {
  if (samples < most) ++samples;
  const std::uint64_t weight = std::min(samples, most / 2);
  mean = mean - mean / weight + sample / weight;
}

}  // namespace

SyncLanes::Flight SyncLanes::take_off(std::uint64_t now_ns) {
  last_begun_ns_ = now_ns;
  return {.number = ++numbers_, .begun_ns = now_ns, .alone = flying_++ == 0};
}

void SyncLanes::land(const Flight& flight, std::uint64_t now_ns) {
  --flying_;
  const std::uint64_t took_ns = now_ns - flight.begun_ns;
  if (flight.alone && flight.number == numbers_)
    return average(alone_ns_, alone_samples_, samples_min, took_ns);
  average(shared_ns_, shared_samples_, shared_samples_min, took_ns);
  if (shared_samples_ >= shared_samples_min) judge(now_ns);
}

void SyncLanes::judge(std::uint64_t now_ns) {
  alone_ns_ = std::min(alone_ns_, shared_ns_);  // the disk has become faster
  if (shared_ns_ <= alone_ns_ * longer_times) {
    if (++useful_samples_ >= proof_samples) pause_ns_ = pause_min_ns;
    return;
  }
  paused_until_ns_ = now_ns + pause_ns_;
  pause_ns_ = std::min(pause_ns_ * 2, pause_max_ns);
  useful_samples_ = 0;
  shared_samples_ = alone_samples_ = 0;
}

std::optional<std::uint64_t> SyncLanes::due_in_ns(std::uint64_t now_ns) const {
  if (flying_ == 0 || flying_ >= lanes_max || !overlap(now_ns)) return std::nullopt;
  const std::uint64_t due_ns = last_begun_ns_ + distance_ns();
  return due_ns > now_ns ? due_ns - now_ns : 0;
}

}  // namespace respawn::persistence
