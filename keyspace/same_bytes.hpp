// Equality of keys, which are short.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace respawn::keyspace {

/// As ==, without a call for the usual lengths, and without reading a byte behind them: what the C
/// library compares with reaches into the next cache line, which nobody has fetched.
inline bool same_bytes(std::string_view a, std::string_view b) {
  constexpr std::size_t word_bytes = sizeof(std::uint64_t);
  constexpr std::size_t short_max = 64;
  if (a.size() != b.size()) return false;
  if (a.size() < word_bytes || a.size() > short_max) return a == b;
  const auto differ = [&](std::size_t at) {
    std::uint64_t left;
    std::uint64_t right;
    std::memcpy(&left, a.data() + at, word_bytes);
    std::memcpy(&right, b.data() + at, word_bytes);
    return left != right;
  };
  for (std::size_t at = 0; at + word_bytes <= a.size(); at += word_bytes)
    if (differ(at)) return false;
  return !differ(a.size() - word_bytes);
}

}  // namespace respawn::keyspace
