#include "commands/serialized_length.hpp"

#include "keyspace/types/hash.hpp"
#include "keyspace/types/list.hpp"
#include "keyspace/types/set.hpp"
#include "keyspace/types/sorted_set.hpp"

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

std::size_t sorted_set_bytes(const keyspace::SortedSet& set) {
  const std::size_t bytes = set.serialized_bytes();
  const bool packed = set.encoding() == keyspace::Encoding::listpack;
  return length_bytes(packed ? bytes : set.size()) + bytes;
}

/// Texts one after the other, or all in a listpack.
class TextBytes {
 public:
  explicit TextBytes(bool packed) : packed_(packed), bytes_(packed ? listpack_frame_bytes : 0) {}

  void add(std::string_view text) {
    const keyspace::ElementForm form(text);
    if (packed_)
      bytes_ += form.listpack_bytes;
    else
      bytes_ += form.integer ? integer_bytes(*form.integer, text.size())
                             : length_bytes(text.size()) + text.size();
  }

  /// With what stands in front of them: the length in bytes, or the number of elements.
  [[nodiscard]] std::size_t total(std::size_t elements) const {
    return length_bytes(packed_ ? bytes_ : elements) + bytes_;
  }

 private:
  static constexpr std::size_t listpack_frame_bytes = 7;

  bool packed_;
  std::size_t bytes_;
};

std::size_t set_bytes(const keyspace::Set& set) {
  if (set.encoding() == keyspace::Encoding::intset) {
    const std::size_t bytes = 8 + set.size() * set.integer_width();
    return length_bytes(bytes) + bytes;
  }
  TextBytes texts(set.encoding() == keyspace::Encoding::listpack);
  set.for_each([&](std::string_view member) { texts.add(member); });
  return texts.total(set.size());
}

std::size_t hash_bytes(const keyspace::Hash& hash) {
  TextBytes texts(hash.encoding() != keyspace::Encoding::hashtable);
  hash.for_each([&](const keyspace::HashField& each) {
    texts.add(each.field);
    texts.add(each.value);
  });
  return texts.total(hash.size());
}

}  // namespace

std::size_t serialized_length(const keyspace::Entry& entry) {
  if (entry.type() == keyspace::Type::list) return list_bytes(entry.object<keyspace::List>());
  if (entry.type() == keyspace::Type::sorted_set)
    return sorted_set_bytes(entry.object<keyspace::SortedSet>());
  if (entry.type() == keyspace::Type::set) return set_bytes(entry.object<keyspace::Set>());
  if (entry.type() == keyspace::Type::hash) return hash_bytes(entry.object<keyspace::Hash>());
  const std::size_t length = entry.length();
  if (entry.is_integer()) return integer_bytes(entry.integer(), length);
  return length_bytes(length) + length;
}

}  // namespace respawn::commands
