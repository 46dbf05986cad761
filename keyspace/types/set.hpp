// A set of byte strings: integers in an array, a few texts packed, many of either in a hash table.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "base/random.hpp"
#include "base/result.hpp"
#include "keyspace/types/int_array.hpp"
#include "keyspace/types/member_table.hpp"
#include "keyspace/types/object.hpp"
#include "keyspace/types/packed.hpp"
#include "keyspace/types/tagged_body.hpp"

namespace respawn::keyspace {

class SetCut;

/// Configuration that sets read when they grow.
struct SetLimits {
  std::size_t max_intset_entries = 512;
  std::size_t max_listpack_entries = 128;
  std::size_t max_listpack_value_bytes = 64;
};

/// Owner: an Entry. Views live until the next change. Calls that throw std::bad_alloc leave the
/// set as it was. Which encoding it has, and when that changes, is what Redis 7.2 says; it never
/// changes back but by to_intset().
/// Complexity: hashtable O(1); listpack O(bytes); intset O(log n) to look up, O(n) to change.
class Set final : public Object {
 public:
  static constexpr Type object_type = Type::set;

  /// An empty set: intset, listpack or hashtable.
  explicit Set(Encoding encoding = Encoding::intset);

  /// The empty set that suits this first member, when about `expected` are to be added.
  static std::unique_ptr<Set> make_for(std::string_view first, std::size_t expected,
                                       const SetLimits& limits);

  ~Set() override;

  [[nodiscard]] Type type() const override { return object_type; }

  [[nodiscard]] Encoding encoding() const override;
  [[nodiscard]] std::size_t size() const override;
  [[nodiscard]] std::size_t memory_bytes() const override;
  std::size_t free_slice(std::size_t budget) noexcept override;
  bool keep_for_cuts(std::unique_ptr<Disposable>& self, std::size_t objects) noexcept override;

  [[nodiscard]] bool empty() const { return size() == 0; }

  /// About `expected` members are to be added: a set whose limits cannot hold so many becomes a
  /// hashtable at once.
  void expect(std::size_t expected, const SetLimits& limits);

  /// Whether it is new.
  bool add(const MemberKey& member, const SetLimits& limits);

  bool add(std::string_view member, const SetLimits& limits) {
    return add(MemberKey(member), limits);
  }

  /// Whether it was there.
  bool erase(const MemberKey& member) noexcept;

  bool erase(std::string_view member) noexcept { return erase(MemberKey(member)); }

  [[nodiscard]] bool contains(const MemberKey& member) const;

  [[nodiscard]] bool contains(std::string_view member) const { return contains(MemberKey(member)); }

  /// Each member with the same probability. Requires !empty(). The view is of the set or of
  /// `scratch`.
  [[nodiscard]] std::string_view random(Random& random, Scratch& scratch) const;

  /// Calls visit(std::string_view) for each member; the view ends with the call.
  template <class Visitor>
  void for_each(Visitor&& visit) const {
    if (body_.tag() == table_tag) return table().for_each(visit);
    Scratch scratch;
    if (body_.tag() == packed_tag) {
      const auto packed = body_.view<Packed>();
      for (const char* at = packed->begin(); at != packed->end(); at = Packed::next(at))
        visit(Packed::text(at, scratch));
      return;
    }
    const auto integers = body_.view<IntArray>();
    for (std::size_t i = 0; i < integers->size(); ++i) visit(written(integers->at(i), scratch));
  }

  /// SSCAN: visits about `count` members from `cursor` on, all of a set that is no hashtable;
  /// returns the next cursor, 0 at the end. What is a member during the whole scan is visited.
  template <class Visitor>
  std::uint64_t scan(std::uint64_t cursor, std::size_t count, Visitor&& visit) const {
    if (body_.tag() == table_tag) return table().scan(cursor, count, visit);
    for_each(visit);
    return 0;
  }

  /// Becomes an intset if every member is an integer and the limit admits so many.
  void to_intset(const SetLimits& limits);

  /// The same members in the same encoding.
  [[nodiscard]] std::unique_ptr<Set> clone() const;

  /// Bytes per integer of an intset.
  [[nodiscard]] std::size_t integer_width() const;

  /// Walks everything; an error names what does not hold.
  [[nodiscard]] Status check_invariants() const override;

 private:
  friend class SetCut;

  [[nodiscard]] MemberTable& table() const { return *static_cast<MemberTable*>(body_.pointer()); }

  static std::string_view written(std::int64_t integer, Scratch& scratch) {
    const char* end = write_int(scratch.data(), integer);
    return {scratch.data(), static_cast<std::size_t>(end - scratch.data())};
  }

  bool add_integer(std::int64_t integer, const SetLimits& limits);
  bool add_packed(const MemberKey& member, const SetLimits& limits);
  [[nodiscard]] bool packs(const MemberKey& next, const SetLimits& limits) const;
  [[nodiscard]] std::unique_ptr<MemberTable> to_table() const;
  void become(unsigned tag, void* body) noexcept;
  void free_body() noexcept;

  static constexpr unsigned integers_tag = 0;
  static constexpr unsigned packed_tag = 1;
  static constexpr unsigned table_tag = 2;

  TaggedBody body_;  // an IntArray, a Packed, or a MemberTable
};

}  // namespace respawn::keyspace
