// A key with a long value as it was at one moment, to be written in slices while it changes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <variant>

#include "keyspace/databases.hpp"
#include "keyspace/string_cuts.hpp"
#include "keyspace/types/hash_cut.hpp"
#include "keyspace/types/list.hpp"
#include "keyspace/types/set_cut.hpp"
#include "keyspace/types/sorted_set_cut.hpp"
#include "keyspace/types/stream.hpp"
#include "persistence/rdb_format.hpp"

namespace respawn::persistence {

/// What the key was, and its value: lists and streams share their blocks with the cut, so that who
/// changes one copies it; of hashes, sets and sorted sets what changes is kept before it does; of
/// strings a page. So no command pays for more than it touches. The cut belongs to the value, not
/// to the key: that may be renamed, moved, overwritten or deleted.
/// Owner: a SnapshotWalk. Made in O(1), but for lists and streams: O(blocks / 128 + groups).
class EntryCut {
 public:
  using Value = std::variant<std::monostate, keyspace::StringCut, keyspace::HashCut,
                             keyspace::SetCut, keyspace::SortedSetCut,
                             std::unique_ptr<keyspace::List>, std::unique_ptr<keyspace::Stream>>;

  /// Whether the entry should be cut instead of being written at once: it is not packed, and long.
  [[nodiscard]] static bool is_worth_it(const keyspace::Entry& entry);

  /// Requires is_worth_it().
  EntryCut(keyspace::Databases& data, int db, const keyspace::Entry& entry);
  EntryCut(const EntryCut&) = delete;
  EntryCut& operator=(const EntryCut&) = delete;
  ~EntryCut();

  [[nodiscard]] int db() const { return db_; }

  [[nodiscard]] const std::string& key() const { return key_; }

  /// `never` without an expiry.
  [[nodiscard]] std::int64_t expire_at_ms() const { return expire_at_ms_; }

  [[nodiscard]] std::uint32_t access_clock() const { return access_clock_; }

  [[nodiscard]] RdbType type() const { return type_; }

  [[nodiscard]] Value& value() { return value_; }

  /// Elements that are to be read at once, so that they are about as many bytes as a slice has.
  [[nodiscard]] std::size_t slice_elements() const { return slice_elements_; }

  /// What would be free without this cut; of lists and streams about that: what was copied because
  /// they changed, or all of it once the value `is_gone`. O(1), of streams O(consumers).
  [[nodiscard]] std::uint64_t held_bytes(bool is_gone) const;

  /// There was no memory for what it had to keep: it is not whole.
  [[nodiscard]] bool failed() const;

  /// Of the value: see identity().
  [[nodiscard]] const void* const* identity_place() const { return &identity_; }

  /// Which value an entry has; the same as long as it is changed in place. Null for one that is
  /// part of its entry.
  [[nodiscard]] static const void* identity(const keyspace::Entry& entry);

  /// Whether this is the value of which it is a cut.
  [[nodiscard]] bool is_of(const keyspace::Entry& entry) const {
    return identity(entry) == identity_;
  }

  std::uint64_t counted_bytes = 0;  // held_bytes() as its owner knows it
  bool changed = false;             // since then
  std::uint64_t copied_bytes = 0;   // because the value changed: see keyspace::CopiedBytes

 private:
  int db_;
  std::string key_;
  std::int64_t expire_at_ms_;
  std::uint32_t access_clock_;
  RdbType type_;
  std::size_t slice_elements_ = 1;
  const void* identity_;
  keyspace::Garbage& garbage_;
  Value value_;
};

}  // namespace respawn::persistence
