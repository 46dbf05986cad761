// A stream: entries of fields and values in the order of their IDs, and the groups that read them;
// the value behind XADD, XREADGROUP and friends.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "keyspace/garbage.hpp"
#include "keyspace/types/block_directory.hpp"
#include "keyspace/types/object.hpp"
#include "keyspace/types/stream_block.hpp"
#include "keyspace/types/stream_group.hpp"
#include "keyspace/types/stream_part.hpp"
#include "keyspace/types/stream_producers.hpp"

namespace respawn::keyspace {

/// Configuration that streams read when they grow. 0: no limit.
struct StreamLimits {
  std::size_t node_max_bytes = 4096;
  std::size_t node_max_entries = 100;
};

/// What is to go from the front of a stream.
struct StreamTrim {
  /// All entries below it; none: those beyond max_length.
  std::optional<StreamId> min_id;
  std::size_t max_length = 0;
  bool whole_blocks = false;  // approximately: no block is cut
  std::size_t limit = 0;      // no block whose entries exceed so many in all; 0: no limit
};

/// Owner: an Entry. Views live until the next change. Calls that throw std::bad_alloc leave the
/// stream as it was.
/// share() makes a stream that holds the same blocks, groups and memory of producers, with counts:
/// whoever changes what others hold, too, copies it before. For entries and what is pending that is
/// a block and what the directory says of it and 126 others (3 KB), about 16 KB in all for a
/// command's change; for a group O(its consumers) once; for producers O(their iids) once.
/// Complexity: the end O(1), an ID O(log n + block); trimming O(blocks / 128 + block): what goes is
/// freed by Garbage.
/// Invariants: blocks are not empty; IDs ascend, none is above last_id.
class Stream final : public Object {
 public:
  static constexpr Type object_type = Type::stream;

  Stream() noexcept = default;
  ~Stream() override;

  [[nodiscard]] Type type() const override { return object_type; }

  [[nodiscard]] Encoding encoding() const override { return Encoding::stream; }

  /// All that has to be freed: entries, what is pending, and what is remembered of producers. A
  /// stream may be empty.
  [[nodiscard]] std::size_t size() const override;
  /// O(groups and their consumers).
  [[nodiscard]] std::size_t memory_bytes() const override;
  std::size_t free_slice(std::size_t budget) noexcept override;

  // Entries.

  /// How many there are.
  [[nodiscard]] std::size_t length() const { return length_; }

  /// 0-0 when there is none.
  [[nodiscard]] StreamId first_entry() const;

  [[nodiscard]] StreamId last_entry() const { return last_entry_; }

  StreamId last_id;         // the greatest that was ever given
  StreamId max_deleted_id;  // the greatest that was ever deleted by itself
  std::uint64_t entries_added = 0;

  /// Adds an entry: name, value, name, ... Requires an ID above last_id and at least one field.
  void append(const StreamId& id, StreamBlock::Fields fields, const StreamLimits& limits);

  /// The same, in a block of its own (what was a node by itself is to be one again).
  void append_block(const StreamId& base, const StreamId& id, StreamBlock::Fields names,
                    StreamBlock::Fields fields);

  /// For who builds it: the last block had so many more entries.
  void set_erased_in_last_block(std::size_t entries);

  [[nodiscard]] bool contains(const StreamId& id) const { return find(id).has_value(); }

  [[nodiscard]] std::optional<StreamEntry> find(const StreamId& id) const;

  /// Whether it was there. Does not touch max_deleted_id.
  bool erase(const StreamId& id, const StreamLimits& limits);

  /// Says how many went.
  std::size_t trim(const StreamTrim& trim, Garbage& garbage);

  /// How many trim() would take.
  [[nodiscard]] std::size_t count_trimmed(const StreamTrim& trim) const;

  /// Goes over entries in one direction. Ends with the next change.
  ///   for (auto walk = stream.walk(from, to); walk.valid(); walk.next()) use(walk.entry());
  class Walk;

  /// From the first one not below `from` to the last one not above `to`; or the other way round.
  [[nodiscard]] Walk walk(const StreamId& from, const StreamId& to, bool backward = false) const;

  [[nodiscard]] std::size_t block_count() const { return blocks_.size(); }

  /// Goes over them in order. Ends with the next change.
  ///   for (auto blocks = stream.blocks(); blocks.valid(); blocks.next()) use(blocks.block());
  class Blocks;

  [[nodiscard]] Blocks blocks() const;

  // Groups, in the order of their names.

  [[nodiscard]] std::size_t group_count() const { return groups_.size(); }

  [[nodiscard]] const StreamGroup* find_group(std::string_view name) const;

  /// For who changes it, or what is pending in it: nobody else holds it from now on.
  [[nodiscard]] StreamGroup* find_group(std::string_view name);

  /// Requires that there is none of this name.
  StreamGroup& add_group(std::string_view name);

  /// Requires that there is one. It is for Garbage; null if others hold it, too.
  std::unique_ptr<StreamGroup> take_group(std::string_view name) noexcept;

  template <class Visitor>
  void for_each_group(Visitor&& visit) const {
    for (const auto& group : groups_) visit(*group);
  }

  /// Whether a group has yet to read or to acknowledge the entry; also, as in Redis, when there is
  /// no group.
  [[nodiscard]] bool is_referenced(const StreamId& id) const;

