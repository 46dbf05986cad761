#include "commands/bitmaps/bits.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/check.hpp"

namespace respawn::commands {

namespace {

using Word = std::uint64_t;

constexpr std::size_t word_bytes = sizeof(Word);

Word load(const char* at) {
  Word word;
  std::memcpy(&word, at, word_bytes);
  return word;
}

std::uint8_t byte_at(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint8_t>(bytes[at]);
}

// Counting. Whether the processor counts the bits of a word in one instruction is only known when
// it runs: the same loop is compiled twice.

[[gnu::always_inline]] inline Word count_in_words(const char* at, std::size_t bytes) {
  const auto in_word = [at](std::size_t place) {
    return static_cast<Word>(__builtin_popcountll(load(at + place)));
  };
  Word even = 0;  // two sums that do not wait for each other
  Word odd = 0;
  std::size_t place = 0;
  for (; place + 4 * word_bytes <= bytes; place += 4 * word_bytes) {
    even += in_word(place) + in_word(place + 2 * word_bytes);
    odd += in_word(place + word_bytes) + in_word(place + 3 * word_bytes);
  }
  Word count = even + odd;
  for (; place < bytes; ++place)
    count += static_cast<Word>(__builtin_popcount(static_cast<std::uint8_t>(at[place])));
  return count;
}

Word count_anywhere(const char* at, std::size_t bytes) {
  return count_in_words(at, bytes);
}

#if defined(__x86_64__)
[[gnu::target("popcnt")]] Word count_by_instruction(const char* at, std::size_t bytes) {
  return count_in_words(at, bytes);
}
#endif

/// The bits of a range's first byte that lie in it, and of its last byte.
unsigned from_first(std::uint64_t first) {
  return 0xffU >> (first % 8);
}

unsigned to_last(std::uint64_t last) {
  return (0xffU << (7 - last % 8)) & 0xffU;
}

// Finding.

/// The first byte from `at` on that is not `value` (0 or 0xff), or the end.
std::size_t skip(std::string_view bytes, std::size_t at, std::uint8_t value) {
  const Word same = value == 0 ? 0 : ~Word{0};
  const auto difference = [&](std::size_t place) { return load(bytes.data() + place) ^ same; };
  for (; at + 4 * word_bytes <= bytes.size(); at += 4 * word_bytes)
    if ((difference(at) | difference(at + word_bytes) | difference(at + 2 * word_bytes) |
         difference(at + 3 * word_bytes)) != 0)
      break;
  while (at < bytes.size() && byte_at(bytes, at) == value) ++at;
  return at;
}

// Combining.

/// What a vector instruction of any processor takes.
using Chunk [[gnu::vector_size(16)]] = Word;

/// Of the result, a block stays in the processor's cache while all sources pass over it.
constexpr std::size_t block_bytes = std::size_t{16} * 1024;

template <class Operator>
void combine(char* to, const char* from, std::size_t bytes, Operator&& of) {
  std::size_t at = 0;
  for (; at + sizeof(Chunk) <= bytes; at += sizeof(Chunk)) {
    Chunk a;
    Chunk b;
    std::memcpy(&a, to + at, sizeof a);
    std::memcpy(&b, from + at, sizeof b);
    a = of(a, b);
    std::memcpy(to + at, &a, sizeof a);
  }
  for (; at < bytes; ++at)
    to[at] = static_cast<char>(
        of(static_cast<std::uint8_t>(to[at]), static_cast<std::uint8_t>(from[at])));
}

/// The part of a source that lies in a block.
std::string_view part(std::string_view source, std::size_t offset, std::size_t bytes) {
  return offset < source.size() ? source.substr(offset, bytes) : std::string_view{};
}

void combine_into(BitOperation operation, char* to, std::size_t bytes, std::string_view from) {
  switch (operation) {
    case BitOperation::conjunction:
      combine(to, from.data(), from.size(), [](auto a, auto b) { return a & b; });
      if (from.size() < bytes) std::memset(to + from.size(), 0, bytes - from.size());
      return;
    case BitOperation::disjunction:
      return combine(to, from.data(), from.size(), [](auto a, auto b) { return a | b; });
    case BitOperation::difference:
      return combine(to, from.data(), from.size(), [](auto a, auto b) { return a ^ b; });
    case BitOperation::negation:
      return combine(to, to, bytes, [](auto a, auto) { return ~a; });
  }
}

}  // namespace

std::uint64_t count_bits(std::string_view bytes) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("popcnt")) return count_by_instruction(bytes.data(), bytes.size());
#endif
  return count_anywhere(bytes.data(), bytes.size());
}

