// The length in front of a text inside an allocation: one byte for what is short, five for the
// rest.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace respawn::keyspace {

/// Lengths are below 2^32. The top bit of the first byte is free for a mark of the owner.
struct ShortLength {
  static constexpr unsigned long_form = 0x7f;
  static constexpr unsigned mark_bit = 0x80;

  std::size_t length = 0;
  std::size_t bytes = 0;  // what the length itself takes
  bool marked = false;

  static std::size_t bytes_for(std::size_t length) { return length < long_form ? 1 : 5; }

  /// Returns the end.
  static char* write(char* at, std::size_t length, bool marked = false) {
    const unsigned mark = marked ? mark_bit : 0;
    if (length < long_form) {
      *at = static_cast<char>(length | mark);
      return at + 1;
    }
    *at = static_cast<char>(long_form | mark);
    const auto wide = static_cast<std::uint32_t>(length);
    std::memcpy(at + 1, &wide, sizeof wide);
    return at + 5;
  }

  static ShortLength read(const char* at) {
    const unsigned first = static_cast<unsigned char>(*at);
    const bool marked = (first & mark_bit) != 0;
    if ((first & long_form) != long_form) return {first & long_form, 1, marked};
    std::uint32_t wide;
    std::memcpy(&wide, at + 1, sizeof wide);
    return {wide, 5, marked};
  }
};

}  // namespace respawn::keyspace
