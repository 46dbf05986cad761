#include "engine/table/arguments.hpp"

#include <cmath>

namespace respawn::engine {

Result<std::int64_t> to_timeout_ms(std::string_view seconds) {
  auto value = parse_long_double(seconds);
  if (!value) return failure(std::string(errors::timeout_not_a_float));
  if (*value < 0) return failure(std::string(errors::timeout_negative));
  long double ms = std::ceil(*value * 1000);
  if (ms > static_cast<long double>(std::numeric_limits<std::int64_t>::max() / 2))
    return failure(std::string(errors::timeout_out_of_range));
  return static_cast<std::int64_t>(ms);
}

}  // namespace respawn::engine
