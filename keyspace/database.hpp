// One numbered database: keys, values and expiries.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "base/random.hpp"
#include "base/result.hpp"
#include "keyspace/dict.hpp"
#include "keyspace/entry.hpp"
#include "keyspace/expiry_index.hpp"
#include "keyspace/garbage.hpp"
#include "keyspace/siphash.hpp"
#include "keyspace/string_cuts.hpp"
#include "keyspace/types/list.hpp"

namespace respawn::keyspace {

class StreamProducers;
class WaiterTable;
struct ProducerLimits;

/// A key with its hash, computed once per command. Borrowed bytes. Converts from text, so handlers
/// may pass their argument as it is; who calls twice for one key makes a Key first.
struct Key {
  template <std::convertible_to<std::string_view> Text>
  Key(const Text& text) : bytes(text), hash(hash_bytes(bytes)) {}

  Key(std::string_view text, std::uint64_t hashed) : bytes(text), hash(hashed) {}

  std::string_view bytes;
  std::uint64_t hash;
};

struct EntryTraits {
  using Element = Entry;

  static std::string_view key(const Entry& entry) { return entry.key(); }
};

using KeyDict = Dict<EntryTraits>;

/// All that a database holds; what SWAPDB exchanges, and what a database that is cleared gives
/// away: whoever walks over the keys of a moment (a snapshot) holds on to these, not to a number.
/// Owner: a Database; once it was cleared Garbage, or the observer that keeps it. Owns the entries.
class Contents final : public Disposable {
 public:
  explicit Contents(Garbage& to) : garbage_(&to) {}

  ~Contents() override;

  // Disposable
  [[nodiscard]] std::size_t size() const override;
  std::size_t free_slice(std::size_t budget) noexcept override;

  [[nodiscard]] std::size_t key_count() const { return dict_.size(); }

  [[nodiscard]] std::size_t expiring_count() const { return expiries_.size(); }

  /// Hashes of which fields may expire.
  [[nodiscard]] std::size_t expiring_hash_count() const { return field_expiries_.size(); }

  /// Streams that remember producers.
  [[nodiscard]] std::size_t producer_stream_count() const { return producer_streams_; }

  [[nodiscard]] std::size_t bucket_count() const { return dict_.bucket_count(); }

  /// Of what finds the entries, without these.
  [[nodiscard]] std::size_t table_bytes() const;

  /// Place of a key in a walk: below position_end.
  static std::uint64_t position(std::uint64_t hash) { return KeyDict::position(hash); }

  static constexpr std::uint64_t position_end = BucketTable::position_end;
  static constexpr unsigned position_bits = BucketTable::position_bits;

  /// Visits the entries whose positions are from `from` up to the one that is returned, those of
  /// one bucket at most.
  template <class Visitor>
  std::uint64_t walk_step(std::uint64_t from, Visitor&& visit) const {
    return dict_.walk_step(from, [&](const Entry& entry) { visit(entry); });
  }

 private:
  friend class Database;

  KeyDict dict_;
  ExpiryIndex expiries_;
  ExpiryIndex field_expiries_;  // of hashes, not entries: they stay where they are
  std::size_t producer_streams_ = 0;
  Garbage* garbage_;
};

/// Owner: Databases; only the keyspace actor touches it. Knows no clock: whether a key has expired
/// is the caller's question (entry->expired(now_ms)). Everybody may read; only the gate (Change,
/// and Databases for whole databases) changes it.
///
/// Errors: std::bad_alloc, and then the database is as it was. erase and const calls never throw.
class Database {
 public:
  Database(Garbage& garbage, StringCuts& string_cuts);
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database();

  /// Null when absent. O(1): one line of the dict and one of the entry.
  [[nodiscard]] const Entry* find(const Key& key) const {
    return contents_->dict_.find(key.bytes, key.hash);
  }

  /// For a batch: first prefetch(hash) for all its keys, then prefetch_entry(hash) for all, then
  /// find. Hints only.
  void prefetch(std::uint64_t hash) const { contents_->dict_.prefetch(hash); }

  void prefetch_entry(std::uint64_t hash) const { contents_->dict_.prefetch_element(hash); }

  /// The earliest expiry; `never` when no key has one. O(log n).
  [[nodiscard]] std::int64_t earliest_expiry_ms() const;

  /// The key with the earliest expiry; null when no key has one. O(log n).
  [[nodiscard]] const Entry* first_to_expire() const { return contents_->expiries_.first(); }

  /// Each key with an expiry with about the same probability; null when there is none. Expected
  /// O(log n).
  [[nodiscard]] const Entry* random_expiring(Random& random) const {
    return contents_->expiries_.random(random);
  }

  /// A key that has expired, the earliest first; null when none has. The caller erases it.
  [[nodiscard]] const Entry* next_expired(std::int64_t now_ms) const;

  /// The earliest time at which a hash is to be looked at for expired fields (it may have none by
  /// then); `never` when there is none. O(log n).
  [[nodiscard]] std::int64_t earliest_field_expiry_ms() const;

  /// A hash that is to be looked at; null when none is. The caller removes its expired fields and
  /// then calls Change::fields_expire(), or erases it.
  [[nodiscard]] const Entry* next_expired_fields(std::int64_t now_ms) const;

  [[nodiscard]] std::size_t size() const { return contents_->dict_.size(); }

  [[nodiscard]] bool empty() const { return size() == 0; }

  [[nodiscard]] std::size_t expiring_count() const { return contents_->expiries_.size(); }

