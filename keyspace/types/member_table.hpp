// The members of a large set, in a hash table.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "keyspace/dict.hpp"
#include "keyspace/types/element_cut.hpp"
#include "keyspace/types/list_block.hpp"
#include "keyspace/types/object.hpp"

namespace respawn::keyspace {

class SetCut;

/// A member that is looked for in several places: what each of them may need of it, computed once.
/// Borrowed bytes.
class MemberKey {
 public:
  explicit MemberKey(std::string_view text) : form_(text) {}

  [[nodiscard]] std::string_view text() const { return form_.text; }

  [[nodiscard]] const ElementForm& form() const { return form_; }

  [[nodiscard]] const std::optional<std::int64_t>& integer() const { return form_.integer; }

  [[nodiscard]] std::uint64_t hash() const {
    if (!hash_) hash_ = hash_bytes(form_.text);
    return *hash_;
  }

 private:
  ElementForm form_;
  mutable std::optional<std::uint64_t> hash_;
};

/// Owner: a Set. An integer of up to 47 bits is nothing but the pointer in the dict, marked by its
/// lowest bit; another member is one allocation: its length and its bytes. One of 16, 32 or 48
/// bytes, which would not fit where they do for the sake of its length, has the length in the next
/// two bits of the pointer instead.
/// Errors: add throws std::bad_alloc and leaves it as it was.
class MemberTable {
 public:
  MemberTable() = default;
  MemberTable(const MemberTable&) = delete;
  MemberTable& operator=(const MemberTable&) = delete;
  ~MemberTable();

  [[nodiscard]] std::size_t size() const { return dict_.size(); }

  [[nodiscard]] bool contains(const MemberKey& key) const {
    return dict_.find(key.text(), key.hash()) != nullptr;
  }

  /// Requires that it is not there.
  void add(const MemberKey& key);

  /// Whether it was there.
  bool erase(const MemberKey& key) noexcept;

  /// Requires size() > 0. Each with the same probability.
  [[nodiscard]] std::string_view random(Random& random, Scratch& scratch) const;

  template <class Visitor>
  std::uint64_t scan(std::uint64_t cursor, std::size_t count, Visitor&& visit) const {
    Scratch scratch;
    return dict_.scan(cursor, count, [&](Member& member) { visit(text(member, scratch)); });
  }

  template <class Visitor>
  void for_each(Visitor&& visit) const {
    Scratch scratch;
    dict_.for_each([&](Member& member) { visit(text(member, scratch)); });
  }

  /// See Object::free_slice.
  std::size_t free_slice(std::size_t budget) noexcept;

  [[nodiscard]] std::size_t memory_bytes() const;

  [[nodiscard]] Status check_invariants() const;

  [[nodiscard]] CutList& cuts() { return cuts_; }

 private:
  friend class SetCut;

  /// Never made: stands for the allocation, or for the pointer that is an integer itself and never
  /// followed.
  struct Member {
    char first;
  };

  /// Made where it is used, so that `view` may point into it.
  class Text {
   public:
    explicit Text(const Member& member) : view_(text(member, scratch_)) {}

    Text(const Text&) = delete;
    Text& operator=(const Text&) = delete;

    operator std::string_view() const { return view_; }

    friend bool operator==(const Text& a, std::string_view b) { return a.view_ == b; }

   private:
    Scratch scratch_;
    std::string_view view_;
  };

  struct Traits {
    using Element = Member;

    static Text key(const Member& member) { return Text(member); }

    static std::size_t allocated(const Member& member) { return bytes_of(member); }

    static Member* copy(const Member& member) { return make(MemberKey(Text(member))); }

    static Member* make_absent(std::string_view key) { return make(MemberKey(key)); }

    static void destroy(Member* member) noexcept { MemberTable::destroy(member); }

    static void touch(const Member& member);
  };

  static std::string_view text(const Member& member, Scratch& scratch);
  static bool fits_pointer(const std::optional<std::int64_t>& integer);
  static Member* make(const MemberKey& key);
  static std::size_t bytes_of(const Member& member);
  static void destroy(Member* member) noexcept;
  void tell_added(const MemberKey& key) noexcept;
  void retire(Member* member, std::uint64_t hash) noexcept;

  Dict<Traits> dict_;
  std::size_t bytes_ = 0;  // of the members' allocations
  CutList cuts_;
};

}  // namespace respawn::keyspace
