// Bits of byte strings, bit 0 being the highest of the first byte: counted, found, combined, and
// read and written as fields of up to 64 bits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace respawn::commands {

/// Bits that are 1. O(bytes), at the speed of memory.
[[nodiscard]] std::uint64_t count_bits(std::string_view bytes);

/// The same among bits `first` to `last`. Requires first <= last, within the bytes.
[[nodiscard]] std::uint64_t count_bits(std::string_view bytes, std::uint64_t first,
                                       std::uint64_t last);

/// The first bit of that value among bits `first` to `last`. Requires first <= last, within the
/// bytes. O(bytes), word by word.
[[nodiscard]] std::optional<std::uint64_t> find_bit(std::string_view bytes, bool bit,
                                                    std::uint64_t first, std::uint64_t last);

enum class BitOperation : std::uint8_t { conjunction, disjunction, difference, negation };

/// Writes `length` bytes at `to`: the operation on all sources (negation: on the first one),
/// shorter ones being continued with zeros. `to` overlaps no source. O(length * sources).
void combine_bits(BitOperation operation, std::span<const std::string_view> sources, char* to,
                  std::size_t length);

/// The unsigned number in the `width` (1 to 64) bits from `offset` on, high bits first. Bits past
/// the end are 0.
[[nodiscard]] std::uint64_t read_field(std::string_view bytes, std::uint64_t offset,
                                       unsigned width);

/// Writes the low `width` bits of `value` there; the bytes must be there, too.
void write_field(char* bytes, std::uint64_t offset, unsigned width, std::uint64_t value);

}  // namespace respawn::commands