  /// It is pending nowhere any more. Calls told(const StreamGroup&) where it was.
  template <class Told>
  void drop_references(const StreamId& id, Told&& told) {
    prepare_to_drop(id);
    for (auto& group : groups_)
      if (!group.is_shared() && own(group).remove(id)) told(*group);
  }

  // Producers, who add nothing twice.

  /// Null: none has ever named itself, nor has XCFGSET.
  [[nodiscard]] const StreamProducers* producers() const { return producers_.get(); }

  /// For who changes them: nobody else holds them from now on.
  [[nodiscard]] StreamProducers* producers() {
    return producers_ ? &producers_.own(&StreamProducers::clone) : nullptr;
  }

  /// In place of what is remembered, which is for Garbage (null if others hold it, too). In a
  /// database, where there are none yet: Change::producers().
  std::unique_ptr<StreamProducers> set_producers(std::unique_ptr<StreamProducers> producers) {
    return std::exchange(producers_, StreamPart(std::move(producers))).take();
  }

  // How far an ID is from the very first entry, as Redis counts it.

  /// Whether a deleted entry may lie behind `from`, as far as is known.
  [[nodiscard]] bool may_have_gaps_behind(const StreamId& from) const;

  /// How many entries were added up to `id`; StreamGroup::unknown when that cannot be told.
  [[nodiscard]] std::int64_t entries_up_to(const StreamId& id) const;

  /// Entries that the group has yet to read; none when that cannot be told.
  [[nodiscard]] std::optional<std::int64_t> lag(const StreamGroup& group) const;

  /// The group reads the entry `id`, which is beyond its last one.
  void advance(StreamGroup& group, const StreamId& id) const;

  /// With blocks, groups and a memory of its own.
  [[nodiscard]] std::unique_ptr<Stream> clone() const;

  /// The same stream without a copy of it: both share blocks, pending lists and groups from now on,
  /// and whoever changes one copies it first. For cuts and for COPY. O(blocks / 127 + groups).
  [[nodiscard]] std::unique_ptr<Stream> share() const;

  /// Bytes that this stream holds alone (what a cut costs once the original has changed).
  /// O(blocks / 127 + blocks of chunks it holds alone), groups likewise.
  [[nodiscard]] std::size_t unshared_bytes() const;

  [[nodiscard]] Status check_invariants() const override;

 private:
  using Directory = BlockDirectory<StreamId, StreamBlock>;
  using Place = Directory::Place;
  struct Detached;
  struct Cut;

  using Groups = std::vector<StreamPart<StreamGroup>>;

  static StreamGroup& own(StreamPart<StreamGroup>& group) { return group.own(&StreamGroup::share); }

  [[nodiscard]] Groups::const_iterator group_place(std::string_view name) const;
  void prepare_to_drop(const StreamId& id);
  void take_facts(const Stream& other) noexcept;
  bool add_to_last(const StreamId& id, StreamBlock::Fields fields, const StreamLimits& limits);
  void add_block(const StreamId& base, const StreamId& id, StreamBlock::Fields names,
                 StreamBlock::Fields fields);
  StreamBlock* resize(Place place, std::size_t more, std::size_t most);
  void tighten(Place place) noexcept;
  void tidy(Place place, const StreamLimits& limits) noexcept;
  void find_last_entry() noexcept;
  bool join(Place left, const StreamLimits& limits);
  [[nodiscard]] bool below(Place place, const StreamId& id) const;
  [[nodiscard]] Cut plan(const StreamTrim& trim) const;
  void take_front(const Cut& cut, Garbage& garbage);
  [[nodiscard]] std::size_t count_first(const StreamTrim& trim, std::size_t length,
                                        Place place) const;
  [[nodiscard]] std::size_t count_left(const StreamTrim& trim, const Cut& cut) const;
  void cut_first(std::size_t entries) noexcept;

  Directory blocks_;
  std::size_t length_ = 0;
  StreamId last_entry_;
  Groups groups_;
  StreamPart<StreamProducers> producers_;
};

class Stream::Walk {
 public:
  [[nodiscard]] bool valid() const { return valid_; }

  [[nodiscard]] const StreamEntry& entry() const { return entry_; }

  [[nodiscard]] const StreamId& id() const { return entry_.id; }

  void next() { backward_ ? step_back() : step(); }

 private:
  friend class Stream;

  void step();
  void step_back();
  void gather();

  const Directory* blocks_ = nullptr;
  Place place_;
  StreamBlock::Place at_;
  StreamId end_;
  StreamEntry entry_;
  std::vector<StreamEntry> before_;  // entries still to come in the block of a walk backwards
  bool backward_ = false;
  bool valid_ = false;
};

class Stream::Blocks {
 public:
  [[nodiscard]] bool valid() const { return place_ != blocks_->end(); }

  [[nodiscard]] const StreamBlock& block() const { return *blocks_->at(place_); }

  void next() { place_ = blocks_->next(place_); }

 private:
  friend class Stream;

  explicit Blocks(const Directory& blocks) : blocks_(&blocks), place_(blocks.begin()) {}

  const Directory* blocks_;
  Place place_;
};

inline Stream::Blocks Stream::blocks() const {
  return Blocks(blocks_);
}

}  // namespace respawn::keyspace
