#include "keyspace/types/hyperloglog_check.hpp"

#include <cmath>
#include <string>

#include "keyspace/types/hyperloglog.hpp"

namespace respawn::keyspace::hyperloglog {

namespace {

constexpr std::size_t elements_max = 1'000'000;
constexpr int register_rounds = 51;  // ranks that a register may have

/// Raises all registers of a dense sketch rank by rank, in random order of the steps, and compares
/// them with bytes.
Status check_registers(Random& random) {
  std::string sketch = make_empty();
  Registers expected{};
  if (!make_dense(sketch)) return failure("an empty sketch is corrupted");
  for (int round = 0; round < register_rounds; ++round) {
    for (std::size_t i = 0; i < register_count; ++i) {
      const auto rank = static_cast<std::uint8_t>(random.below(64));
      const bool higher = rank > expected[i];
      if (higher) expected[i] = rank;
      if (raise_dense(sketch.data(), {static_cast<std::uint16_t>(i), rank}) != higher)
        return failure("register " + std::to_string(i) + " lost its value");
    }
    Registers found{};
    if (!merge_into(found, sketch) || found != expected)
      return failure("registers differ from what was written");
  }
  return success();
}

/// Whether an estimate is within six standard errors; small counts are nearly exact.
bool is_near(std::uint64_t estimated, std::size_t count) {
  const double standard_error = 1.04 / std::sqrt(static_cast<double>(register_count));
  const double allowed = std::ceil(6 * standard_error * static_cast<double>(count));
  return std::abs(static_cast<double>(estimated) - static_cast<double>(count)) <= allowed;
}

}  // namespace

Status check(Random& random, std::size_t sparse_max_bytes) {
  if (Status status = check_registers(random); !status.ok()) return status;
  std::string grown = make_empty();
  std::string dense = make_empty();
  if (!make_dense(dense)) return failure("an empty sketch is corrupted");
  std::size_t next_comparison = 1;
  for (std::size_t count = 1; count <= elements_max; ++count) {
    const std::uint64_t number = random.next();
    const Observation seen = observe({reinterpret_cast<const char*>(&number), sizeof number});
    raise_dense(dense.data(), seen);
    if (raise(grown, seen, sparse_max_bytes) == Change::corrupted)
      return failure("a sparse sketch became corrupted");
    if (count != next_comparison) continue;
    next_comparison *= 10;
    if (count < sparse_max_bytes / 8 && encoding_of(grown) != Encoding::sparse)
      return failure("sparse encoding not used");
    const auto estimated = estimate(grown);
    if (!estimated || estimated != estimate(dense)) return failure("dense/sparse disagree");
    if (!is_near(*estimated, count))
      return failure("too big an error: " + std::to_string(count) + " elements, estimated " +
                     std::to_string(*estimated));
  }
  return success();
}

}  // namespace respawn::keyspace::hyperloglog
