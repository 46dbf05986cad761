#include "engine/run/latency_monitor.hpp"

#include <algorithm>
#include <cstdlib>

#include "base/result.hpp"
#include "base/text.hpp"

namespace respawn::engine {

void LatencySeries::add(const LatencySample& sample) {
  longest_ms_ = std::max(longest_ms_, sample.latency_ms);
  if (count_ > 0) {
    LatencySample& last = ring_[(next_ + samples_max - 1) % samples_max];
    if (last.time_s == sample.time_s) {
      last.latency_ms = std::max(last.latency_ms, sample.latency_ms);
      return;
    }
  }
  ring_[next_] = sample;
  next_ = (next_ + 1) % samples_max;
  count_ = std::min(count_ + 1, samples_max);
}

std::vector<LatencySample> LatencySeries::samples() const {
  std::vector<LatencySample> all;
  all.reserve(count_);
  for (std::size_t at = 0; at < count_; ++at)
    all.push_back(ring_[(next_ + samples_max - count_ + at) % samples_max]);
  return all;
}

const LatencySample& LatencySeries::latest() const {
  RESPAWN_CHECK(count_ > 0);
  return ring_[(next_ + samples_max - 1) % samples_max];
}

void LatencyMonitor::add(std::string_view event, const LatencySample& sample) {
  auto found = events_.find(event);
  if (found == events_.end()) found = events_.emplace(event, LatencySeries{}).first;
  found->second.add(sample);
}

const LatencySeries* LatencyMonitor::find(std::string_view event) const {
  const auto found = events_.find(event);
  return found == events_.end() ? nullptr : &found->second;
}

std::size_t LatencyMonitor::reset(std::string_view event) {
  return std::erase_if(events_, [&](const auto& each) { return iequals(each.first, event); });
}

std::size_t LatencyMonitor::reset_all() {
  const std::size_t count = events_.size();
  events_.clear();
  return count;
}

LatencyFigures figures_of(const LatencySeries& series, std::int64_t now_s) {
  const std::vector<LatencySample> samples = series.samples();
  LatencyFigures figures;
  if (samples.empty()) return figures;
  figures.samples = static_cast<std::int64_t>(samples.size());
  figures.lowest_ms = samples.front().latency_ms;
  std::int64_t sum_ms = 0;
  for (const LatencySample& sample : samples) {
    figures.lowest_ms = std::min(figures.lowest_ms, sample.latency_ms);
    figures.highest_ms = std::max(figures.highest_ms, sample.latency_ms);
    sum_ms += sample.latency_ms;
  }
  figures.mean_ms = sum_ms / figures.samples;
  std::int64_t deviations_ms = 0;
  for (const LatencySample& sample : samples)
    deviations_ms += std::abs(sample.latency_ms - figures.mean_ms);
  figures.deviation_ms = deviations_ms / figures.samples;
  figures.period_s = std::max<std::int64_t>(now_s - samples.front().time_s, 1);
  return figures;
}

}  // namespace respawn::engine
