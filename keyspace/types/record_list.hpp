// Small records of one kind in the order of their keys, packed: what pending lists of streams are
// made of.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <optional>
#include <utility>

#include "base/allocation.hpp"
#include "base/result.hpp"
#include "keyspace/types/block_directory.hpp"
#include "keyspace/types/copied_bytes.hpp"

namespace respawn::keyspace {

/// A number as `Width` bytes behind one another.
template <class Width>
struct PackedNumber {
  static char* put(char* at, std::uint64_t value) {
    const auto narrow = static_cast<Width>(value);
    std::memcpy(at, &narrow, sizeof narrow);
    return at + sizeof narrow;
  }

  static std::uint64_t take(const char*& at) {
    Width narrow;
    std::memcpy(&narrow, at, sizeof narrow);
    at += sizeof narrow;
    return narrow;
  }
};

/// A block of records, each of the same width: narrow ones count from the block's base, and when
/// one does not fit all become wide. See RecordList for what a Form is.
template <class Form>
class RecordBlock {
 public:
  using Record = typename Form::Record;
  using Key = typename Form::Key;

  RecordBlock(const RecordBlock&) = delete;
  RecordBlock& operator=(const RecordBlock&) = delete;

  /// Throws std::bad_alloc.
  static RecordBlock* create(const typename Form::Base& base, bool wide, std::size_t records) {
    const std::size_t width = wide ? Form::wide_bytes : Form::narrow_bytes;
    const std::size_t bytes = allocated_bytes(sizeof(RecordBlock) + records * width);
    const std::size_t room = (bytes - sizeof(RecordBlock)) / width;
    return new (::operator new(bytes))
        RecordBlock(base, wide, std::min<std::size_t>(room, max_records), bytes);
  }

  /// The same in a block of its own. Throws std::bad_alloc.
  [[nodiscard]] RecordBlock* copy() const {
    RecordBlock* const same = create(base_, wide_, capacity_);
    std::memcpy(same->data(), data(), count_ * width());
    same->count_ = count_;
    CopiedBytes::add(same->memory_bytes());
    return same;
  }

  // Directories that hold it are counted: see BlockDirectory.

  [[nodiscard]] bool is_shared() const { return holders_ != 1; }

  void retain() noexcept { ++holders_; }

  static void release(RecordBlock* block) noexcept {
    if (--block->holders_ == 0) ::operator delete(block, block->bytes_);
  }

  [[nodiscard]] std::size_t count() const { return count_; }

  [[nodiscard]] std::size_t capacity() const { return capacity_; }

  [[nodiscard]] std::size_t memory_bytes() const { return bytes_; }

  [[nodiscard]] bool wide() const { return wide_; }

  [[nodiscard]] const typename Form::Base& base() const { return base_; }

  [[nodiscard]] bool fits(const Record& record) const { return wide_ || Form::fits(base_, record); }

  [[nodiscard, gnu::always_inline]] Record at(std::size_t index) const {
    const char* from = data() + index * width();
    return wide_ ? Form::take_wide(from) : Form::take_narrow(base_, from);
  }

  [[nodiscard, gnu::always_inline]] Key key(std::size_t index) const {
    return Form::key(at(index));
  }

  /// The first record whose key is not below `key`. Mostly that is the end.
  [[nodiscard, gnu::always_inline]] std::size_t find(const Key& key) const {
    return count_ == 0 || this->key(count_ - 1U) < key ? count_ : search(key);
  }

  /// Requires fits().
  void set(std::size_t index, const Record& record) noexcept {
    char* to = data() + index * width();
    if (wide_)
      Form::put_wide(to, record);
    else
      Form::put_narrow(base_, to, record);
  }

  /// Requires room and fits().
  void insert(std::size_t index, const Record& record) noexcept {
    char* const gap = data() + index * width();
    std::memmove(gap + width(), gap, (count_ - index) * width());
    ++count_;
    set(index, record);
  }

  void erase(std::size_t index) noexcept {
    char* const gap = data() + index * width();
    --count_;
    std::memmove(gap, gap + width(), (count_ - index) * width());
  }

  void truncate(std::size_t count) noexcept { count_ = static_cast<std::uint8_t>(count); }

  /// Its records from `from` on, to the end of another one that has the room and fits them.
  void copy_tail(std::size_t from, RecordBlock& to) const noexcept {
    for (std::size_t i = from; i < count_; ++i) to.insert(to.count_, at(i));
  }

