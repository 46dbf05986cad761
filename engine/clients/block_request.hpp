// What a command that blocks asks for.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "keyspace/types/object.hpp"

namespace respawn::engine {

/// What a blocked client is answered when its time is over; also one that may not wait.
enum class TimeoutReply : std::uint8_t {
  null_array,
  null_array_or_null,  // null where it may not wait (BLMOVE)
  zero,
  no_copies,  // WAITAOF: neither here nor at replicas
  one_copy,   // here only
};

/// Wish to wait until one of the keys is there.
struct BlockRequest {
  std::vector<std::string_view> keys;
  std::int64_t timeout_ms = 0;  // 0 = for ever
  TimeoutReply on_timeout = TimeoutReply::null_array;
  keyspace::Type wanted = keyspace::Type::list;
  /// See keyspace::Waiter.
  bool minds_loss = false;
  /// It runs again after so long, whatever happens; 0: it does not.
  std::int64_t look_again_ms = 0;
  /// What the command made of its arguments when it ran first, for when it runs again: "$" stays
  /// the entry that was the last one then.
  std::vector<std::uint64_t> resolved;
};

}  // namespace respawn::engine
