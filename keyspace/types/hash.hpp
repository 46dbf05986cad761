// A map of fields to values, each of which may expire: packed while it is small, else a hash table.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "base/random.hpp"
#include "base/result.hpp"
#include "keyspace/types/field_table.hpp"
#include "keyspace/types/hash_field.hpp"
#include "keyspace/types/object.hpp"
#include "keyspace/types/packed.hpp"
#include "keyspace/types/tagged_body.hpp"

namespace respawn::keyspace {

class HashCut;

/// Configuration that hashes read when they grow.
struct HashLimits {
  std::size_t max_listpack_entries = 512;
  std::size_t max_listpack_value_bytes = 64;
};

/// Owner: an Entry. Knows no clock: whether a field has expired is the caller's question. Views
/// live until the next change; texts passed in must not be views of this hash. Calls that throw
/// std::bad_alloc leave its fields as they were.
/// Complexity: hashtable O(1), O(log n) for expiries; listpack O(bytes).
class Hash final : public Object {
 public:
  static constexpr Type object_type = Type::hash;

  Hash() noexcept = default;
  ~Hash() override;

  [[nodiscard]] Type type() const override { return object_type; }

  /// listpack, listpackex once a field of it had an expiry, hashtable beyond the limits.
  [[nodiscard]] Encoding encoding() const override;
  [[nodiscard]] std::size_t size() const override;
  [[nodiscard]] std::size_t memory_bytes() const override;
  std::size_t free_slice(std::size_t budget) noexcept override;
  bool keep_for_cuts(std::unique_ptr<Disposable>& self, std::size_t objects) noexcept override;

  [[nodiscard]] bool empty() const { return size() == 0; }

  /// About `fields` fields are to be set, the longest text being this long: what does not fit the
  /// limits becomes a hashtable at once.
  void expect(std::size_t fields, std::size_t longest_bytes, const HashLimits& limits);

  /// The field, also when its time is over.
  [[nodiscard]] std::optional<HashField> find(const MemberKey& field, FieldScratch& scratch) const;

  /// Whether the field is new. Its expiry becomes `expire_at_ms`.
  bool set(const MemberKey& field, std::string_view value, std::int64_t expire_at_ms,
           const HashLimits& limits);

  /// Whether it was there.
  bool erase(const MemberKey& field) noexcept;

  /// Sets, moves or (with `never`) removes the expiry of a field. Requires that it is there.
  void set_expiry(const MemberKey& field, std::int64_t expire_at_ms);

  /// Whether a field may have an expiry.
  [[nodiscard]] bool expires() const { return earliest_expiry_ms() != never; }

  /// `never` when no field has one. O(1) and O(log n).
  [[nodiscard]] std::int64_t earliest_expiry_ms() const;

  /// Removes up to `fields_max` fields whose time is over, the earliest first; says how many. Calls
  /// visit(std::string_view) for each before it goes.
  template <class Visitor>
  std::size_t erase_expired(std::int64_t now_ms, std::size_t fields_max, Visitor&& visit) {
    std::size_t erased = 0;
    FieldScratch scratch;
    for (; erased < fields_max && now_ms > earliest_expiry_ms(); ++erased) {
      const HashField field = earliest(scratch);
      visit(field.field);
      erase(MemberKey(field.field));
    }
    return erased;
  }

  std::size_t erase_expired(std::int64_t now_ms, std::size_t fields_max) {
    return erase_expired(now_ms, fields_max, [](std::string_view) {});
  }

  /// Each field with the same probability. Requires !empty().
  [[nodiscard]] HashField random(Random& random, FieldScratch& scratch) const;

  /// Calls visit(const HashField&) for each field, also for those whose time is over; the views
  /// end with the call.
  template <class Visitor>
  void for_each(Visitor&& visit) const {
    if (body_.tag() == table_tag) return table().for_each(visit);
    FieldScratch scratch;
    const char* const end = packed_end();
    for (const char* at = packed_begin(); at != end; at = Packed::skip(at, stride()))
      visit(packed_field(at, scratch));
  }

  /// Calls visit(const StoredElement&) for field, value, field, ... in their order. Requires that
  /// the encoding is listpack.
  template <class Visitor>
  void for_each_element(Visitor&& visit) const {
    const char* const end = packed_end();
    for (const char* at = packed_begin(); at != end; at = Packed::next(at))
      visit(stored_element(at));
  }

  /// Bytes of all these elements.
  [[nodiscard]] std::size_t element_bytes() const {
    return static_cast<std::size_t>(packed_end() - packed_begin());
  }

  /// HSCAN: visits about `count` fields from `cursor` on, all of a hash that is no hashtable;
  /// returns the next cursor, 0 at the end. What is there during the whole scan is visited.
  template <class Visitor>
  std::uint64_t scan(std::uint64_t cursor, std::size_t count, Visitor&& visit) const {
    if (body_.tag() == table_tag) return table().scan(cursor, count, visit);
    for_each(visit);
    return 0;
  }

  /// The same fields in the same encoding.
  [[nodiscard]] std::unique_ptr<Hash> clone() const;

  /// Null while no field can have an expiry. Moves with the hash, not with a clone.
  [[nodiscard]] FieldSchedule* schedule() const;

  /// Walks everything; an error names what does not hold.
  [[nodiscard]] Status check_invariants() const override;

 private:
  friend class HashCut;

  /// Field, value, expiry (0: none), field...
  struct Timed {
    Packed packed;
    std::int64_t earliest_ms = never;
    FieldSchedule schedule;
  };

  [[nodiscard]] FieldTable& table() const { return *static_cast<FieldTable*>(body_.pointer()); }

  [[nodiscard]] Timed& timed() const { return *static_cast<Timed*>(body_.pointer()); }

  [[nodiscard]] std::size_t stride() const { return body_.tag() == timed_tag ? 3 : 2; }

  /// Calls work(Packed&), the elements of a hash that is no table.
  template <class Work>
  auto with_packed(Work&& work) {
    if (body_.tag() == timed_tag) return work(timed().packed);
    auto loan = body_.borrow<Packed>();
    return work(*loan);
  }

  [[nodiscard]] const char* packed_begin() const;
  [[nodiscard]] const char* packed_end() const;
  [[nodiscard]] const char* packed_find(const MemberKey& field) const;
  [[nodiscard]] HashField packed_field(const char* at, FieldScratch& scratch) const;
  [[nodiscard]] HashField earliest(FieldScratch& scratch) const;
  bool set_packed(const MemberKey& field, std::string_view value, std::int64_t expire_at_ms);
  void find_earliest() noexcept;
  void to_timed();
  [[nodiscard]] std::unique_ptr<FieldTable> to_table() const;
  void become_table();
  void become(unsigned tag, void* body) noexcept;
  void free_body() noexcept;

  static constexpr unsigned pairs_tag = 0;
  static constexpr unsigned timed_tag = 1;
  static constexpr unsigned table_tag = 2;

  TaggedBody body_;  // a Packed of pairs, a Timed, or a FieldTable
};

}  // namespace respawn::keyspace