  /// Mean remaining life of the keys with an expiry (INFO's avg_ttl); 0 without any. O(1), exact.
  [[nodiscard]] std::int64_t mean_ttl_ms(std::int64_t now_ms) const;

  /// Calls visit(const Entry&) for every key. The visitor must not change this database.
  template <class Visitor>
  void for_each(Visitor&& visit) const {
    contents_->dict_.for_each([&](const Entry& entry) { visit(entry); });
  }

  /// SCAN: visits about `count` keys (whole buckets) from `cursor` on and returns the next cursor,
  /// 0 at the end. Start with 0. Any number is a valid cursor. A key that is there during the
  /// whole of a scan is visited, exactly once. The visitor must not change this database.
  template <class Visitor>
  std::uint64_t scan(std::uint64_t cursor, std::size_t count, Visitor&& visit) const {
    return contents_->dict_.scan(cursor, count, [&](const Entry& entry) { visit(entry); });
  }

  /// Visits the few keys of a bucket drawn at random, maybe none: each key with about the same
  /// probability. The visitor must not change this database.
  template <class Visitor>
  void sample(Random& random, Visitor&& visit) const {
    contents_->dict_.sample(random, [&](const Entry& entry) { visit(entry); });
  }

  /// Each key with the same probability; null when empty. Expected O(1).
  [[nodiscard]] const Entry* random(Random& random) const {
    return contents_->dict_.random(random);
  }

  /// Bytes one key takes in all: entry, value, its share of the dict and of the expiry index.
  [[nodiscard]] std::size_t memory_bytes(const Entry& entry) const;

  /// Bytes of the dict and the expiry index without entries (MEMORY STATS' overhead).
  [[nodiscard]] std::size_t overhead_bytes() const;

  /// What of it is the index of expiries.
  [[nodiscard]] std::size_t expiry_overhead_bytes() const;

  [[nodiscard]] std::size_t bucket_count() const { return contents_->dict_.bucket_count(); }

  /// Its identity until it is cleared; SWAPDB gives it to another database.
  [[nodiscard]] const Contents& contents() const { return *contents_; }

  /// Walks everything; an error names what does not hold. O(size).
  [[nodiscard]] Status check_invariants() const;

 private:
  friend class Change;
  friend class Databases;

  // Writing, for the gate: what find(key) says is passed as `existing` (null: absent, which is
  // checked). The returned pointer replaces any pointer to this key's entry. See Change.

  Entry* set_string(const Key& key, Entry* existing, std::string_view value,
                    std::int64_t expire_at_ms);
  Entry* set_text(const Key& key, Entry* existing, std::string_view value,
                  std::int64_t expire_at_ms);
  /// The block is taken only when it returns.
  Entry* set_block(const Key& key, Entry* existing, BlockPtr& block, std::int64_t expire_at_ms);
  Entry* set_integer(const Key& key, Entry* existing, std::int64_t value,
                     std::int64_t expire_at_ms);
  Entry* set_raw(const Key& key, Entry* existing, std::size_t bytes,
                 const std::function<void(char*)>& fill, std::int64_t expire_at_ms);
  /// The object is destroyed on failure.
  Entry* set_object(const Key& key, Entry* existing, std::unique_ptr<Object> object,
                    std::int64_t expire_at_ms);
  Entry* append(Entry* existing, std::string_view bytes);
  Entry* extend(Entry* existing, std::size_t bytes, ByteRange changes);
  /// The text of a string that set_raw(), extend() or append() returned, to be changed in place.
  [[nodiscard]] static char* writable(Entry* entry);
  Entry* move(Entry* entry, Database& to, const Key& key, Entry* replaced);
  void erase(const Key& key, Entry* entry);
  Entry* set_expiry(Entry* entry, std::int64_t at_ms);
  Entry* clear_expiry(Entry* entry);
  void fields_expire(Entry* entry);
  StreamProducers& make_producers(Entry* entry, const ProducerLimits& limits);

  /// Is empty from now on; what it held is given away. O(1).
  [[nodiscard]] std::unique_ptr<Contents> take_contents();

  /// Requires that it is empty. Takes over all that the other one holds. O(1).
  void adopt(Database& other);

  void swap(Database& other) noexcept { std::swap(contents_, other.contents_); }

  /// Value of the access clock that new entries get.
  void set_access_clock(std::uint32_t clock) { access_clock_ = clock; }

  /// Streams that leave their keys are marked in the table as those of this number.
  void tell_losses(WaiterTable* waiters, std::size_t index) {
    waiters_ = waiters;
    index_ = static_cast<int>(index);
  }

  Entry* put(const Key& key, Entry* existing, Entry* fresh);
  void enter(const Key& key, const Entry* existing, Entry* fresh);
  void leave(const Key& key, Entry* existing, Entry* fresh);
  void replace_shell(Entry* entry, Entry* fresh);
  Entry* resize(Entry* existing, std::size_t bytes, ByteRange changes);
  void move_expiry(Entry* entry, std::int64_t at_ms);
  void dispose(Entry* entry) noexcept;
  void lose(const Entry& entry) noexcept;
  void enter_fields(const Entry& fresh);
  void leave_fields(const Entry& entry) noexcept;

  std::unique_ptr<Contents> contents_;
  Garbage& garbage_;
  StringCuts& string_cuts_;
  std::uint32_t access_clock_ = 0;
  int index_ = 0;
  WaiterTable* waiters_ = nullptr;
};

}  // namespace respawn::keyspace
