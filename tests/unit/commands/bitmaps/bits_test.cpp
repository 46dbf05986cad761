#include "commands/bitmaps/bits.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/support/test_seed.hpp"

namespace respawn::commands {
namespace {

/// Bit by bit, which is slow but plain.
class Model {
 public:
  explicit Model(std::string_view bytes) {
    for (const char byte : bytes)
      for (unsigned bit = 8; bit > 0; --bit)
        bits_.push_back((static_cast<std::uint8_t>(byte) >> (bit - 1) & 1) != 0);
  }

  [[nodiscard]] std::uint64_t count(std::size_t first, std::size_t last) const {
    return static_cast<std::uint64_t>(std::count(at(first), at(last + 1), true));
  }

  [[nodiscard]] std::optional<std::uint64_t> find(bool bit, std::size_t first,
                                                  std::size_t last) const {
    const auto found = std::find(at(first), at(last + 1), bit);
    if (found == at(last + 1)) return std::nullopt;
    return static_cast<std::uint64_t>(found - bits_.begin());
  }

  [[nodiscard]] std::uint64_t read(std::size_t offset, unsigned width) const {
    std::uint64_t value = 0;
    for (std::size_t i = offset; i < offset + width; ++i)
      value = value << 1 | (i < bits_.size() && bits_[i] ? 1U : 0U);
    return value;
  }

  [[nodiscard]] std::size_t size() const { return bits_.size(); }

 private:
  [[nodiscard]] std::vector<bool>::const_iterator at(std::size_t index) const {
    return bits_.begin() + static_cast<std::ptrdiff_t>(index);
  }

  std::vector<bool> bits_;
};

/// Up to `size_max` bytes, of which many are alike.
std::string random_bytes(Random& random, std::size_t size_max) {
  std::string bytes;
  for (std::size_t left = random.below(size_max + 1); left > 0;) {
    const std::size_t same = std::min<std::size_t>(left, 1 + random.below(80));
    const std::uint64_t kind = random.below(3);
    for (std::size_t i = 0; i < same; ++i)
      bytes += kind == 0 ? '\0' : kind == 1 ? '\xff' : static_cast<char>(random.next());
    left -= same;
  }
  return bytes;
}

TEST(Bits, CountsAndFindsInRanges) {
  const std::uint64_t seed = support::test_seed();
  SCOPED_TRACE(seed);
  Random random(seed);
  for (int round = 0; round < 2000; ++round) {
    const std::string bytes = random_bytes(random, 300) + '\x01';
    const Model model(bytes);
    ASSERT_EQ(count_bits(bytes), model.count(0, model.size() - 1));
    for (int i = 0; i < 10; ++i) {
      const std::size_t first = random.below(model.size());
      const std::size_t last = first + random.below(model.size() - first);
      ASSERT_EQ(count_bits(bytes, first, last), model.count(first, last)) << first << ' ' << last;
      for (const bool bit : {false, true})
        ASSERT_EQ(find_bit(bytes, bit, first, last), model.find(bit, first, last))
            << bit << ' ' << first << ' ' << last;
    }
  }
}

TEST(Bits, CountsNothingInNothing) {
  EXPECT_EQ(count_bits(""), 0U);
}

TEST(Bits, CombinesStringsOfAnyLengths) {
  const std::uint64_t seed = support::test_seed();
  SCOPED_TRACE(seed);
  Random random(seed);
  for (int round = 0; round < 200; ++round) {
    // Some longer than a block.
    std::vector<std::string> texts(1 + random.below(4));
    for (std::string& text : texts) text = random_bytes(random, round % 10 == 0 ? 40'000 : 200);
    const std::vector<std::string_view> sources(texts.begin(), texts.end());
    std::size_t length = 0;
    for (const std::string& text : texts) length = std::max(length, text.size());
    const auto byte_of = [](const std::string& text, std::size_t at) {
      return at < text.size() ? static_cast<std::uint8_t>(text[at]) : std::uint8_t{0};
    };
    for (const auto operation : {BitOperation::conjunction, BitOperation::disjunction,
                                 BitOperation::difference, BitOperation::negation}) {
      std::string expected(length, '\0');
      for (std::size_t at = 0; at < length; ++at) {
        unsigned byte = byte_of(texts[0], at);
        if (operation == BitOperation::negation) byte = ~byte;
        for (std::size_t i = 1; i < texts.size(); ++i) {
          const unsigned other = byte_of(texts[i], at);
          if (operation == BitOperation::conjunction) byte &= other;
          if (operation == BitOperation::disjunction) byte |= other;
          if (operation == BitOperation::difference) byte ^= other;
        }
        expected[at] = static_cast<char>(byte);
      }
      const std::size_t used = operation == BitOperation::negation ? 1 : sources.size();
      std::string result(length, 'x');
      combine_bits(operation, std::span(sources).first(used), result.data(), length);
      ASSERT_EQ(result, expected) << static_cast<int>(operation);
    }
  }
}

TEST(Bits, ReadsAndWritesFields) {
  const std::uint64_t seed = support::test_seed();
  SCOPED_TRACE(seed);
  Random random(seed);
  for (int round = 0; round < 5000; ++round) {
    std::string bytes = random_bytes(random, 30);
    const Model before(bytes);
    const auto width = static_cast<unsigned>(1 + random.below(64));
    const std::size_t offset = random.below(300);
    ASSERT_EQ(read_field(bytes, offset, width), before.read(offset, width));
    if (offset + width > before.size()) continue;
    const std::uint64_t value = random.next();
    write_field(bytes.data(), offset, width, value);
    const Model after(bytes);
    ASSERT_EQ(after.read(offset, width), width == 64 ? value : value & ((1ULL << width) - 1));
    for (std::size_t i = 0; i < before.size(); ++i)
      if (i < offset || i >= offset + width) {
        ASSERT_EQ(after.read(i, 1), before.read(i, 1));
      }
  }
}

}  // namespace
}  // namespace respawn::commands
