// The members of a large set as they were at one moment.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/check.hpp"
#include "keyspace/types/dict_cut.hpp"
#include "keyspace/types/set.hpp"

namespace respawn::keyspace {

/// See ElementCut and DictCut.
class SetCut final : public DictCut<MemberTable::Traits> {
 public:
  /// Of a set whose encoding is hashtable; O(1).
  SetCut(const Set& set, Garbage& garbage) : SetCut(checked(set), garbage) {}

  /// Calls visit(std::string_view) for members, in no order but that each comes once: about
  /// `elements` more, less where many have changed. The views end with the call, which must not
  /// change the set. False when there are no more, or it has failed.
  template <class Visitor>
  bool step(std::size_t elements, Visitor&& visit) {
    Scratch scratch;
    return step_through(elements, [&](const MemberTable::Member& member) {
      visit(MemberTable::text(member, scratch));
    });
  }

 private:
  SetCut(MemberTable& table, Garbage& garbage) : DictCut(table.dict_, table.cuts_, garbage) {}

  static MemberTable& checked(const Set& set) {
    RESPAWN_CHECK(set.encoding() == Encoding::hashtable);
    return set.table();
  }
};

}  // namespace respawn::keyspace
