#include "base/glob.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/text.hpp"

namespace respawn {

namespace {

constexpr std::size_t nowhere = std::string_view::npos;

/// What an element is, beside its letter: from `first_set` on, the set of that number.
constexpr std::uint32_t letter_kind = 0;
constexpr std::uint32_t any_kind = 1;
constexpr std::uint32_t first_set = 2;

/// How many elements may be compared for each byte of a text, and with a short one, before they are
/// taken together.
constexpr std::size_t steps_per_byte = 4;
constexpr std::size_t steps_min = 1024;

constexpr std::size_t word_bits = 64;

std::size_t index_of(char c) {
  return static_cast<unsigned char>(c);
}

}  // namespace

/// Takes a pattern apart.
class Glob::Reader {
 public:
  Reader(Glob& glob, std::string_view pattern, bool ignore_case)
      : glob_(glob), pattern_(pattern), ignore_case_(ignore_case) {}

  void read() {
    begin_segment();
    while (at_ < pattern_.size()) {
      const char c = pattern_[at_++];
      if (c == '*') {
        while (at_ < pattern_.size() && pattern_[at_] == '*') ++at_;
        begin_segment();
      } else if (c == '?') {
        add('?', any_kind);
      } else if (c == '[') {
        add_set(read_class());
      } else {
        add_letter(c == '\\' && at_ < pattern_.size() ? pattern_[at_++] : c);
      }
    }
  }

 private:
  void begin_segment() { glob_.segments_.push_back({.at = glob_.letters_.size()}); }

  void add(char letter, std::uint32_t kind) {
    if (kind != letter_kind) {
      glob_.kinds_.resize(glob_.letters_.size(), letter_kind);
      glob_.segments_.back().plain = false;
    }
    if (kind != letter_kind || !glob_.kinds_.empty()) glob_.kinds_.push_back(kind);
    glob_.letters_ += letter;
  }

  void add_letter(char c) {
    const char lower = ascii_lower(c);
    if (!ignore_case_ || ascii_upper(lower) == lower) return add(c, letter_kind);
    ByteSet either;
    either.set(index_of(lower)).set(index_of(ascii_upper(lower)));
    add_set(either);
  }

  void add_set(const ByteSet& set) {
    if (set.all()) return add('?', any_kind);
    if (glob_.sets_.empty() || glob_.sets_.back() != set) glob_.sets_.push_back(set);
    add('[', first_set + static_cast<std::uint32_t>(glob_.sets_.size() - 1));
  }

  /// at_ is behind the '['.
  ByteSet read_class() {
    ByteSet exact;
    ByteSet folded;  // these, and what becomes one of them in lower case
    ByteSet ranged;  // likewise, by signed bytes: at 128 + the byte
    const bool negated = at_ < pattern_.size() && pattern_[at_] == '^';
    if (negated) ++at_;
    while (at_ < pattern_.size() && pattern_[at_] != ']') {
      const std::size_t left = pattern_.size() - at_;
      if (pattern_[at_] == '\\' && left >= 2) {
        exact.set(index_of(pattern_[at_ + 1]));
        at_ += 2;
      } else if (left >= 3 && pattern_[at_ + 1] == '-') {
        ranged |= range(pattern_[at_], pattern_[at_ + 2]);
        at_ += 3;
      } else {
        folded.set(index_of(ignore_case_ ? ascii_lower(pattern_[at_]) : pattern_[at_]));
        ++at_;
      }
    }
    at_ = std::min(at_ + 1, pattern_.size());
    folded |= ranged << 128 | ranged >> 128;
    exact |= ignore_case_ ? unfold(folded) : folded;
    return negated ? ~exact : exact;
  }

  /// By signed bytes. Redis lowers the ends only when they are in order.
  [[nodiscard]] ByteSet range(char first, char last) const {
    int low = static_cast<signed char>(first);
    int high = static_cast<signed char>(last);
    if (low > high) std::swap(low, high);
    if (ignore_case_) {
      low = static_cast<signed char>(ascii_lower(static_cast<char>(low)));
      high = static_cast<signed char>(ascii_lower(static_cast<char>(high)));
    }
    const ByteSet all = ~ByteSet();
    return (all << static_cast<std::size_t>(128 + low)) &
           (all >> static_cast<std::size_t>(127 - high));
  }

  static ByteSet unfold(const ByteSet& folded) {
    ByteSet set;
    for (std::size_t byte = 0; byte < set.size(); ++byte)
      set[byte] = folded[index_of(ascii_lower(static_cast<char>(byte)))];
    return set;
  }

