// By which values get their encodings, as the configuration says.
#pragma once

#include "config/config.hpp"
#include "persistence/value_decoder.hpp"

namespace respawn::engine {

[[nodiscard]] inline keyspace::HashLimits hash_limits(const config::Config& config) {
  return {
      .max_listpack_entries = static_cast<std::size_t>(config.hash_max_listpack_entries),
      .max_listpack_value_bytes = static_cast<std::size_t>(config.hash_max_listpack_value_bytes)};
}

[[nodiscard]] inline keyspace::SetLimits set_limits(const config::Config& config) {
  return {
      .max_intset_entries = static_cast<std::size_t>(config.set_max_intset_entries),
      .max_listpack_entries = static_cast<std::size_t>(config.set_max_listpack_entries),
      .max_listpack_value_bytes = static_cast<std::size_t>(config.set_max_listpack_value_bytes)};
}

[[nodiscard]] inline keyspace::SortedSetLimits sorted_set_limits(const config::Config& config) {
  return {.max_listpack_entries = static_cast<std::size_t>(config.zset_max_listpack_entries),
          .max_listpack_value_bytes = config.zset_max_listpack_value_bytes};
}

/// `packed_threshold_bytes`: Store::list_packed_threshold_bytes.
[[nodiscard]] inline keyspace::ListLimits list_limits(const config::Config& config,
                                                      std::size_t packed_threshold_bytes) {
  return {.max_listpack_size = config.list_max_listpack_size,
          .packed_threshold_bytes = packed_threshold_bytes};
}

[[nodiscard]] inline persistence::ValueLimits value_limits(const config::Config& config,
                                                           std::size_t packed_threshold_bytes) {
  return {.list = list_limits(config, packed_threshold_bytes),
          .set = set_limits(config),
          .hash = hash_limits(config),
          .sorted_set = sorted_set_limits(config)};
}

}  // namespace respawn::engine
