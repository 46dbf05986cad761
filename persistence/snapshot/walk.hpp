// All keys as they were at one moment, while they change: without fork.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "base/slices.hpp"
#include "keyspace/change.hpp"
#include "keyspace/databases.hpp"
#include "keyspace/dict.hpp"
#include "persistence/snapshot/entry_cut.hpp"

namespace respawn::persistence {

/// Where the walk puts what it comes to; in no order but that each key comes once.
class EntrySink {
 public:
  virtual ~EntrySink() = default;

  /// The entry is as it was at the cut. It must be written, or copied, before this returns.
  virtual void entry(int db, const keyspace::Entry& entry) = 0;

  /// The same of one with a long value, in slices; between them nothing else comes. The cut stays
  /// until they are done.
  virtual Slices entry(EntryCut& cut) = 0;
};

/// Whether anything changes before a walk is through.
enum class WalkKind : std::uint8_t { beside_changes, at_rest };

/// The cut is made when the walk is: from then on it hears of every change before it happens
/// (keyspace::ChangeObserver), and what lies ahead of it is written before it changes. So all that
/// it writes is as it was at the cut: keys that expire, are evicted, moved or overwritten as well.
///
/// A walk goes through a database's contents in hash order (decisions/0003-dict.md): what lies
/// below the cursor is written, whatever the table does meanwhile. The positions are divided into
/// ranges, about as many as there were buckets; the first change ahead of the cursor in a range has
/// all of it written, and a bit says so. Nothing is written twice, and no work is done that the
/// walk would not have done: it comes earlier. A cursor belongs to contents, not to the number of a
/// database: SWAPDB does not disturb it, and what FLUSHDB drops is kept until it has been walked.
///
/// A long value is not written when the walk comes to it, or when it is about to change, but cut
/// (EntryCut), and written in slices when all others are: until then small keys could not be
/// written in its middle.
///
/// Owner: the store, so that a successor of the keyspace actor goes on with it. Is to be made
/// between units. Memory: one bit per range, some 300 bytes for each long value and what its cut
/// keeps. Complexity: O(1) per change, but for the first one in a range.
class SnapshotWalk final : public keyspace::ChangeObserver {
 public:
  SnapshotWalk(keyspace::Databases& data, EntrySink& sink,
               WalkKind kind = WalkKind::beside_changes);
  SnapshotWalk(const SnapshotWalk&) = delete;
  SnapshotWalk& operator=(const SnapshotWalk&) = delete;
  ~SnapshotWalk() override;

  /// What is in the cut.
  struct DatabaseCut {
    int db = 0;
    std::size_t keys = 0;
    std::size_t expiring = 0;
    bool fields_expire = false;        // those of some hash
    bool producers_are_known = false;  // to some stream
  };

  /// The databases that have keys.
  [[nodiscard]] const std::vector<DatabaseCut>& databases() const { return facts_; }

  /// Goes on for a few buckets, or until about `entries` are written, or for a slice of a long
  /// value. False when it is through.
  bool step(std::size_t entries);

  [[nodiscard]] bool done() const { return walked_all() && held_.empty(); }

  [[nodiscard]] std::size_t keys_total() const { return keys_total_; }

  [[nodiscard]] std::size_t keys_written() const { return keys_written_; }

  /// Whether the keyspace actor failed while something was being written, or there was no memory
  /// for what a cut had to keep: then what was written is not whole.
  [[nodiscard]] bool torn() const { return writing_ || failed_; }

  /// What would be free without the walk: what cuts keep, and values that are in no database any
  /// more; of those of a database that was cleared by an estimate. As of the last step or
  /// refresh().
  [[nodiscard]] std::uint64_t held_bytes() const { return held_bytes_; }

  /// The most that it ever was.
  [[nodiscard]] std::uint64_t held_bytes_peak() const { return held_bytes_peak_; }

  /// Counts again what was changed since. O(changed values).
  void refresh();

  /// What was ever written or cut at once because of a change, before it.
  [[nodiscard]] std::uint64_t longest_hook_ns() const { return longest_hook_ns_; }

  /// Long values that are still to be written, the next one first.
  [[nodiscard]] const std::deque<std::unique_ptr<EntryCut>>& held() const { return held_; }

  // keyspace::ChangeObserver
  void before_change(std::size_t database, const keyspace::Key& key,
                     const keyspace::Entry* entry) override;

  void before_clear(std::size_t) override {}

  void before_swap(std::size_t, std::size_t) override {}

  void cleared(std::unique_ptr<keyspace::Contents>& contents) override;

 private:
  struct Cut {
    int db = 0;
    const keyspace::Contents* contents = nullptr;
    std::unique_ptr<keyspace::Contents> kept;  // contents, when no database holds them any more
    std::size_t kept_bytes = 0;                // of that, by estimate, but for long values
    std::uint64_t cursor = 0;
    unsigned range_bits = 0;  // a range has so many bits of a position
    std::vector<bool> written_ahead;
  };

  struct ByIdentity {
    using Element = EntryCut;

    static std::string_view key(const EntryCut& cut) { return bytes_of(*cut.identity_place()); }
  };

  static std::string_view bytes_of(const void* const& identity) {
    return {reinterpret_cast<const char*>(&identity), sizeof identity};
  }

  [[nodiscard]] bool walked_all() const { return current_ == cuts_.size(); }

  static Cut make_cut(int db, const keyspace::Contents& contents);
  Cut* cut_of(const keyspace::Contents& contents);
  void let_go(Cut& cut);
  void write(const Cut& cut, const keyspace::Entry& entry);
  void write_ahead(std::size_t database, const keyspace::Key& key);
  void write_range(Cut& cut, std::uint64_t range);
  [[nodiscard]] static bool any_ahead(const Cut& cut, std::uint64_t from, std::uint64_t end);
  std::size_t step_in(Cut& cut);
  void hold(const Cut& from, const keyspace::Entry& entry);
  void note_change(const keyspace::Entry* entry);
  void note_copies();
  [[nodiscard]] bool is_gone(const EntryCut& cut) const;
  void note_change(EntryCut& cut);
  void write_held();
  void let_go();

  keyspace::Databases& data_;
  EntrySink& sink_;
  std::vector<DatabaseCut> facts_;
  std::vector<Cut> cuts_;
  std::vector<const keyspace::Entry*> seen_;  // in the bucket under the cursor
  std::size_t current_ = 0;                   // of cuts_; those before it are done
  std::size_t keys_total_ = 0;
  std::size_t keys_written_ = 0;
  WalkKind kind_;
  std::deque<std::unique_ptr<EntryCut>> held_;
  keyspace::Dict<ByIdentity> held_values_;
  std::vector<EntryCut*> changed_;  // of them, since they were counted
  EntryCut* changing_ = nullptr;    // whose value changed last, if it is one of them
  std::uint64_t copies_seen_ = 0;   // of keyspace::CopiedBytes
  std::uint64_t held_bytes_ = 0;
  std::uint64_t held_bytes_peak_ = 0;
  std::uint64_t longest_hook_ns_ = 0;
  unsigned steps_ = 0;
  Slices slices_;  // of the first one that is held, once it has begun
  bool writing_ = false;
  bool failed_ = false;
};

}  // namespace respawn::persistence
