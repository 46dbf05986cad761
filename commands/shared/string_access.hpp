// What the commands on parts of strings share: the limit of their length, room to write in, and
// offsets of bits.
#pragma once

#include <cstdint>
#include <string_view>

#include "commands/families.hpp"
#include "engine/run/execution.hpp"

namespace respawn::commands {

/// Whether a string of `bytes` and `more` bytes is allowed.
[[nodiscard]] bool string_fits(const Execution& x, std::size_t bytes, std::size_t more);

/// The string at the key, or a new one, of at least that many bytes, raw and writable, new ones
/// being 0; the expiry stays. When memory is out everything is as it was.
[[nodiscard]] char* extend_string(Execution& x, keyspace::Change& change, std::size_t bytes);

/// The number of a bit that a string may have, or Redis's error. With a `width` the text may be
/// "#n", the place of the n-th field of that width.
[[nodiscard]] Result<std::uint64_t> to_bit_offset(const Execution& x, std::string_view text,
                                                  unsigned width = 0);

}  // namespace respawn::commands
