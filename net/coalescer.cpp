#include "net/coalescer.hpp"

#include <algorithm>
#include <utility>

namespace respawn::net {

unsigned Coalescer::plan() {
  const unsigned received = std::exchange(received_, 0U);
  const unsigned limit = busy_ < busy_min ? 0 : std::min(busy_ / 2, wanted_max);
  if (received < 2)
    wanted_ = 0;
  else if (wanted_ == 0)
    wanted_ = 2 * received;
  else if (received >= wanted_)
    wanted_ += 2;
  else  // the time was up: not more than came in it
    wanted_ = received;
  wanted_ = std::min(wanted_, limit);
  return wanted_;
}

void Coalescer::end_period() {
  busy_ = busy_in_period_;
  busy_in_period_ = received_in_period_ = 0;
  ++period_;
}

}  // namespace respawn::net