std::uint64_t count_bits(std::string_view bytes, std::uint64_t first, std::uint64_t last) {
  RESPAWN_CHECK(first <= last && last / 8 < bytes.size());
  const std::uint64_t in_all = count_bits(bytes.substr(first / 8, last / 8 - first / 8 + 1));
  const unsigned before = byte_at(bytes, first / 8) & ~from_first(first);
  const unsigned behind = byte_at(bytes, last / 8) & ~to_last(last);
  return in_all - static_cast<std::uint64_t>(std::popcount(before) + std::popcount(behind));
}

std::optional<std::uint64_t> find_bit(std::string_view bytes, bool bit, std::uint64_t first,
                                      std::uint64_t last) {
  RESPAWN_CHECK(first <= last && last / 8 < bytes.size());
  const std::uint8_t without = bit ? 0 : 0xff;  // a byte in which it is not
  const std::size_t end = last / 8;
  const auto found_at = [&](std::size_t at) {
    unsigned found = byte_at(bytes, at) ^ without;
    if (at == first / 8) found &= from_first(first);
    if (at == end) found &= to_last(last);
    return static_cast<std::uint8_t>(found);
  };
  std::size_t at = first / 8;
  if (found_at(at) == 0) at = std::min(end, skip(bytes.substr(0, end), at + 1, without));
  const std::uint8_t found = found_at(at);
  if (found == 0) return std::nullopt;
  return at * 8 + static_cast<std::uint64_t>(std::countl_zero(found));
}

void combine_bits(BitOperation operation, std::span<const std::string_view> sources, char* to,
                  std::size_t length) {
  for (std::size_t offset = 0; offset < length; offset += block_bytes) {
    const std::size_t bytes = std::min(block_bytes, length - offset);
    const std::string_view first = part(sources[0], offset, bytes);
    char* block = to + offset;
    std::fill(std::copy(first.begin(), first.end(), block), block + bytes, '\0');
    if (operation == BitOperation::negation) combine_into(operation, block, bytes, {});
    for (std::string_view source : sources.subspan(1))
      combine_into(operation, block, bytes, part(source, offset, bytes));
  }
}

std::uint64_t read_field(std::string_view bytes, std::uint64_t offset, unsigned width) {
  std::uint64_t value = 0;
  for (unsigned left = width; left > 0;) {
    const unsigned skipped = offset % 8;
    const unsigned taken = std::min(8 - skipped, left);
    const unsigned byte = offset / 8 < bytes.size() ? byte_at(bytes, offset / 8) : 0;
    value = value << taken | (byte >> (8 - skipped - taken) & ((1U << taken) - 1));
    offset += taken;
    left -= taken;
  }
  return value;
}

void write_field(char* bytes, std::uint64_t offset, unsigned width, std::uint64_t value) {
  for (unsigned left = width; left > 0;) {
    const unsigned skipped = offset % 8;
    const unsigned taken = std::min(8 - skipped, left);
    const unsigned shift = 8 - skipped - taken;
    const unsigned mask = ((1U << taken) - 1) << shift;
    left -= taken;
    const unsigned given = static_cast<unsigned>(value >> left) << shift & mask;
    char& byte = bytes[offset / 8];
    byte = static_cast<char>((static_cast<std::uint8_t>(byte) & ~mask) | given);
    offset += taken;
  }
}

}  // namespace respawn::commands
