// A member of a large sorted set and its score, in one allocation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <string_view>

#include "base/allocation.hpp"
#include "keyspace/types/short_length.hpp"

namespace respawn::keyspace {

/// Owner: a SortedSet, whose dict and tree point to it, or a cut of one. Layout: score,
/// ShortLength, bytes. The mark in the length is for cuts.
class ScoredMember {
 public:
  ScoredMember(const ScoredMember&) = delete;
  ScoredMember& operator=(const ScoredMember&) = delete;

  /// Throws std::bad_alloc.
  static ScoredMember* create(std::string_view text, double score) {
    void* const memory = ::operator new(bytes_for(text.size()));
    return new (memory) ScoredMember(text, score);
  }

  static void destroy(ScoredMember* member) noexcept {
    ::operator delete(member, bytes_for(member->text().size()));
  }

  [[nodiscard]] std::string_view text() const {
    const ShortLength length = ShortLength::read(base() + sizeof score);
    return {base() + sizeof score + length.bytes, length.length};
  }

  [[nodiscard]] bool marked() const { return ShortLength::read(base() + sizeof score).marked; }

  void set_marked(bool on) {
    char& first = base()[sizeof score];
    first = static_cast<char>(on ? first | ShortLength::mark_bit : first & ~ShortLength::mark_bit);
  }

  [[nodiscard]] std::size_t memory_bytes() const {
    return allocated_bytes(bytes_for(text().size()));
  }

  double score;

 private:
  ScoredMember(std::string_view text, double value) : score(value) {
    char* const at = ShortLength::write(base() + sizeof score, text.size());
    if (!text.empty()) std::memcpy(at, text.data(), text.size());
  }

  ~ScoredMember() = default;

  static std::size_t bytes_for(std::size_t length) {
    return sizeof(double) + ShortLength::bytes_for(length) + length;
  }

  [[nodiscard]] const char* base() const { return reinterpret_cast<const char*>(this); }

  [[nodiscard]] char* base() { return reinterpret_cast<char*>(this); }
};

/// The order of a sorted set: by score, then by bytes.
inline bool ordered_before(double a_score, std::string_view a, double b_score, std::string_view b) {
  return a_score < b_score || (a_score == b_score && a < b);
}

}  // namespace respawn::keyspace
