#include "persistence/snapshot/entry_cut.hpp"

#include <algorithm>

#include "keyspace/types/hash.hpp"
#include "keyspace/types/set.hpp"
#include "keyspace/types/sorted_set.hpp"
#include "persistence/value_encoder.hpp"

namespace respawn::persistence {

namespace {

using keyspace::Encoding;
using keyspace::Entry;
using keyspace::HashCut;
using keyspace::List;
using keyspace::SetCut;
using keyspace::SortedSetCut;
using keyspace::Stream;
using keyspace::StringCut;
using keyspace::Type;

/// Shorter strings are copied by who changes them while the file holds them: 0.1 ms.
constexpr std::size_t long_string_bytes = std::size_t{1} << 20;

/// Smaller values are written at once, several of them where the walk meets them side by side.
constexpr std::size_t long_value_bytes = std::size_t{16} << 10;

constexpr std::size_t slice_bytes = std::size_t{32} << 10;
constexpr std::size_t slice_elements_max = 64;

/// A container's bytes. A list's without the room in its blocks, for which each of them would have
/// to be looked at (1 ms for 5,000,000 elements).
std::size_t bytes_of(const keyspace::Object& object) {
  if (object.type() == Type::list) return static_cast<const List&>(object).listpack_bytes();
  return object.memory_bytes();
}

/// Of a value that has left the keyspace.
std::size_t kept_bytes(const keyspace::ElementCut& cut) {
  const auto* const object = static_cast<const keyspace::Object*>(cut.kept());
  return object != nullptr ? object->memory_bytes() : 0;
}

std::size_t kept_bytes(const StringCut&) {
  return 0;
}

bool is_packed(Encoding encoding) {
  return encoding != Encoding::hashtable && encoding != Encoding::skiplist &&
         encoding != Encoding::quicklist && encoding != Encoding::stream;
}

}  // namespace

bool EntryCut::is_worth_it(const Entry& entry) {
  if (entry.type() == Type::string) return entry.is_block() && entry.length() >= long_string_bytes;
  return !is_packed(entry.encoding()) && bytes_of(entry.container()) >= long_value_bytes;
}

const void* EntryCut::identity(const Entry& entry) {
  if (entry.type() != Type::string) return &entry.container();
  return entry.is_block() ? entry.shared_block().get() : nullptr;
}

EntryCut::EntryCut(keyspace::Databases& data, int db, const Entry& entry)
    : db_(db),
      key_(entry.key()),
      expire_at_ms_(entry.expire_at_ms()),
      access_clock_(entry.access_clock()),
      type_(rdb_type_of(entry)),
      identity_(identity(entry)),
      garbage_(data.garbage()) {
  switch (entry.type()) {
    case Type::string:
      value_.emplace<StringCut>(data.string_cuts(), garbage_, entry.shared_block());
      return;
    case Type::hash:
      value_.emplace<HashCut>(entry.object<keyspace::Hash>(), garbage_);
      break;
    case Type::set:
      value_.emplace<SetCut>(entry.object<keyspace::Set>(), garbage_);
      break;
    case Type::sorted_set:
      value_.emplace<SortedSetCut>(entry.object<keyspace::SortedSet>(), garbage_);
      break;
    case Type::list:
      value_ = entry.object<List>().share();
      break;
    case Type::stream:
      value_ = entry.object<Stream>().share();
      break;
  }
  const keyspace::Object& object = entry.container();
  const std::size_t bytes = bytes_of(object) / std::max<std::size_t>(object.size(), 1);
  slice_elements_ = std::clamp<std::size_t>(slice_bytes / (bytes + 1), 1, slice_elements_max);
}

/// What was shared may be all that is left of a value.
EntryCut::~EntryCut() {
  if (auto* list = std::get_if<std::unique_ptr<List>>(&value_)) garbage_.take(std::move(*list), 0);
  if (auto* stream = std::get_if<std::unique_ptr<Stream>>(&value_))
    garbage_.take(std::move(*stream), 0);
}

std::uint64_t EntryCut::held_bytes(bool is_gone) const {
  return std::visit(
      [&]<class Cut>(const Cut& cut) -> std::uint64_t {
        if constexpr (std::is_same_v<Cut, std::monostate>)
          return 0;
        else if constexpr (requires { cut->memory_bytes(); })
          return is_gone ? bytes_of(*cut) : copied_bytes;
        else
          return cut.held_bytes() + kept_bytes(cut);
      },
      value_);
}

bool EntryCut::failed() const {
  return std::visit(
      []<class Cut>(const Cut& cut) {
        if constexpr (requires { cut.failed(); })
          return cut.failed();
        else
          return false;
      },
      value_);
}

}  // namespace respawn::persistence
