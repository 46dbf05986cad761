// A set of byte strings, each with a score, in the order of score and bytes: the value behind ZADD,
// ZRANGE, GEOADD and friends.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/result.hpp"
#include "keyspace/types/b_tree.hpp"
#include "keyspace/types/object.hpp"
#include "keyspace/types/packed.hpp"

namespace respawn::keyspace {

class SortedSetCut;
struct ScoredTable;

/// Configuration that sorted sets read when they grow.
struct SortedSetLimits {
  std::size_t max_listpack_entries = 128;
  std::size_t max_listpack_value_bytes = 64;
};

struct ScoreRange {
  double min = 0;
  double max = 0;
  bool min_open = false;
  bool max_open = false;
};

/// An end of a range of members by their bytes.
struct LexBound {
  enum class Kind : std::uint8_t { lowest, closed, open, highest };

  Kind kind = Kind::lowest;
  std::string_view text;  // closed and open
};

struct LexRange {
  LexBound min;
  LexBound max;
};

/// Elements of successive ranks.
struct RankRange {
  std::size_t first = 0;
  std::size_t count = 0;
};

enum class Direction : std::uint8_t { forward, backward };

struct ScoredText {
  std::string_view member;
  double score = 0;
};

/// Owner: an Entry. Ranks are 0-based from the lowest and checked. Scores are not NaN. Views live
/// until the next change. Calls that throw std::bad_alloc leave the sorted set as it was.
/// Complexity: listpack O(bytes); skiplist O(log n), but O(1) for score(), about 45 bytes and the
/// member for each.
class SortedSet final : public Object {
 public:
  static constexpr Type object_type = Type::sorted_set;

  SortedSet() noexcept = default;
  ~SortedSet() override;

  [[nodiscard]] Type type() const override { return object_type; }

  /// listpack until there are too many members, or one is too long; then skiplist for ever, as in
  /// Redis (what is in memory is no skiplist).
  [[nodiscard]] Encoding encoding() const override {
    return large_ != nullptr ? Encoding::skiplist : Encoding::listpack;
  }

  [[nodiscard]] std::size_t size() const override;
  [[nodiscard]] std::size_t memory_bytes() const override;
  std::size_t free_slice(std::size_t budget) noexcept override;
  bool keep_for_cuts(std::unique_ptr<Disposable>& self, std::size_t objects) noexcept override;

  [[nodiscard]] bool empty() const { return size() == 0; }

  /// About `members` are to be added: becomes a skiplist at once if that is too many for a
  /// listpack.
  void expect(std::size_t members, const SortedSetLimits& limits);

  /// Adds the member, or gives it another score. True when it is new.
  bool set(std::string_view member, double score, const SortedSetLimits& limits);

  /// Whether it was there.
  bool erase(std::string_view member) noexcept;

  /// Removes elements that are there.
  void erase(RankRange range) noexcept;

  [[nodiscard]] std::optional<double> score(std::string_view member) const;

  struct Ranked {
    std::size_t rank = 0;
    double score = 0;
  };

  [[nodiscard]] std::optional<Ranked> rank(std::string_view member) const;

  [[nodiscard]] RankRange in_scores(const ScoreRange& range) const;

  /// What a walk over the range meets behind its first `skip` elements: forwards from the first
  /// member at or above the minimum, backwards from the last at or below the maximum, until one is
  /// outside. Where all scores are equal it is plainly the members of the range; else a listpack
  /// gives what Redis gives, a skiplist something.
  [[nodiscard]] RankRange in_lex(const LexRange& range, Direction direction = Direction::forward,
                                 std::size_t skip = 0) const;

  /// Requires rank < size().
  [[nodiscard]] ScoredText at(std::size_t rank, Scratch& scratch) const;

  /// Goes from one rank on in one direction. Ends with the next change.
  ///   for (auto walk = set.walk(rank); walk.valid(); walk.next()) use(walk.member());
  class Walk {
   public:
    [[nodiscard]] bool valid() const { return element_ != nullptr || place_.leaf != nullptr; }

    /// Valid until next().
    [[nodiscard]] std::string_view member();
    [[nodiscard]] double score() const;
    void next();

   private:
    friend class SortedSet;

    Direction direction_ = Direction::forward;
    BTree::Place place_;
    const char* element_ = nullptr;
    const char* end_ = nullptr;
    std::vector<const char*> before_;  // elements still to come on a walk backwards
    Scratch scratch_;
  };

  /// Not valid() at once when rank >= size().
  [[nodiscard]] Walk walk(std::size_t rank = 0, Direction direction = Direction::forward) const;

  /// ZSCAN: visits about `count` elements (ScoredText) from `cursor` on, all of a listpack; returns
  /// the next cursor, 0 at the end. What is a member during the whole scan is visited.
  template <class Visitor>
  std::uint64_t scan(std::uint64_t cursor, std::size_t count, Visitor&& visit) const {
    return scan_with(
        cursor, count,
        [](void* to, const ScoredText& element) {
          (*static_cast<std::remove_reference_t<Visitor>*>(to))(element);
        },
        &visit);
  }

  /// The same members in the same encoding.
  [[nodiscard]] std::unique_ptr<SortedSet> clone() const;

  /// Walks everything; an error names what does not hold.
  [[nodiscard]] Status check_invariants() const override;

 private:
  friend class SortedSetBuilder;
  friend class SortedSetCut;

  using Visit = void (*)(void* to, const ScoredText& element);

  std::uint64_t scan_with(std::uint64_t cursor, std::size_t count, Visit visit, void* to) const;
  void to_large();
  bool set_packed(std::string_view member, double score);
  void move_packed(std::size_t from, std::size_t to, std::string_view member, double score);
  [[nodiscard]] RankRange lex_in_packed(const LexRange& range, Direction direction,
                                        std::size_t skip) const;

  Packed packed_;                 // members and scores in turn, when there is no table and tree
  ScoredTable* large_ = nullptr;  // there is one exactly when the encoding is skiplist
};

}  // namespace respawn::keyspace
