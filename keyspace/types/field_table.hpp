// The fields of a large hash, in a hash table.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/allocation.hpp"
#include "base/bring_near.hpp"
#include "keyspace/dict.hpp"
#include "keyspace/expiry_index.hpp"
#include "keyspace/types/element_cut.hpp"
#include "keyspace/types/hash_field.hpp"
#include "keyspace/types/member_table.hpp"

namespace respawn::keyspace {

class HashCut;

/// Owner: a Hash. A field, its value and its expiry are one allocation: the length of the field
/// (marked when there is an expiry), that of the value, [expiry 8], field, value.
/// Errors: what adds or replaces throws std::bad_alloc and leaves it as it was.
class FieldTable {
 public:
  FieldTable() = default;
  FieldTable(const FieldTable&) = delete;
  FieldTable& operator=(const FieldTable&) = delete;
  ~FieldTable();

  [[nodiscard]] std::size_t size() const { return dict_.size(); }

  [[nodiscard]] std::optional<HashField> find(const MemberKey& key) const;

  /// Whether the field is new. Its expiry becomes `expire_at_ms`.
  bool set(const MemberKey& key, std::string_view value, std::int64_t expire_at_ms);

  /// Whether it was there.
  bool erase(const MemberKey& key) noexcept;

  /// The earliest expiry; `never` without any.
  [[nodiscard]] std::int64_t earliest_expiry_ms() const;

  /// The field with that expiry. Requires that there is one.
  [[nodiscard]] HashField earliest() const;

  /// Requires size() > 0. Each with the same probability.
  [[nodiscard]] HashField random(Random& random) const;

  template <class Visitor>
  std::uint64_t scan(std::uint64_t cursor, std::size_t count, Visitor&& visit) const {
    return dict_.scan(cursor, count, [&](const Field& field) { visit(parts(field)); });
  }

  template <class Visitor>
  void for_each(Visitor&& visit) const {
    dict_.for_each([&](const Field& field) { visit(parts(field)); });
  }

  /// See Object::free_slice.
  std::size_t free_slice(std::size_t budget) noexcept;

  [[nodiscard]] std::size_t memory_bytes() const;

  [[nodiscard]] Status check_invariants() const;

  [[nodiscard]] CutList& cuts() { return cuts_; }

  FieldSchedule schedule;

 private:
  friend class HashCut;

  /// Never made: stands for the allocation.
  struct Field {
    char first;
  };

  struct Traits {
    using Element = Field;

    static std::string_view key(const Field& field) { return parts(field).field; }

    static std::size_t allocated(const Field& field) { return allocated_bytes(bytes_of(field)); }

    static Field* copy(const Field& field);

    static Field* make_absent(std::string_view key) { return make(key, {}, never); }

    static void destroy(Field* field) noexcept { FieldTable::destroy(field); }

    static void touch(const Field& field) { bring_near(&field); }
  };

  static HashField parts(const Field& field);
  static std::size_t bytes_for(std::string_view field, std::string_view value,
                               std::int64_t expire_at_ms);
  static Field* make(std::string_view field, std::string_view value, std::int64_t expire_at_ms);
  static void write(char* at, std::string_view field, std::string_view value,
                    std::int64_t expire_at_ms);
  static std::size_t bytes_of(const Field& field);
  static void destroy(Field* field) noexcept;
  static Entry* token(const Field* field);
  void enter(Field* fresh, const Field* old, std::uint64_t hash);
  [[nodiscard]] bool wanted(const MemberKey& key) const;
  void tell_added(const MemberKey& key) noexcept;
  void retire(Field* field, std::uint64_t hash, bool another) noexcept;

  Dict<Traits> dict_;
  ExpiryIndex expiries_;   // of the fields that have one
  std::size_t bytes_ = 0;  // of the fields' allocations
  CutList cuts_;
};

}  // namespace respawn::keyspace
