// What the generator knows about single commands: which it leaves out, and how it keeps chance and
// the clock out of their replies.
#pragma once

#include <cstddef>
#include <string_view>

#include "engine/table/spec.hpp"
#include "tests/generator/command.hpp"
#include "tests/generator/pools.hpp"

namespace respawn::generator {

/// What the commands are for.
enum class Purpose : std::uint8_t {
  duel,  // against redis-server 7.0: no chance, no clock, nothing newer
  twin,  // against what is replayed of them: everything that writes
  wait,  // against redis-server 7.0, of several clients: commands that block, on one key
};

/// Why a command is never sent; empty when it is.
[[nodiscard]] std::string_view exclusion_of(const engine::CommandSpec& spec, Purpose purpose);

/// How often a command is sent, compared with others (usually 20).
[[nodiscard]] unsigned weight_of(const engine::CommandSpec& spec);

/// Options (their tokens) that Redis 7.0 lacks.
[[nodiscard]] bool is_newer_option(std::string_view token);

/// The same command from a script, in one of several ways (`way` counts them round): what it
/// replies is converted to Lua and back. A command whose reply is not compared byte for byte stays
/// as it is.
void wrap_in_script(Command& command, std::size_t way);

/// Replaces what would take too much memory.
void settle_sizes(Command& command);

/// Replaces -0, of which a listpack makes 0 and a skiplist does not: a SORT that only reads makes
/// one out of the other.
void avoid_negative_zeros(Command& command);

/// Whether replies to this command print scores, which 7.0 does with 17 digits.
[[nodiscard]] bool prints_doubles(const engine::CommandSpec& spec);

/// Replaces what would take too much memory, or depends on chance or the clock, and says how the
/// reply is to be compared.
void settle(Command& command, Pools& pools);

}  // namespace respawn::generator
