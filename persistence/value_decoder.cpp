#include "persistence/value_decoder.hpp"

#include <utility>

#include "keyspace/types/sorted_set_builder.hpp"
#include "persistence/collection_builder.hpp"
#include "persistence/listpack.hpp"
#include "persistence/rdb_format.hpp"
#include "persistence/stream_decoder.hpp"
#include "persistence/ziplist.hpp"

namespace respawn::persistence {

namespace {

using keyspace::Hash;
using keyspace::MemberKey;
using keyspace::Object;
using keyspace::Set;
using ObjectPtr = std::unique_ptr<Object>;

// ---- element by element ------------------------------------------------------------------------

ObjectPtr read_list(RdbReader& from, const keyspace::ListLimits& limits) {
  keyspace::ListBuilder list(limits);
  std::string element;
  for (std::uint64_t left = from.count(1); left > 0 && from.ok(); --left) {
    from.string(element);
    if (from.ok()) list.add(element);
  }
  return list.build();
}

template <class Reader>
ObjectPtr read_quicklist(RdbReader& from, const keyspace::ListLimits& limits) {
  constexpr bool has_kinds = std::is_same_v<Reader, ListpackReader>;
  keyspace::ListBuilder list(limits);
  std::string node;
  for (std::uint64_t left = from.count(1); left > 0 && from.ok(); --left) {
    const std::uint64_t kind = has_kinds ? from.length() : packed_node;
    from.string(node);
    if (!from.ok()) break;
    if (kind == plain_node) {
      list.add(node);
      continue;
    }
    Reader elements(node);
    if (kind != packed_node || !append_all(list, elements)) return nullptr;
  }
  return list.build();
}

ObjectPtr read_set(RdbReader& from, const keyspace::SetLimits& limits) {
  const std::uint64_t count = from.count(1);
  std::unique_ptr<Set> set;
  for (std::uint64_t left = count; left > 0 && from.ok(); --left) {
    const std::string member = from.string();
    if (!from.ok()) break;
    if (!set) set = Set::make_for(member, count, limits);
    if (!set->add(member, limits)) return nullptr;
  }
  return set;
}

ObjectPtr read_sorted_set(RdbReader& from, const keyspace::SortedSetLimits& limits, bool as_text) {
  keyspace::SortedSetBuilder set;
  std::string member;
  for (std::uint64_t left = from.count(2); left > 0 && from.ok(); --left) {
    from.string(member);
    const double score = as_text ? from.text_number() : from.number();
    if (from.ok()) set.add(member, score);
  }
  if (!set.distinct()) return nullptr;
  return set.build(limits);
}

ObjectPtr read_hash(RdbReader& from, const keyspace::HashLimits& limits) {
  const std::uint64_t count = from.count(2);
  auto hash = std::make_unique<Hash>();
  hash->expect(count, 0, limits);
  for (std::uint64_t left = count; left > 0 && from.ok(); --left) {
    const std::string field = from.string();
    const std::string value = from.string();
    if (from.ok() && !hash->set(MemberKey(field), value, keyspace::never, limits)) return nullptr;
  }
  return hash;
}

/// What a field's expiry relative to the earliest one is; see write_expiring_hash().
std::optional<std::int64_t> to_expiry_ms(std::uint64_t relative, std::int64_t earliest_ms) {
  if (relative == 0) return keyspace::never;
  const auto most = static_cast<std::uint64_t>(field_expiry_max_ms - earliest_ms);
  if (relative - 1 > most) return std::nullopt;
  return earliest_ms + static_cast<std::int64_t>(relative - 1);
}

ObjectPtr read_expiring_hash(RdbReader& from, const keyspace::HashLimits& limits) {
  const std::int64_t earliest_ms = from.milliseconds();
  if (earliest_ms < 0 || earliest_ms > field_expiry_max_ms) return nullptr;
  const std::uint64_t count = from.count(3);
  auto hash = std::make_unique<Hash>();
  hash->expect(count, 0, limits);
  for (std::uint64_t left = count; left > 0 && from.ok(); --left) {
    const auto expire_at_ms = to_expiry_ms(from.length(), earliest_ms);
    const std::string field = from.string();
    const std::string value = from.string();
    if (!expire_at_ms) return nullptr;
    if (from.ok() && !hash->set(MemberKey(field), value, *expire_at_ms, limits)) return nullptr;
  }
  return hash;
}

// ---- all in one string -------------------------------------------------------------------------

/// The same with absolute times; see RdbType::hash_expiring_early.
ObjectPtr read_early_hash(RdbReader& from, const keyspace::HashLimits& limits) {
  const std::uint64_t count = from.count(3);
  auto hash = std::make_unique<Hash>();
  hash->expect(count, 0, limits);
  for (std::uint64_t left = count; left > 0 && from.ok(); --left) {
    const std::uint64_t at_ms = from.length();
    const std::string field = from.string();
    const std::string value = from.string();
    if (at_ms > static_cast<std::uint64_t>(field_expiry_max_ms)) return nullptr;
    const std::int64_t expire_at_ms =
        at_ms == 0 ? keyspace::never : static_cast<std::int64_t>(at_ms);
    if (from.ok() && !hash->set(MemberKey(field), value, expire_at_ms, limits)) return nullptr;
  }
  return hash;
}

/// Valkey's: behind each field and value 8 bytes, milliseconds or -1.
ObjectPtr read_valkey_hash(RdbReader& from, const keyspace::HashLimits& limits) {
  const std::uint64_t count = from.count(10);
  auto hash = std::make_unique<Hash>();
  hash->expect(count, 0, limits);
  for (std::uint64_t left = count; left > 0 && from.ok(); --left) {
    const std::string field = from.string();
    const std::string value = from.string();
    const std::int64_t at_ms = from.milliseconds();
    if (at_ms < -1 || at_ms > field_expiry_max_ms) return nullptr;
    const std::int64_t expire_at_ms = at_ms == -1 ? keyspace::never : at_ms;
    if (from.ok() && !hash->set(MemberKey(field), value, expire_at_ms, limits)) return nullptr;
  }
  return hash;
}

/// Calls build(reader, limits) with a Reader of the string that comes next.
template <class Reader, class Build, class Limits>
ObjectPtr read_packed(RdbReader& from, Build&& build, const Limits& limits) {
  const std::string bytes = from.string();
  if (!from.ok()) return nullptr;
  Reader elements(bytes);
  return build(elements, limits);
}

template <class Reader>
ObjectPtr build_list(Reader& elements, const keyspace::ListLimits& limits) {
  keyspace::ListBuilder list(limits);
  if (!append_all(list, elements)) return nullptr;
  return list.build();
}

ObjectPtr read_intset(RdbReader& from, const keyspace::SetLimits& limits) {
  return build_intset(from.string(), limits);
}

/// The earliest expiry stands in front of the fields, which tell it as well.
ObjectPtr read_expiring_listpack(RdbReader& from, const keyspace::HashLimits& limits) {
  from.milliseconds();
  return read_packed<ListpackReader>(from, build_expiring_hash, limits);
}

ObjectPtr read_object(RdbType type, RdbReader& from, const ValueLimits& limits) {
  switch (type) {
    case RdbType::string:
      break;
    case RdbType::list:
      return read_list(from, limits.list);
    case RdbType::list_ziplist:
      return read_packed<ZiplistReader>(from, build_list<ZiplistReader>, limits.list);
    case RdbType::list_quicklist:
      return read_quicklist<ZiplistReader>(from, limits.list);
    case RdbType::list_quicklist_2:
      return read_quicklist<ListpackReader>(from, limits.list);
    case RdbType::set:
      return read_set(from, limits.set);
    case RdbType::set_intset:
      return read_intset(from, limits.set);
    case RdbType::set_listpack:
      return read_packed<ListpackReader>(from, build_set, limits.set);
    case RdbType::sorted_set_text:
      return read_sorted_set(from, limits.sorted_set, true);
    case RdbType::sorted_set:
      return read_sorted_set(from, limits.sorted_set, false);
    case RdbType::sorted_set_ziplist:
      return read_packed<ZiplistReader>(from, build_sorted_set, limits.sorted_set);
    case RdbType::sorted_set_listpack:
      return read_packed<ListpackReader>(from, build_sorted_set, limits.sorted_set);
    case RdbType::hash:
      return read_hash(from, limits.hash);
    case RdbType::hash_zipmap:
      return read_packed<ZipmapReader>(from, build_hash, limits.hash);
    case RdbType::hash_ziplist:
      return read_packed<ZiplistReader>(from, build_hash, limits.hash);
    case RdbType::hash_listpack:
      return read_packed<ListpackReader>(from, build_hash, limits.hash);
    case RdbType::hash_expiring:
      return read_expiring_hash(from, limits.hash);
    case RdbType::hash_listpack_expiring:
      return read_expiring_listpack(from, limits.hash);
    case RdbType::stream:
    case RdbType::stream_2:
    case RdbType::stream_3:
    case RdbType::stream_4:
    case RdbType::stream_5:
      return read_stream(type, from);
    case RdbType::hash_expiring_early:
      return read_early_hash(from, limits.hash);
    case RdbType::hash_listpack_expiring_early:
      return read_packed<ListpackReader>(from, build_expiring_hash, limits.hash);
  }
  return nullptr;
}

}  // namespace

bool read_typed(std::uint8_t type, Dialect dialect, RdbReader& from, const ValueLimits& limits,
                Value& value) {
  value.object.reset();
  if (static_cast<RdbType>(type) == RdbType::string) {
    from.string(value.text);
    return from.ok();
  }
  const bool of_valkey = dialect == Dialect::valkey && type == valkey_hash_type;
  value.object = of_valkey ? read_valkey_hash(from, limits.hash)
                           : read_object(static_cast<RdbType>(type), from, limits);
  if (!from.ok() || !value.object) return false;
  const bool may_be_empty = value.object->type() == keyspace::Type::stream;
  if (may_be_empty || value.object->size() > 0) return true;
  from.note_empty();
  return false;
}

bool is_known_type(std::uint8_t type) {
  return type <= 5 || (type >= 9 && type <= 27);
}

std::optional<Value> read_value(RdbReader& from, const ValueLimits& limits) {
  const std::uint8_t type = from.byte();
  Value value;
  if (!from.ok() || !read_typed(type, Dialect::redis, from, limits, value)) return std::nullopt;
  return value;
}

void store_value(keyspace::Change& change, Value&& value, std::int64_t expire_at_ms) {
  if (value.object)
    change.set_object(std::move(value.object), expire_at_ms);
  else
    change.set_string(value.text, expire_at_ms);
}

}  // namespace respawn::persistence
