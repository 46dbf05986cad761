// The members of a large sorted set: in a hash table by their bytes, in a tree by their order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "keyspace/dict.hpp"
#include "keyspace/types/b_tree.hpp"
#include "keyspace/types/element_cut.hpp"
#include "keyspace/types/scored_member.hpp"

namespace respawn::keyspace {

struct ScoredMemberTraits {
  using Element = ScoredMember;

  static std::string_view key(const ScoredMember& member) { return member.text(); }
};

/// Owner: a SortedSet. A member is in both, or has left the tree and is about to be dropped.
/// Errors: add and rescore throw std::bad_alloc and leave it as it was.
struct ScoredTable {
  ScoredTable() = default;
  ScoredTable(const ScoredTable&) = delete;
  ScoredTable& operator=(const ScoredTable&) = delete;
  ~ScoredTable();

  [[nodiscard]] ScoredMember* find(std::string_view member, std::uint64_t hash) const {
    return dict.find(member, hash);
  }

  /// Requires that it is not there.
  void add(std::string_view text, double score, std::uint64_t hash) {
    ScoredMember* member = ScoredMember::create(text, score);
    try {
      dict.insert(member, hash);
      try {
        tree.insert(score, member);
      } catch (...) {
        dict.erase(member, hash);
        throw;
      }
    } catch (...) {
      ScoredMember::destroy(member);
      throw;
    }
    member_bytes += member->memory_bytes();
    if (!cuts.empty()) tell_added(*member, hash);
  }

  void rescore(ScoredMember& member, double score) {
    if (score == member.score) return;
    if (!cuts.empty()) tell_rescored(member, score);
    if (!tree.rescore(member.score, score, &member)) {
      tree.insert(score, &member);
      tree.erase(member.score, &member);
    }
    member.score = score;
  }

  /// It has left the tree.
  void drop(ScoredMember* member) noexcept {
    const std::uint64_t hash = hash_bytes(member->text());
    dict.erase(member, hash);
    if (cuts.empty()) return destroy(member);
    member_bytes -= member->memory_bytes();
    retire(member, hash);
  }

  void destroy(ScoredMember* member) noexcept {
    member_bytes -= member->memory_bytes();
    ScoredMember::destroy(member);
  }

  /// See Object::free_slice.
  std::size_t free_slice(std::size_t budget) noexcept;

  /// All but the allocation of this.
  [[nodiscard]] std::size_t memory_bytes() const {
    return dict.memory_bytes() + tree.memory_bytes() + member_bytes;
  }

  Dict<ScoredMemberTraits> dict;
  BTree tree;
  std::size_t member_bytes = 0;
  CutList cuts;

 private:
  void tell_added(ScoredMember& member, std::uint64_t hash) noexcept;
  void tell_rescored(ScoredMember& member, double score) noexcept;
  void retire(ScoredMember* member, std::uint64_t hash) noexcept;
};

}  // namespace respawn::keyspace
