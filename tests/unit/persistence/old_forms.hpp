// Writes what Redis wrote before it had listpacks, for the tests of those who read it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/numbers.hpp"
#include "persistence/rdb_writer.hpp"

namespace respawn::persistence::test {

/// The size of the element in front of one.
inline std::string previous_size(std::size_t size) {
  std::string bytes;
  if (size < 254) {
    bytes += static_cast<char>(size);
  } else {
    bytes += '\xfe';
    append_little_endian(bytes, static_cast<std::uint32_t>(size));
  }
  return bytes;
}

inline std::string ziplist_integer(std::int64_t value) {
  if (value >= 0 && value <= 12) return {static_cast<char>(0xf1 + value)};

  struct Width {
    std::int64_t limit;
    char encoding;
    std::size_t bytes;
  };

  constexpr Width widths[] = {{std::int64_t{1} << 7, '\xfe', 1},
                              {std::int64_t{1} << 15, '\xc0', 2},
                              {std::int64_t{1} << 23, '\xf0', 3},
                              {std::int64_t{1} << 31, '\xd0', 4}};
  std::string bytes = "\xe0";
  std::size_t size = 8;
  for (const Width& width : widths)
    if (value >= -width.limit && value < width.limit) {
      bytes = {width.encoding};
      size = width.bytes;
      break;
    }
  for (std::size_t i = 0; i < size; ++i) bytes += static_cast<char>(value >> (8 * i));
  return bytes;
}

inline std::string ziplist_text(const std::string& text) {
  std::string bytes;
  if (text.size() < 64) {
    bytes += static_cast<char>(text.size());
  } else if (text.size() < 16384) {
    bytes += static_cast<char>(0x40 | text.size() >> 8);
    bytes += static_cast<char>(text.size());
  } else {
    bytes += '\x80';
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(text.size() >> shift);
  }
  return bytes + text;
}

inline std::string ziplist(const std::vector<std::string>& elements) {
  std::string body;
  std::size_t last = 10;
  std::size_t last_size = 0;
  for (const std::string& each : elements) {
    const auto integer = parse_int64(each);
    const std::string element =
        previous_size(last_size) + (integer ? ziplist_integer(*integer) : ziplist_text(each));
    last = 10 + body.size();
    last_size = element.size();
    body += element;
  }
  std::string bytes;
  append_little_endian(bytes, static_cast<std::uint32_t>(10 + body.size() + 1));
  append_little_endian(bytes, static_cast<std::uint32_t>(last));
  append_little_endian(bytes, static_cast<std::uint16_t>(elements.size()));
  return bytes + body + "\xff";
}

/// Fields and values in turn, one unused byte behind each value.
inline std::string zipmap(const std::vector<std::string>& elements) {
  std::string bytes(1, static_cast<char>(elements.size() / 2));
  for (std::size_t i = 0; i < elements.size(); ++i) {
    bytes += previous_size(elements[i].size());
    if (i % 2 == 1) bytes += '\x01';
    bytes += elements[i];
    if (i % 2 == 1) bytes += '?';
  }
  return bytes + "\xff";
}

}  // namespace respawn::persistence::test