  Glob& glob_;
  std::string_view pattern_;
  bool ignore_case_;
  std::size_t at_ = 0;
};

Glob::Glob(std::string_view pattern, bool ignore_case) {
  Reader(*this, pattern, ignore_case).read();
}

bool Glob::matches(std::string_view text) {
  // Redis never looks at the pattern when there is no text: "*" does not match "".
  if (text.empty()) return segments_.size() == 1 && letters_.empty();
  if (text.size() < letters_.size()) return false;
  steps_left_ = text.size() * steps_per_byte + steps_min;
  const std::size_t last = segments_.size() - 1;
  if (last == 0) return text.size() == letters_.size() && fits_at(0, text, 0);
  const std::size_t end = text.size() - size(last);
  if (!fits_at(0, text, 0) || !fits_at(last, text, end)) return false;
  // Whatever fits, fits with each part where it is found first.
  std::size_t position = size(0);
  for (std::size_t segment = 1; segment < last; ++segment) {
    const std::size_t found = find(segment, text.substr(0, end), position);
    if (found == nowhere) return false;
    position = found + size(segment);
  }
  return position <= end;
}

/// Of its elements.
std::size_t Glob::size(std::size_t segment) const {
  const std::size_t next = segment + 1;
  return (next < segments_.size() ? segments_[next].at : letters_.size()) - segments_[segment].at;
}

bool Glob::fits(std::size_t element, char c) const {
  const std::uint32_t kind = kinds_[element];
  if (kind == letter_kind) return letters_[element] == c;
  return kind == any_kind || sets_[kind - first_set].test(index_of(c));
}

/// Requires that the text has so many bytes behind `position`.
bool Glob::fits_at(std::size_t segment, std::string_view text, std::size_t position) {
  const auto [at, plain] = segments_[segment];
  const std::size_t count = size(segment);
  if (plain) return std::memcmp(text.data() + position, letters_.data() + at, count) == 0;
  for (std::size_t i = 0; i < count; ++i)
    if (!fits(at + i, text[position + i])) return false;
  return true;
}

/// The first place, from `from` on, where the segment fits.
std::size_t Glob::find(std::size_t segment, std::string_view text, std::size_t from) {
  const std::size_t count = size(segment);
  if (from > text.size() || text.size() - from < count) return nowhere;
  if (!segments_[segment].plain) {
    const std::size_t found = find_by_steps(segment, text, from);
    return steps_left_ > 0 || found != nowhere ? found : find_by_words(segment, text, from);
  }
  const void* const found = ::memmem(text.data() + from, text.size() - from,
                                     letters_.data() + segments_[segment].at, count);
  if (!found) return nowhere;
  return static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
}

/// Element by element. Gives up, with no steps left, at the place `from`.
std::size_t Glob::find_by_steps(std::size_t segment, std::string_view text, std::size_t& from) {
  const std::size_t at = segments_[segment].at;
  const std::size_t count = size(segment);
  for (; from + count <= text.size(); ++from) {
    std::size_t fitting = 0;
    while (fitting < count && fits(at + fitting, text[from + fitting])) ++fitting;
    if (fitting == count) return from;
    const std::size_t steps = fitting + 1;
    steps_left_ -= std::min(steps, steps_left_);
    if (steps_left_ == 0) return nowhere;
  }
  return nowhere;
}

/// Bit i of `begun` says that the elements up to i fit the bytes up to this one.
std::size_t Glob::find_by_words(std::size_t segment, std::string_view text, std::size_t from) {
  const Masks& prepared = masks(segment);
  const std::size_t words = prepared.words;
  const std::size_t last = size(segment) - 1;
  std::vector<std::uint64_t> begun(words, 0);
  for (std::size_t position = from; position < text.size(); ++position) {
    const std::uint64_t* const mask = &prepared.bits[index_of(text[position]) * words];
    for (std::size_t word = words - 1; word > 0; --word)
      begun[word] = (begun[word] << 1 | begun[word - 1] >> (word_bits - 1)) & mask[word];
    begun[0] = (begun[0] << 1 | 1) & mask[0];
    if ((begun[last / word_bits] >> (last % word_bits) & 1) != 0) return position - last;
  }
  return nowhere;
}

const Glob::Masks& Glob::masks(std::size_t segment) {
  const auto known = masks_.find(segment);
  return known != masks_.end() ? known->second
                               : masks_.emplace(segment, make_masks(segment)).first->second;
}

Glob::Masks Glob::make_masks(std::size_t segment) const {
  const std::size_t at = segments_[segment].at;
  const std::size_t count = size(segment);
  Masks made{.words = (count + word_bits - 1) / word_bits, .bits = {}};
  std::vector<std::uint64_t> any(made.words, 0);
  for (std::size_t i = 0; i < count; ++i)
    if (kinds_[at + i] == any_kind) any[i / word_bits] |= std::uint64_t{1} << i % word_bits;
  for (std::size_t byte = 0; byte < 256; ++byte)
    made.bits.insert(made.bits.end(), any.begin(), any.end());
  for (std::size_t i = 0; i < count; ++i) {
    if (kinds_[at + i] == any_kind) continue;
    const std::uint64_t bit = std::uint64_t{1} << i % word_bits;
    for (std::size_t byte = 0; byte < 256; ++byte)
      if (fits(at + i, static_cast<char>(byte)))
        made.bits[byte * made.words + i / word_bits] |= bit;
  }
  return made;
}

bool glob_match(std::string_view pattern, std::string_view text, bool ignore_case) {
  return Glob(pattern, ignore_case).matches(text);
}

}  // namespace respawn