  /// As many as make a narrow block of about 2 KB.
  static constexpr std::size_t max_records = Form::max_records;

 private:
  static_assert(max_records < 128 && allocated_bytes(sizeof(typename Form::Base) + 8 +
                                                     max_records * Form::wide_bytes) < 1 << 16);

  RecordBlock(const typename Form::Base& base, bool wide, std::size_t capacity, std::size_t bytes)
      : base_(base),
        bytes_(static_cast<std::uint16_t>(bytes)),
        capacity_(capacity & 0x7f),
        wide_(wide) {}

  /// find() where the last one is not below `key`.
  [[nodiscard, gnu::noinline]] std::size_t search(const Key& key) const {
    return wide_ ? search_in<Form::wide_bytes>(key) : search_in<Form::narrow_bytes>(key);
  }

  template <std::size_t width>
  [[nodiscard]] std::size_t search_in(const Key& key) const {
    std::size_t low = 0;
    std::size_t high = count_ - 1U;
    while (low < high) {
      const std::size_t middle = (low + high) / 2;
      const char* const from = data() + middle * width;
      const Key found = Form::key(width == Form::wide_bytes ? Form::take_wide(from)
                                                            : Form::take_narrow(base_, from));
      if (found < key)
        low = middle + 1;
      else
        high = middle;
    }
    return low;
  }

  [[nodiscard]] std::size_t width() const { return wide_ ? Form::wide_bytes : Form::narrow_bytes; }

  [[nodiscard]] const char* data() const { return reinterpret_cast<const char*>(this + 1); }

  [[nodiscard]] char* data() { return reinterpret_cast<char*>(this + 1); }

  typename Form::Base base_;
  std::uint32_t holders_ = 1;
  std::uint16_t bytes_;  // of the allocation
  std::uint8_t count_ = 0;
  std::uint8_t capacity_ : 7;
  bool wide_ : 1;
};

/// Owner: a consumer group. A Form says what a Record is and its Key (ordered, unique), how it is
/// packed narrow (fits(base, record), put_narrow, take_narrow, counting from a Base that make_base
/// chooses) and wide, and how many make a block (max_records, below 128).
/// Complexity: everything O(log n) and a move of at most a block; at the end O(1) amortized.
/// share() makes a list that holds the same blocks; one that others hold, too, is copied before it
/// changes.
/// Errors: what is not noexcept throws std::bad_alloc and leaves the list as it was.
/// Invariants: no empty block.
template <class Form>
class RecordList {
 public:
  using Record = typename Form::Record;
  using Key = typename Form::Key;

  RecordList() noexcept = default;

  RecordList(RecordList&& other) noexcept
      : directory_(std::move(other.directory_)), size_(std::exchange(other.size_, 0)) {}

  RecordList& operator=(RecordList&& other) noexcept {
    directory_ = std::move(other.directory_);
    std::swap(size_, other.size_);
    return *this;
  }

  /// Another one with the same blocks. O(blocks / 127).
  [[nodiscard]] RecordList share() const {
    RecordList same;
    same.directory_ = directory_.share();
    same.size_ = size_;
    return same;
  }

  [[nodiscard]] std::size_t size() const { return size_; }

  [[nodiscard]] bool empty() const { return size_ == 0; }

  /// Beyond the list itself.
  [[nodiscard]] std::size_t memory_bytes() const {
    return directory_.memory_bytes() + directory_.block_bytes();
  }

  /// The part of it that nobody else holds.
  [[nodiscard]] std::size_t unshared_bytes() const { return directory_.unshared_bytes(); }

  [[nodiscard]] std::optional<Record> find(const Key& key) const {
    const auto place = directory_.find(key);
    if (place == directory_.end()) return std::nullopt;
    const Block& block = *directory_.at(place);
    const std::size_t index = block.find(key);
    if (index == block.count() || key < block.key(index)) return std::nullopt;
    return block.at(index);
  }

  /// The first whose key is not below `key`.
  [[nodiscard]] std::optional<Record> first_from(const Key& key) const {
    std::optional<Record> found;
    for_each_from(key, [&](const Record& record) {
      found = record;
      return false;
    });
    return found;
  }

  /// Requires !empty().
  [[nodiscard]] Record first() const { return directory_.at(directory_.begin())->at(0); }

