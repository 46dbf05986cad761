// The elements of a small collection that is one string in the RDB format, one after the other.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/numbers.hpp"
#include "keyspace/types/object.hpp"

namespace respawn::persistence {

/// Owner: who decodes. Every field of the form is checked against the bytes before it is used.
class ElementReader {
 public:
  ElementReader() = default;
  ElementReader(const ElementReader&) = delete;
  ElementReader& operator=(const ElementReader&) = delete;
  virtual ~ElementReader() = default;

  /// The next element, valid until the next call; none at the end, or where the bytes make no
  /// sense.
  virtual std::optional<std::string_view> next() = 0;

  /// Whether the end was reached and all was in order.
  [[nodiscard]] virtual bool complete() const = 0;
};

/// Bytes with a place in them, and bounds.
class ByteCursor {
 public:
  explicit ByteCursor(std::string_view bytes) : bytes_(bytes) {}

  [[nodiscard]] std::size_t position() const { return at_; }

  [[nodiscard]] std::size_t left() const { return bytes_.size() - at_; }

  /// The byte `ahead` of the place; none past the end.
  [[nodiscard]] std::optional<std::uint8_t> peek(std::size_t ahead = 0) const {
    if (ahead >= left()) return std::nullopt;
    return static_cast<std::uint8_t>(bytes_[at_ + ahead]);
  }

  /// Steps over `count` bytes and returns them; none when there are less.
  std::optional<std::string_view> take(std::size_t count) {
    if (count > left()) return std::nullopt;
    at_ += count;
    return bytes_.substr(at_ - count, count);
  }

  /// Steps over a byte and returns it; none past the end.
  std::optional<std::uint8_t> byte() {
    if (left() == 0) return std::nullopt;
    return static_cast<std::uint8_t>(bytes_[at_++]);
  }

  /// An unsigned number of up to 8 bytes.
  std::optional<std::uint64_t> little_endian(std::size_t count);
  std::optional<std::uint64_t> big_endian(std::size_t count);

  /// A signed number of up to 8 bytes, the lowest first.
  std::optional<std::int64_t> signed_number(std::size_t count);

 private:
  std::string_view bytes_;
  std::size_t at_ = 0;
};

/// Integers among the elements, as the texts they stand for.
class IntegerText {
 public:
  std::string_view of(std::int64_t value) {
    const char* end = write_int(scratch_.data(), value);
    return {scratch_.data(), static_cast<std::size_t>(end - scratch_.data())};
  }

 private:
  keyspace::Scratch scratch_;
};

}  // namespace respawn::persistence
