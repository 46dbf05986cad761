#include "persistence/element_reader.hpp"

namespace respawn::persistence {

namespace {

std::uint64_t byte_of(char c) {
  return static_cast<unsigned char>(c);
}

}  // namespace

std::optional<std::uint64_t> ByteCursor::little_endian(std::size_t count) {
  const auto bytes = take(count);
  if (!bytes) return std::nullopt;
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < count; ++i) value |= byte_of((*bytes)[i]) << (8 * i);
  return value;
}

std::optional<std::uint64_t> ByteCursor::big_endian(std::size_t count) {
  const auto bytes = take(count);
  if (!bytes) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : *bytes) value = value << 8 | byte_of(c);
  return value;
}

std::optional<std::int64_t> ByteCursor::signed_number(std::size_t count) {
  const auto value = little_endian(count);
  if (!value) return std::nullopt;
  const std::size_t unused = 64 - 8 * count;
  return static_cast<std::int64_t>(*value << unused) >> unused;
}

}  // namespace respawn::persistence
