#include "commands/serialized_length.hpp"

#include "keyspace/types/list.hpp"

namespace respawn::commands {

namespace {

/// Bytes that a length takes in front of what it counts.
std::size_t length_bytes(std::size_t length) {
  if (length < (1U << 6)) return 1;
  if (length < (1U << 14)) return 2;
  return length <= 0xFFFFFFFFU ? 5 : 9;
}

/// An integer of 32 bits or less is stored as such behind one byte, a longer one as text.
std::size_t integer_bytes(std::int64_t value, std::size_t text_length) {
  if (value >= INT8_MIN && value <= INT8_MAX) return 2;
  if (value >= INT16_MIN && value <= INT16_MAX) return 3;
  if (value >= INT32_MIN && value <= INT32_MAX) return 5;
  return length_bytes(text_length) + text_length;
}

/// A node is its kind, its length and a listpack.
std::size_t list_bytes(const keyspace::List& list) {
  const std::size_t nodes = list.node_count();
  const std::size_t per_node = list.listpack_bytes() / nodes;
  return length_bytes(nodes) + nodes * (1 + length_bytes(per_node)) + list.listpack_bytes();
}

}  // namespace

std::size_t serialized_length(const keyspace::Entry& entry) {
  if (entry.type() == keyspace::Type::list) return list_bytes(entry.object<keyspace::List>());
  const std::size_t length = entry.length();
  if (entry.is_integer()) return integer_bytes(entry.integer(), length);
  return length_bytes(length) + length;
}

}  // namespace respawn::commands
