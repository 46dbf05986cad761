#include "keyspace/types/scored_table.hpp"

#include <limits>

#include "keyspace/types/sorted_set_cut.hpp"

namespace respawn::keyspace {

ScoredTable::~ScoredTable() {
  free_slice(std::numeric_limits<std::size_t>::max());
}

std::size_t ScoredTable::free_slice(std::size_t budget) noexcept {
  cuts.fail_all();
  std::size_t freed = 0;
  while (freed < budget && tree.size() > 0) {
    std::size_t here = 0;
    tree.drain_leaf([&](ScoredMember*) { ++here; });
    freed += here;
    // Those of the leaf may be anywhere in the dict, but there are as many.
    for (; here > 0; --here) destroy(dict.drain());
  }
  return freed;
}

void ScoredTable::tell_added(ScoredMember& member, std::uint64_t hash) noexcept {
  cuts.for_each<SortedSetCut>([&](SortedSetCut& cut) { cut.added(member, hash); });
}

void ScoredTable::tell_rescored(ScoredMember& member, double score) noexcept {
  const std::uint64_t hash = hash_bytes(member.text());
  cuts.for_each<SortedSetCut>([&](SortedSetCut& cut) { cut.rescoring(member, score, hash); });
}

/// To the cuts that it is part of, or nowhere.
void ScoredTable::retire(ScoredMember* member, std::uint64_t hash) noexcept {
  SortedSetCut* heir = nullptr;
  cuts.for_each<SortedSetCut>([&](SortedSetCut& cut) {
    if (!cut.erased(*member, hash)) return;
    if (heir != nullptr) cut.keep_copy(*member, hash);
    if (heir == nullptr) heir = &cut;
  });
  if (heir == nullptr || !heir->keep(member, hash)) ScoredMember::destroy(member);
}

}  // namespace respawn::keyspace
