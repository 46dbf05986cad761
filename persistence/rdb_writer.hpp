// The words of the RDB format: lengths, strings, numbers.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "persistence/byte_sink.hpp"

namespace respawn::persistence {

/// Owner: who encodes. O(bytes).
class RdbWriter {
 public:
  /// With `compress` (rdbcompression) long strings are written compressed where that is shorter.
  RdbWriter(ByteSink& sink, bool compress) : sink_(&sink), compress_(compress) {}

  /// Leaves it to the sink.
  explicit RdbWriter(StringTakingSink& sink) : sink_(&sink), strings_(&sink), compress_(false) {}

  void byte(std::uint8_t value);

  /// 1 byte below 64, 2 below 16384, else 5 or 9.
  void length(std::uint64_t value);

  /// A string: as an integer of up to 32 bits when it is the text of one, compressed when that is
  /// worth it, else its length and its bytes.
  void string(std::string_view bytes);

  /// Takes what stands behind the length of a string that is not compressed: its bytes.
  [[nodiscard]] ByteSink& sink() { return *sink_; }

  /// Whether block() is to be preferred for a long string that is stored as one.
  [[nodiscard]] bool takes_blocks() const { return strings_ != nullptr; }

  /// A string that stays as it is as long as it is held. Requires takes_blocks().
  void block(BlockPtr bytes) { strings_->block(std::move(bytes)); }

  /// The string that is the text of this integer.
  void integer(std::int64_t value);

  /// Eight bytes, little endian.
  void number(double value);
  void milliseconds(std::int64_t value);

  /// Eight bytes, the highest first.
  void big_number(std::uint64_t value);

 private:
  bool small_integer(std::int64_t value);
  bool compressed(std::string_view bytes);

  ByteSink* sink_;
  StringTakingSink* strings_ = nullptr;
  bool compress_;
};

/// Adds the bytes of an unsigned number, the lowest first.
template <std::unsigned_integral Number>
void append_little_endian(std::string& to, Number value) {
  for (std::size_t i = 0; i < sizeof value; ++i)
    to += static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * i));
}

}  // namespace respawn::persistence