  [[nodiscard]] Record last() const {
    const Block& block = *directory_.at(directory_.last());
    return block.at(block.count() - 1);
  }

  /// Calls visit(const Record&) in order, from the first whose key is not below `key` on, until it
  /// returns false.
  template <class Visitor>
  void for_each_from(const Key& key, Visitor&& visit) const {
    auto place = directory_.find(key);
    if (place == directory_.end()) return;
    std::size_t index = directory_.at(place)->find(key);
    for (; place != directory_.end(); place = directory_.next(place), index = 0) {
      const Block& block = *directory_.at(place);
      for (; index < block.count(); ++index)
        if (!visit(block.at(index))) return;
    }
  }

  /// Requires that its key is not there. It can be erased without memory from now on.
  void insert(const Record& record) {
    const Key key = Form::key(record);
    const auto place = directory_.find(key);
    if (place == directory_.end()) {
      add_block(directory_.end(), record);
    } else {
      const Block& block = *directory_.at(place);
      const std::size_t index = block.find(key);
      if (block.count() == Block::max_records) {
        insert_full(place, index, record);
      } else {
        make_room(place, record)->insert(index, record);
        directory_.count(place, 1);
        if (index == 0) directory_.set_first(place, key);
      }
    }
    ++size_;
  }

  /// Gives the record of this key, which is there, other contents. Behind it the old ones can be
  /// set without memory.
  void set(const Record& record) {
    const Key key = Form::key(record);
    const auto place = directory_.find(key);
    Block* const block = directory_.at(place)->fits(record) ? directory_.own(place) : widen(place);
    block->set(block->find(key), record);
  }

  /// A record that is to be erased, until the list changes in another way.
  class Condemned {
   public:
    [[nodiscard]] const Record& record() const { return record_; }

   private:
    friend class RecordList;

    typename BlockDirectory<Key, RecordBlock<Form>>::Place place_;
    std::size_t index_ = 0;
    Record record_{};
  };

  /// Nobody else holds what has to change when the record of this key, which is there, is erased.
  void own(const Key& key) { own_place(directory_.find(key)); }

  /// The same, and where it is; none if it is not there.
  std::optional<Condemned> condemn(const Key& key) {
    const auto place = directory_.find(key);
    if (place == directory_.end()) return std::nullopt;
    const Block& block = *directory_.at(place);
    const std::size_t index = block.find(key);
    if (index == block.count()) return std::nullopt;
    Condemned condemned;
    condemned.record_ = block.at(index);
    if (key < Form::key(condemned.record_)) return std::nullopt;
    condemned.place_ = place;
    condemned.index_ = index;
    own_place(place);
    return condemned;
  }

  void erase(const Condemned& condemned) noexcept {
    const auto place = condemned.place_;
    if (directory_.at(place)->count() == 1) {
      directory_.erase(place, 1);
    } else {
      Block* const block = directory_.owned(place);
      block->erase(condemned.index_);
      directory_.count(place, -1);
      if (condemned.index_ == 0) directory_.set_first(place, block->key(0));
      if (block->count() <= block->capacity() / 4) tidy(place);
    }
    --size_;
  }

  /// Requires that it is there.
  void erase(const Key& key) { erase(*condemn(key)); }

  /// Lets go of a block, or of a whole chunk of them that others hold, and says how many records
  /// were in it; 0 when empty.
  std::size_t drop_last_block() noexcept {
    const std::size_t records = directory_.drop_last();
    size_ -= records;
    return records;
  }

  [[nodiscard]] Status check_invariants() const {
    if (!directory_.holds()) return failure("records: the directory is wrong");
    std::size_t records = 0;
    for (auto place = directory_.begin(); place != directory_.end();
         place = directory_.next(place)) {
      const Block& block = *directory_.at(place);
      if (block.count() == 0 || block.count() > block.capacity())
        return failure("records: a block has no or too many records");
      if (!(block.key(0) == directory_.first_key(place)))
        return failure("records: a block's first key is another");
      for (std::size_t i = 1; i < block.count(); ++i)
        if (!(block.key(i - 1) < block.key(i))) return failure("records: out of order");
      const auto behind = directory_.next(place);
      if (behind != directory_.end() &&
          !(block.key(block.count() - 1) < directory_.first_key(behind)))
        return failure("records: blocks overlap");
      records += block.count();
    }
    if (records != size_) return failure("records: the size is wrong");
    return success();
  }

