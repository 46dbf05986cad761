// Reads the words of the RDB format, believing none of them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>

#include "persistence/byte_source.hpp"

namespace respawn::persistence {

/// Owner: who decodes. The first thing that cannot be is remembered: from then on ok() is false and
/// everything read is 0 or empty, so a loop asks ok() and nobody else needs to. Nothing is
/// allocated that the bytes left could not fill. O(bytes).
class RdbReader {
 public:
  /// What the keyspace can hold in one piece.
  static constexpr std::uint64_t string_bytes_most = (std::uint64_t{1} << 32) - (1 << 16);

  /// A string longer than `string_bytes_max` is an error.
  RdbReader(ByteSource& source, std::uint64_t string_bytes_max)
      : source_(&source), string_bytes_max_(std::min(string_bytes_max, string_bytes_most)) {}

  [[nodiscard]] bool ok() const { return ok_; }

  void fail() { ok_ = false; }

  /// A collection without elements was met: Redis has written such, and passes over them.
  [[nodiscard]] bool met_empty() const { return met_empty_; }

  void note_empty() { met_empty_ = true; }

  /// For the next value: what was wrong with the last one was only that it is empty.
  void forgive_empty() {
    ok_ = true;
    met_empty_ = false;
  }

  /// Whether everything was read.
  [[nodiscard]] bool at_end() const { return source_->left() == 0; }

  std::uint8_t byte();

  /// So many bytes as they are.
  std::string raw(std::uint64_t bytes);

  /// Four bytes.
  std::uint32_t word();

  /// A plain length.
  std::uint64_t length();

  /// How many things follow, at least one and each of at least `bytes_each`.
  std::uint64_t count(std::uint64_t bytes_each);

  /// The same, perhaps none.
  std::uint64_t count_or_none(std::uint64_t bytes_each);

  std::string string();

  /// The same into a string that is there already.
  void string(std::string& to);

  /// Eight bytes; NaN is an error.
  double number();

  /// One byte and text; NaN is an error.
  double text_number();

  std::int64_t milliseconds();

  /// Eight bytes, the highest first.
  std::uint64_t big_number() { return big_endian(8); }

 private:
  struct Head {
    bool special = false;
    std::uint64_t value = 0;  // the length, or the SpecialString
  };

  Head head();
  std::uint64_t big_endian(int bytes);
  std::uint64_t little_endian(int bytes);
  void bytes(std::uint64_t count, std::string& to);
  void special_string(std::uint64_t form, std::string& to);
  void decompress(std::string& to);

  ByteSource* source_;
  std::uint64_t string_bytes_max_;
  bool ok_ = true;
  bool met_empty_ = false;
};

}  // namespace respawn::persistence
