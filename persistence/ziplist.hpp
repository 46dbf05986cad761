// Redis's older forms of a small collection as one string: ziplist and zipmap. They are only read.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "persistence/element_reader.hpp"

namespace respawn::persistence {

/// Form: bytes in all (4), offset of the last element (4), elements (2; 65535: count them), all
/// little endian; elements; 0xff. An element is the size of the one before it (1 byte, or 0xfe and
/// 4), its encoding, its text or integer. Borrowed bytes.
class ZiplistReader final : public ElementReader {
 public:
  explicit ZiplistReader(std::string_view bytes);

  std::optional<std::string_view> next() override;

  [[nodiscard]] bool complete() const override { return complete_; }

 private:
  bool skip_previous_size();
  std::optional<std::string_view> element();
  std::optional<std::string_view> text(unsigned first);
  std::optional<std::string_view> integer(unsigned first);

  ByteCursor at_;
  IntegerText integer_;
  std::uint64_t tail_ = 0;
  std::uint64_t claimed_ = 0;
  std::uint64_t count_ = 0;
  std::size_t last_ = 0;       // where the element in front of the place begins
  std::size_t last_size_ = 0;  // its bytes
  bool broken_ = false;
  bool complete_ = false;
};

/// Form: pairs (1 byte; 254: count them); for each the length of the field (1 byte, or 0xfe and 4),
/// the field, the length of the value, how many bytes are unused behind it (1), the value, those;
/// 0xff. Borrowed bytes.
class ZipmapReader final : public ElementReader {
 public:
  explicit ZipmapReader(std::string_view bytes);

  std::optional<std::string_view> next() override;

  [[nodiscard]] bool complete() const override { return complete_; }

 private:
  std::optional<std::string_view> text();

  ByteCursor at_;
  std::uint64_t claimed_ = 0;
  std::uint64_t count_ = 0;  // texts
  bool broken_ = false;
  bool complete_ = false;
};

}  // namespace respawn::persistence