 private:
  using Block = RecordBlock<Form>;
  using Directory = BlockDirectory<Key, Block>;
  using Place = typename Directory::Place;

  static constexpr std::size_t first_records = 2;

  /// So that a record can be taken out of the block there.
  void own_place(Place place) {
    if (directory_.at(place)->count() == 1)
      directory_.own_chunk(place);
    else
      directory_.own(place);
  }

  /// A block of one record before `place`.
  void add_block(Place place, const Record& record, std::size_t room = first_records) {
    const auto base = Form::make_base(record);
    Block* block = Block::create(base, !Form::fits(base, record), room);
    block->insert(0, record);
    add_block(place, block);
  }

  Place add_block(Place place, Block* block) {
    try {
      return directory_.insert(place, block->key(0), block);
    } catch (...) {
      Block::release(block);
      throw;
    }
  }

  /// The block's contents in another one.
  [[gnu::noinline]] Block* rebuild(Place place, bool wide, std::size_t records) {
    directory_.own_chunk(place);
    const Block& old = *directory_.at(place);
    Block* block = Block::create(old.base(), wide, records);
    old.copy_tail(0, *block);
    return directory_.replace(place, block);
  }

  Block* widen(Place place) { return rebuild(place, true, directory_.at(place)->capacity()); }

  /// The block there, with room for the record; nobody else holds it.
  Block* make_room(Place place, const Record& record) {
    const Block& block = *directory_.at(place);
    const bool full = block.count() == block.capacity();
    if (!full && block.fits(record)) return directory_.own(place);
    return rebuild(place, block.wide() || !block.fits(record),
                   full ? std::min(block.capacity() * 2, Block::max_records) : block.capacity());
  }

  /// What grows at the end leaves full blocks behind; else the block is cut in two.
  [[gnu::noinline]] void insert_full(Place place, std::size_t index, const Record& record) {
    if (index == Block::max_records && place == directory_.last())
      return add_block(directory_.end(), record, Block::max_records);
    constexpr std::size_t half = Block::max_records / 2;
    const bool wide = directory_.at(place)->wide() || !directory_.at(place)->fits(record);
    Block* const left =
        wide && !directory_.at(place)->wide() ? widen(place) : directory_.own(place);
    Block* const right = Block::create(left->base(), wide, Block::max_records);
    left->copy_tail(half, *right);
    const std::size_t moved = right->count();
    const Place behind = add_block(directory_.next(place), right);
    place = directory_.previous(behind);
    left->truncate(half);
    directory_.count(place, -static_cast<std::ptrdiff_t>(moved));
    const bool to_right = index >= half;
    (to_right ? right : left)->insert(to_right ? index - half : index, record);
    directory_.count(to_right ? behind : place, 1);
    if (index == 0) directory_.set_first(place, Form::key(record));
    if (index == half) directory_.set_first(behind, Form::key(record));
  }

  /// A block that has become small goes to the one behind or before it, or shrinks.
  [[gnu::noinline]] void tidy(Place place) noexcept {
    try {
      const Place behind = directory_.next(place);
      if (behind != directory_.end() && join(place, behind)) return;
      const Place before = directory_.previous(place);
      if (before != directory_.end() && join(before, place)) return;
      const Block& block = *directory_.at(place);
      if (block.capacity() > 8) rebuild(place, block.wide(), block.count() * 2);
    } catch (const std::bad_alloc&) {
      // It stays as it is.
    }
  }

  bool join(Place left_place, Place right_place) {
    const Block& right = *directory_.at(right_place);
    const Block& old = *directory_.at(left_place);
    const std::size_t records = old.count() + right.count();
    if (records > Block::max_records * 3 / 4) return false;
    for (std::size_t i = 0; i < right.count(); ++i)
      if (!old.fits(right.at(i))) return false;
    directory_.own_chunk(right_place);
    Block* const left = records > old.capacity() ? rebuild(left_place, old.wide(), records)
                                                 : directory_.own(left_place);
    right.copy_tail(0, *left);
    const std::size_t moved = right.count();
    directory_.count(left_place, static_cast<std::ptrdiff_t>(moved));
    directory_.erase(right_place, moved);
    return true;
  }

  Directory directory_;
  std::size_t size_ = 0;
};

}  // namespace respawn::keyspace
