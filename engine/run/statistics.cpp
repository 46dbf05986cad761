#include "engine/run/statistics.hpp"

namespace respawn::engine {

void RateMeter::sample(std::int64_t now_ms, std::uint64_t total) {
  std::int64_t elapsed_ms = now_ms - last_ms_;
  if (last_ms_ != 0 && elapsed_ms > 0 && total >= last_total_) {
    samples_[next_] = (total - last_total_) * 1000 / static_cast<std::uint64_t>(elapsed_ms);
    next_ = (next_ + 1) % samples_.size();
  }
  last_ms_ = now_ms;
  last_total_ = total;
}

std::uint64_t RateMeter::per_second() const {
  std::uint64_t sum = 0;
  for (std::uint64_t sample : samples_) sum += sample;
  return sum / samples_.size();
}

void Statistics::count_error(std::string_view text) {
  ++error_replies;
  std::string_view code = text.substr(0, text.find(' '));
  auto known = errors.find(code);
  if (known != errors.end())
    ++known->second;
  else if (errors.size() < error_codes_max)
    errors.emplace(code, 1);
}

void Statistics::reset() {
  Statistics fresh;
  fresh.commands_rate = commands_rate;
  *this = std::move(fresh);
}

}  // namespace respawn::engine
