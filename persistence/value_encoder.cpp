#include "persistence/value_encoder.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/numbers.hpp"
#include "keyspace/types/hash.hpp"
#include "keyspace/types/list.hpp"
#include "keyspace/types/set.hpp"
#include "keyspace/types/sorted_set.hpp"
#include "persistence/element_writer.hpp"
#include "persistence/list_encoder.hpp"
#include "persistence/listpack.hpp"
#include "persistence/stream_encoder.hpp"

namespace respawn::persistence {

namespace {

using keyspace::Encoding;
using keyspace::Entry;
using keyspace::Hash;
using keyspace::HashField;
using keyspace::List;
using keyspace::Set;
using keyspace::SortedSet;
using keyspace::Stream;
using keyspace::Type;

/// Shorter strings are copied sooner than held: who holds one makes the next change copy it.
constexpr std::size_t shared_min_bytes = std::size_t{64} << 10;

RdbType type_of(const Hash& hash) {
  const bool table = hash.encoding() == Encoding::hashtable;
  if (hash.expires()) return table ? RdbType::hash_expiring : RdbType::hash_listpack_expiring;
  return table ? RdbType::hash : RdbType::hash_listpack;
}

void write_string(RdbWriter& to, const Entry& entry) {
  if (entry.is_integer()) return to.integer(entry.integer());
  if (to.takes_blocks() && entry.length() >= shared_min_bytes)
    if (BlockPtr block = entry.shared_block()) return to.block(std::move(block));
  keyspace::Scratch scratch;
  to.string(entry.bytes(scratch));
}

/// The width of its integers (4 bytes), how many there are (4), and they in order, all little
/// endian.
std::string intset(const Set& set) {
  const std::size_t width = set.integer_width();
  std::string bytes;
  append_little_endian(bytes, static_cast<std::uint32_t>(width));
  append_little_endian(bytes, static_cast<std::uint32_t>(set.size()));
  set.for_each([&](std::string_view member) {
    const std::int64_t value = parse_int64(member).value();
    for (std::size_t i = 0; i < width; ++i) bytes += static_cast<char>(value >> (8 * i));
  });
  return bytes;
}

void write_set(RdbWriter& to, const Set& set) {
  if (set.encoding() == Encoding::intset) return to.string(intset(set));
  to.length(set.size());
  set.for_each([&](std::string_view member) { to.string(member); });
}

void write_sorted_set(RdbWriter& to, const SortedSet& set) {
  if (set.encoding() == Encoding::listpack) {
    ListpackWriter packed;
    for (auto walk = set.walk(); walk.valid(); walk.next()) {
      packed.append(walk.member());
      packed.append(format_double(walk.score()));
    }
    return to.string(packed.take());
  }
  to.length(set.size());
  // From the last one on, so that a skiplist is built by adding at its front.
  for (auto walk = set.walk(set.size() - 1, keyspace::Direction::backward); walk.valid();
       walk.next())
    write_scored(to, {walk.member(), walk.score()});
}

void write_packed_hash(RdbWriter& to, const Hash& hash) {
  // What an element takes differs by few bytes.
  ListpackWriter packed(hash.element_bytes() + 8 * hash.size());
  hash.for_each_element([&](const keyspace::StoredElement& each) { packed.append(each); });
  to.string(packed.take());
}

/// In the order of their expiries, fields without one at the end, as Redis keeps them.
void write_expiring_packed_hash(RdbWriter& to, const Hash& hash) {
  struct Field {
    std::int64_t expire_at_ms;
    std::string field;
    std::string value;
  };

  std::vector<Field> fields;
  hash.for_each([&](const HashField& each) {
    fields.push_back({each.expire_at_ms, std::string(each.field), std::string(each.value)});
  });
  std::stable_sort(fields.begin(), fields.end(),
                   [](const Field& a, const Field& b) { return a.expire_at_ms < b.expire_at_ms; });
  ListpackWriter packed;
  for (const Field& each : fields) {
    packed.append(each.field);
    packed.append(each.value);
    packed.append(format_int(each.expire_at_ms == keyspace::never ? 0 : each.expire_at_ms));
  }
  to.milliseconds(hash.earliest_expiry_ms());
  to.string(packed.take());
}

void write_hash(RdbWriter& to, const Hash& hash) {
  to.length(hash.size());
  hash.for_each([&](const HashField& each) { write_field(to, each); });
}

void write_expiring_hash(RdbWriter& to, const Hash& hash) {
  const std::int64_t earliest_ms = hash.earliest_expiry_ms();
  to.milliseconds(earliest_ms);
  to.length(hash.size());
  hash.for_each([&](const HashField& each) { write_expiring_field(to, each, earliest_ms); });
}

}  // namespace

RdbType rdb_type_of(const Entry& entry) {
  const bool packed = entry.encoding() == Encoding::listpack;
  switch (entry.type()) {
    case Type::string:
      return RdbType::string;
    case Type::list:
      return RdbType::list_quicklist_2;
    case Type::set:
      return entry.encoding() == Encoding::intset ? RdbType::set_intset : RdbType::set;
    case Type::sorted_set:
      return packed ? RdbType::sorted_set_listpack : RdbType::sorted_set;
    case Type::hash:
      return type_of(entry.object<Hash>());
    case Type::stream:
      break;
  }
  return entry.object<Stream>().producers() != nullptr ? RdbType::stream_4 : RdbType::stream_2;
}

std::uint16_t rdb_version_of(RdbType type) {
  if (type == RdbType::stream_4) return rdb_version_producers;
  const bool newer = type == RdbType::hash_expiring || type == RdbType::hash_listpack_expiring;
  return newer ? rdb_version_field_expiry : rdb_version_written;
}

void write_value(RdbWriter& to, const Entry& entry) {
  switch (rdb_type_of(entry)) {
    case RdbType::string:
      return write_string(to, entry);
    case RdbType::list_quicklist_2:
      return write_list(to, entry.object<List>());
    case RdbType::set:
    case RdbType::set_intset:
      return write_set(to, entry.object<Set>());
    case RdbType::sorted_set:
    case RdbType::sorted_set_listpack:
      return write_sorted_set(to, entry.object<SortedSet>());
    case RdbType::hash_listpack:
      return write_packed_hash(to, entry.object<Hash>());
    case RdbType::hash_listpack_expiring:
      return write_expiring_packed_hash(to, entry.object<Hash>());
    case RdbType::hash_expiring:
      return write_expiring_hash(to, entry.object<Hash>());
    case RdbType::stream_2:
    case RdbType::stream_4:
      return write_stream(to, entry.object<Stream>()).run();
    default:
      return write_hash(to, entry.object<Hash>());
  }
}

}  // namespace respawn::persistence
