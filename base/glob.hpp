// Redis' glob patterns: * ? [abc] [^abc] [a-z] and \ as escape, on bytes.
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace respawn {

/// A pattern that is read once and compared with many texts. As in Redis only an empty pattern
/// matches an empty text ("*" does not), a missing ']' is taken as being at the end, the ends of a
/// range are signed bytes in either order, and an escaped byte in a class keeps its case.
///
/// Reading takes O(pattern). A class costs one look-up however long it is, and a run of stars is
/// one star. What stands between two stars is sought once, from where the part before it was found;
/// after a few steps for each byte of the text that goes on for 64 elements of the pattern at a
/// time: O(text * (1 + elements / 64)) at worst, and memory of 32 bytes for each such element.
///
/// Not thread-safe: it keeps what it has prepared for one text for those that follow.
class Glob {
 public:
  explicit Glob(std::string_view pattern, bool ignore_case = false);

  /// Whether the whole of `text` fits.
  [[nodiscard]] bool matches(std::string_view text);

 private:
  using ByteSet = std::bitset<256>;

  /// The elements between two stars: each stands for one byte of the text.
  struct Segment {
    std::size_t at;     // where they begin, in letters_ and kinds_
    bool plain = true;  // they are nothing but letters
  };

  /// For each byte which elements of a segment it fits: `words` words for byte 0, then for byte 1.
  struct Masks {
    std::size_t words = 0;
    std::vector<std::uint64_t> bits;
  };

  class Reader;

  [[nodiscard]] std::size_t size(std::size_t segment) const;
  [[nodiscard]] bool fits(std::size_t element, char c) const;
  [[nodiscard]] bool fits_at(std::size_t segment, std::string_view text, std::size_t position);
  [[nodiscard]] std::size_t find(std::size_t segment, std::string_view text, std::size_t from);
  [[nodiscard]] std::size_t find_by_steps(std::size_t segment, std::string_view text,
                                          std::size_t& from);
  [[nodiscard]] std::size_t find_by_words(std::size_t segment, std::string_view text,
                                          std::size_t from);
  const Masks& masks(std::size_t segment);
  [[nodiscard]] Masks make_masks(std::size_t segment) const;

  std::vector<Segment> segments_;     // one more than there are stars; never empty
  std::string letters_;               // of each element; of no use for those that are sets
  std::vector<std::uint32_t> kinds_;  // of each element; empty when all are letters
  std::vector<ByteSet> sets_;
  std::map<std::size_t, Masks> masks_;  // by segment, of those that needed them
  std::size_t steps_left_ = 0;          // of the text that is looked at
};

/// A pattern that is compared with one text.
bool glob_match(std::string_view pattern, std::string_view text, bool ignore_case = false);

}  // namespace respawn
