// The fields of a large hash as they were at one moment.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/check.hpp"
#include "keyspace/types/dict_cut.hpp"
#include "keyspace/types/hash.hpp"

namespace respawn::keyspace {

/// See ElementCut and DictCut.
class HashCut final : public DictCut<FieldTable::Traits> {
 public:
  /// Of a hash whose encoding is hashtable; O(1).
  HashCut(const Hash& hash, Garbage& garbage) : HashCut(checked(hash), garbage) {}

  /// `never` when no field had one.
  [[nodiscard]] std::int64_t earliest_expiry_ms() const { return earliest_expiry_ms_; }

  /// Calls visit(const HashField&) for fields, in no order but that each comes once, also for those
  /// whose time is over: about `elements` more, less where many have changed. The views end with
  /// the call, which must not change the hash. False when there are no more, or it has failed.
  template <class Visitor>
  bool step(std::size_t elements, Visitor&& visit) {
    return step_through(elements, [&](const FieldTable::Field& field) {
      visit(static_cast<const HashField&>(FieldTable::parts(field)));
    });
  }

 private:
  HashCut(FieldTable& table, Garbage& garbage)
      : DictCut(table.dict_, table.cuts_, garbage),
        earliest_expiry_ms_(table.earliest_expiry_ms()) {}

  static FieldTable& checked(const Hash& hash) {
    RESPAWN_CHECK(hash.encoding() == Encoding::hashtable);
    return hash.table();
  }

  std::int64_t earliest_expiry_ms_;
};

}  // namespace respawn::keyspace
