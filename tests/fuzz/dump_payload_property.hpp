// What must hold for every value that RESTORE is given, its checksum apart.
#pragma once

#include <string_view>
#include <vector>

#include "base/check.hpp"
#include "persistence/dump_payload.hpp"

namespace respawn::fuzz {

/// It is refused, or means a sound value that is not empty (but for a stream) and no larger than
/// its bytes can be worth.
inline void check_dump_payload(std::string_view body) {
  constexpr std::uint64_t string_bytes_max = 1 << 20;
  constexpr std::size_t bytes_for_one_max = 8192;
  // In a block of exactly its size, so that a sanitizer sees who reads past the end.
  const std::vector<char> exact(body.begin(), body.end());
  const auto value = persistence::read_payload_body({exact.data(), exact.size()},
                                                    persistence::ValueLimits{}, string_bytes_max);
  if (!value || !value->object) return;
  RESPAWN_CHECK(value->object->check_invariants().ok());
  RESPAWN_CHECK(value->object->size() > 0 || value->object->type() == keyspace::Type::stream);
  RESPAWN_CHECK(value->object->memory_bytes() <= (body.size() + 4) * bytes_for_one_max);
}

}  // namespace respawn::fuzz
