// What the commands on parts of strings share: the limit of their length, room to write in, and
// offsets of bits.
#pragma once

#include <cstdint>
#include <string_view>

#include "commands/families.hpp"
#include "engine/run/execution.hpp"

namespace respawn::commands {

/// Replies a string, or `bytes` of it, which lie in its bytes(scratch); long ones are not copied.
void reply_string(Execution& x, const keyspace::Entry& entry);
void reply_part(Execution& x, const keyspace::Entry& entry, std::string_view bytes);

/// Makes the argument the value of the key, with its expiry.
void set_argument(Execution& x, keyspace::Change& change, std::string_view argument,
                  std::int64_t expire_at_ms = keyspace::never);

/// Whether a string of `bytes` and `more` bytes is allowed.
[[nodiscard]] bool string_fits(const Execution& x, std::size_t bytes, std::size_t more);

/// The string at the key, or a new one, of at least that many bytes, raw and writable, new ones
/// being 0, of which these are about to change; the expiry stays. When memory is out everything is
/// as it was.
[[nodiscard]] char* extend_string(Execution& x, keyspace::Change& change, std::size_t bytes,
                                  keyspace::ByteRange changes);

/// The number of a bit that a string may have, or Redis's error. With a `width` the text may be
/// "#n", the place of the n-th field of that width.
[[nodiscard]] Result<std::uint64_t> to_bit_offset(const Execution& x, std::string_view text,
                                                  unsigned width = 0);

}  // namespace respawn::commands
