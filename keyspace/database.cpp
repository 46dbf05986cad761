#include "keyspace/database.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

#include "base/allocation.hpp"
#include "base/numbers.hpp"
#include "keyspace/entry_builder.hpp"
#include "keyspace/same_bytes.hpp"
#include "keyspace/types/hash.hpp"
#include "keyspace/types/stream.hpp"
#include "keyspace/waiters.hpp"

namespace respawn::keyspace {
namespace {

/// The value of a canonical 64-bit integer, found out cheaply for what is none.
std::optional<std::int64_t> as_integer(std::string_view text) {
  if (text.empty() || text.size() > 20) return std::nullopt;
  const char first = text.front();
  if (first != '-' && (first < '0' || first > '9')) return std::nullopt;
  return parse_int64(text);
}

/// Null for what has no expiring fields.
FieldSchedule* schedule_of(const Entry& entry) {
  return entry.type() == Type::hash ? entry.object<Hash>().schedule() : nullptr;
}

/// A hash in the index of field expiries, which only compares and returns what it is given.
Entry* token_of(const Entry& entry) {
  return reinterpret_cast<Entry*>(const_cast<Object*>(&entry.container()));
}

/// Of the hash that is to be looked at first; null when there is none.
const FieldSchedule* first_field_schedule(const ExpiryIndex& index) {
  const Entry* token = index.first();
  if (token == nullptr) return nullptr;
  return static_cast<const Hash*>(reinterpret_cast<const Object*>(token))->schedule();
}

bool has_producers(const Entry& entry) {
  return entry.type() == Type::stream && entry.object<Stream>().producers() != nullptr;
}

/// The value has another entry now.
void change_owner(Entry* fresh) {
  if (FieldSchedule* schedule = schedule_of(*fresh)) schedule->owner = fresh;
}

}  // namespace

Contents::~Contents() {
  while (free_slice(std::numeric_limits<std::size_t>::max()) > 0) {
  }
}

std::size_t Contents::size() const {
  return dict_.size() + expiries_.size() + field_expiries_.size();
}

std::size_t Contents::free_slice(std::size_t budget) noexcept {
  std::size_t freed = 0;
  for (; freed < budget; ++freed) {
    Entry* entry = dict_.drain();
    if (entry == nullptr) break;
    if (auto object = EntryBuilder::destroy(entry)) garbage_->take(std::move(object), 0);
  }
  if (freed < budget) freed += expiries_.free_slice(budget - freed);
  if (freed < budget) freed += field_expiries_.free_slice(budget - freed);
  return freed;
}

Database::Database(Garbage& garbage, StringCuts& string_cuts)
    : contents_(std::make_unique<Contents>(garbage)),
      garbage_(garbage),
      string_cuts_(string_cuts) {}

Database::~Database() = default;

/// Who waits for a stream as a member of a group is told that it is gone.
void Database::lose(const Entry& entry) noexcept {
  if (entry.type() == Type::stream && waiters_ != nullptr)
    waiters_->mark_ready(index_, entry.key());
}

void Database::dispose(Entry* entry) noexcept {
  lose(*entry);
  if (auto object = EntryBuilder::destroy(entry)) garbage_.take(std::move(object));
}

/// Puts a complete new entry beside `existing`, which leave() then takes out, or in a place of its
/// own. Strong guarantee.
void Database::enter(const Key& key, const Entry* existing, Entry* fresh) {
  KeyDict& dict = contents_->dict_;
  ExpiryIndex& expiries = contents_->expiries_;
  RESPAWN_CHECK(dict.find(key.bytes, key.hash) == existing);
  if (fresh->has_expiry()) expiries.insert(fresh->expire_at_ms(), fresh);
  try {
    if (existing == nullptr) dict.insert(fresh, key.hash);
  } catch (...) {
    if (fresh->has_expiry()) expiries.erase(fresh->expire_at_ms(), fresh);
    throw;
  }
}

void Database::leave(const Key& key, Entry* existing, Entry* fresh) {
  contents_->dict_.replace(existing, fresh, key.hash);
  if (existing->has_expiry()) contents_->expiries_.erase(existing->expire_at_ms(), existing);
  leave_fields(*existing);
  if (has_producers(*existing)) --contents_->producer_streams_;
  dispose(existing);
}

/// Puts a hash that this database does not know into the index when fields of it expire, under its
/// earliest time. Strong guarantee.
void Database::enter_fields(const Entry& fresh) {
  FieldSchedule* schedule = schedule_of(fresh);
  if (schedule == nullptr) return;
  const std::int64_t at_ms = fresh.object<Hash>().earliest_expiry_ms();
  if (at_ms != never) contents_->field_expiries_.insert(at_ms, token_of(fresh));
  schedule->indexed_ms = at_ms;
}

void Database::leave_fields(const Entry& entry) noexcept {
  FieldSchedule* schedule = schedule_of(entry);
  if (schedule == nullptr || schedule->indexed_ms == never) return;
  contents_->field_expiries_.erase(schedule->indexed_ms, token_of(entry));
  schedule->indexed_ms = never;
}

void Database::fields_expire(Entry* entry) {
  FieldSchedule* schedule = schedule_of(*entry);
  if (schedule == nullptr) return;
  const std::int64_t at_ms = entry->object<Hash>().earliest_expiry_ms();
  if (at_ms == schedule->indexed_ms) return;
  ExpiryIndex& index = contents_->field_expiries_;
  if (at_ms != never) index.insert(at_ms, token_of(*entry));
  if (schedule->indexed_ms != never) index.erase(schedule->indexed_ms, token_of(*entry));
  *schedule = {at_ms, entry};
}

StreamProducers& Database::make_producers(Entry* entry, const ProducerLimits& limits) {
  RESPAWN_CHECK(entry != nullptr && entry->type() == Type::stream);
  auto& stream = static_cast<Stream&>(entry->container());
  if (stream.producers() == nullptr) {
    stream.set_producers(std::make_unique<StreamProducers>(limits));
    ++contents_->producer_streams_;
  }
  return *stream.producers();
}

const Entry* Database::next_expired_fields(std::int64_t now_ms) const {
  return now_ms > earliest_field_expiry_ms()
             ? first_field_schedule(contents_->field_expiries_)->owner
             : nullptr;
}

std::int64_t Database::earliest_field_expiry_ms() const {
  const FieldSchedule* first = first_field_schedule(contents_->field_expiries_);
  return first == nullptr ? never : first->indexed_ms;
}

/// Puts a complete new entry in the place of `existing`, or in a place of its own.
Entry* Database::put(const Key& key, Entry* existing, Entry* fresh) {
  try {
    enter_fields(*fresh);
    enter(key, existing, fresh);
  } catch (...) {
    leave_fields(*fresh);
    dispose(fresh);
    throw;
  }
  change_owner(fresh);
  if (has_producers(*fresh)) ++contents_->producer_streams_;
  fresh->set_access_clock(existing != nullptr ? existing->access_clock() : access_clock_);
  if (existing != nullptr) leave(key, existing, fresh);
  return fresh;
}

Entry* Database::move(Entry* entry, Database& to, const Key& key, Entry* replaced) {
  Entry* fresh = EntryBuilder::with_key(*entry, key.bytes);
  // The hash stays in the index of field expiries, or is in both until nothing can fail any more:
  // to put it back into the one it has left could fail.
  const FieldSchedule* schedule = &to != this ? schedule_of(*entry) : nullptr;
  const std::int64_t fields_ms = schedule != nullptr ? schedule->indexed_ms : never;
  try {
    if (fields_ms != never) to.contents_->field_expiries_.insert(fields_ms, token_of(*fresh));
    to.enter(key, replaced, fresh);
  } catch (...) {
    if (fields_ms != never) to.contents_->field_expiries_.erase(fields_ms, token_of(*fresh));
    EntryBuilder::free_shell(fresh);
    throw;
  }
  if (fields_ms != never) contents_->field_expiries_.erase(fields_ms, token_of(*fresh));
  change_owner(fresh);
  if (replaced != nullptr) to.leave(key, replaced, fresh);
  if (has_producers(*fresh)) {
    --contents_->producer_streams_;
    ++to.contents_->producer_streams_;
  }
  RESPAWN_CHECK(contents_->dict_.erase(entry, hash_bytes(entry->key())));
  if (entry->has_expiry()) contents_->expiries_.erase(entry->expire_at_ms(), entry);
  lose(*entry);
  EntryBuilder::free_shell(entry);
  return fresh;
}

/// Changes the time of an entry that has one and keeps one.
void Database::move_expiry(Entry* entry, std::int64_t at_ms) {
  const std::int64_t before = entry->expire_at_ms();
  if (before == at_ms) return;
  ExpiryIndex& expiries = contents_->expiries_;
  // Times far in the future may be one and the same in the index.
  if (!expiries.contains(at_ms, entry)) {
    expiries.insert(at_ms, entry);
    expiries.erase(before, entry);
  }
  EntryBuilder::set_expiry(*entry, at_ms);
}

Entry* Database::set_string(const Key& key, Entry* existing, std::string_view value,
                            std::int64_t expire_at_ms) {
  if (const auto integer = as_integer(value))
    return set_integer(key, existing, *integer, expire_at_ms);
  return set_text(key, existing, value, expire_at_ms);
}

Entry* Database::set_text(const Key& key, Entry* existing, std::string_view value,
                          std::int64_t expire_at_ms) {
  if (existing != nullptr && existing->has_expiry() == (expire_at_ms != never)) {
    RESPAWN_CHECK(same_bytes(existing->key(), key.bytes));
    if (EntryBuilder::can_rewrite(*existing, value.size())) {
      if (existing->has_expiry()) move_expiry(existing, expire_at_ms);
      EntryBuilder::rewrite_text(*existing, value);
      return existing;
    }
  }
  return put(key, existing,
             EntryBuilder::make_text(key.bytes, value, value.size(), TextKind::set, expire_at_ms));
}

Entry* Database::set_block(const Key& key, Entry* existing, BlockPtr& block,
                           std::int64_t expire_at_ms) {
  Entry* fresh = EntryBuilder::make_block(key.bytes, block, expire_at_ms);
  return put(key, existing, fresh);
}

Entry* Database::set_integer(const Key& key, Entry* existing, std::int64_t value,
                             std::int64_t expire_at_ms) {
  if (existing != nullptr && existing->is_integer() &&
      existing->has_expiry() == (expire_at_ms != never)) {
    RESPAWN_CHECK(same_bytes(existing->key(), key.bytes));
    if (existing->has_expiry()) move_expiry(existing, expire_at_ms);
    EntryBuilder::set_integer(*existing, value);
    return existing;
  }
  return put(key, existing, EntryBuilder::make_integer(key.bytes, value, expire_at_ms));
}

Entry* Database::set_raw(const Key& key, Entry* existing, std::size_t bytes,
                         const std::function<void(char*)>& fill, std::int64_t expire_at_ms) {
  // Long texts are raw by their length, and those made for change get room to grow.
  const TextKind kind =
      bytes > EntryBuilder::embedded_max_bytes ? TextKind::set : TextKind::changed;
  Entry* fresh = EntryBuilder::make_text(key.bytes, {}, bytes, kind, expire_at_ms);
  fill(EntryBuilder::text(*fresh));
  return put(key, existing, fresh);
}

Entry* Database::set_object(const Key& key, Entry* existing, std::unique_ptr<Object> object,
                            std::int64_t expire_at_ms) {
  return put(key, existing, EntryBuilder::make_object(key.bytes, object, expire_at_ms));
}

/// A raw string of at least `bytes` with the old text in front; what is behind it is undefined.
/// Those that are said to change may be.
Entry* Database::resize(Entry* existing, std::size_t bytes, ByteRange changes) {
  RESPAWN_CHECK(existing->type() == Type::string);
  Scratch scratch;
  const std::string_view text = existing->bytes(scratch);
  bytes = std::max(bytes, text.size());
  const std::uint32_t cuts =
      existing->is_block() ? string_cuts_.prepare(existing->block(), changes) : 0;
  if (EntryBuilder::resize_text(*existing, bytes, cuts)) return existing;
  return put(existing->key(), existing,
             EntryBuilder::make_text(existing->key(), text, bytes, TextKind::changed,
                                     existing->expire_at_ms()));
}

Entry* Database::append(Entry* existing, std::string_view bytes) {
  const std::size_t before = existing->length();
  Entry* entry = resize(existing, before + bytes.size(), {before, before + bytes.size()});
  std::copy(bytes.begin(), bytes.end(), EntryBuilder::text(*entry) + before);
  return entry;
}

Entry* Database::extend(Entry* existing, std::size_t bytes, ByteRange changes) {
  const std::size_t before = existing->length();
  Entry* entry = resize(existing, bytes, changes);
  if (bytes > before) std::memset(EntryBuilder::text(*entry) + before, 0, bytes - before);
  return entry;
}

char* Database::writable(Entry* entry) {
  RESPAWN_CHECK(entry->encoding() == Encoding::raw);
  return EntryBuilder::text(*entry);
}

void Database::erase(const Key& key, Entry* entry) {
  const bool found = contents_->dict_.erase(entry, key.hash);
  RESPAWN_CHECK(found);
  if (entry->has_expiry()) contents_->expiries_.erase(entry->expire_at_ms(), entry);
  leave_fields(*entry);
  if (has_producers(*entry)) --contents_->producer_streams_;
  dispose(entry);
}

/// `fresh` has taken over the value of `entry`.
void Database::replace_shell(Entry* entry, Entry* fresh) {
  contents_->dict_.replace(entry, fresh, hash_bytes(entry->key()));
  change_owner(fresh);
  EntryBuilder::free_shell(entry);
}

Entry* Database::set_expiry(Entry* entry, std::int64_t at_ms) {
  RESPAWN_CHECK(at_ms != never);
  if (entry->has_expiry()) {
    move_expiry(entry, at_ms);
    return entry;
  }
  Entry* fresh = EntryBuilder::with_expiry(*entry, at_ms);
  try {
    contents_->expiries_.insert(at_ms, fresh);
  } catch (...) {
    EntryBuilder::free_shell(fresh);
    throw;
  }
  replace_shell(entry, fresh);
  return fresh;
}

Entry* Database::clear_expiry(Entry* entry) {
  if (!entry->has_expiry()) return entry;
  Entry* fresh = EntryBuilder::with_expiry(*entry, never);
  contents_->expiries_.erase(entry->expire_at_ms(), entry);
  replace_shell(entry, fresh);
  return fresh;
}

std::int64_t Database::earliest_expiry_ms() const {
  const Entry* entry = contents_->expiries_.first();
  return entry == nullptr ? never : entry->expire_at_ms();
}

const Entry* Database::next_expired(std::int64_t now_ms) const {
  const Entry* entry = contents_->expiries_.first();
  return entry != nullptr && entry->expired(now_ms) ? entry : nullptr;
}

std::int64_t Database::mean_ttl_ms(std::int64_t now_ms) const {
  return expiring_count() == 0 ? 0
                               : std::max<std::int64_t>(0, contents_->expiries_.mean_ms() - now_ms);
}

std::unique_ptr<Contents> Database::take_contents() {
  auto held = std::make_unique<Contents>(garbage_);
  std::swap(held, contents_);
  return held;
}

void Database::adopt(Database& other) {
  RESPAWN_CHECK(empty());
  swap(other);
  contents_->garbage_ = &garbage_;
  other.contents_->garbage_ = &other.garbage_;
}

std::size_t Contents::table_bytes() const {
  return dict_.memory_bytes() + expiries_.memory_bytes() + field_expiries_.memory_bytes();
}

std::size_t Database::memory_bytes(const Entry& entry) const {
  std::size_t bytes = entry.memory_bytes();
  if (size() > 0) bytes += contents_->dict_.memory_bytes() / size();
  if (entry.has_expiry()) bytes += contents_->expiries_.memory_bytes() / expiring_count();
  return bytes;
}

std::size_t Database::overhead_bytes() const {
  return sizeof(Database) + sizeof(Contents) + contents_->table_bytes();
}

std::size_t Database::expiry_overhead_bytes() const {
  return contents_->expiries_.memory_bytes() + contents_->field_expiries_.memory_bytes();
}

namespace {

Status check_container(const Entry& entry) {
  if (entry.type() == Type::string) return success();
  if (entry.type() != Type::stream && entry.container().size() == 0)
    return failure("database: an empty container");
  return entry.container().check_invariants();
}

}  // namespace

Status Database::check_invariants() const {
  if (Status status = contents_->dict_.check_invariants(); !status) return status;
  if (Status status = contents_->expiries_.check_invariants(); !status) return status;
  if (Status status = contents_->field_expiries_.check_invariants(); !status) return status;
  std::size_t expiring = 0;
  std::size_t expiring_hashes = 0;
  std::size_t producer_streams = 0;
  Status status = success();
  for_each([&](const Entry& entry) {
    if (entry.has_expiry()) {
      ++expiring;
      if (!contents_->expiries_.contains(entry.expire_at_ms(), &entry))
        status = failure("database: a key's expiry is not in the index");
    }
    if (const FieldSchedule* schedule = schedule_of(entry)) {
      const bool indexed = schedule->indexed_ms != never;
      expiring_hashes += indexed ? 1 : 0;
      if (schedule->indexed_ms > entry.object<Hash>().earliest_expiry_ms() ||
          (indexed && schedule->owner != &entry))
        status = failure("database: fields of a hash expire that is not in the index");
    }
    producer_streams += has_producers(entry) ? 1 : 0;
    if (Status inner = check_container(entry); !inner) status = inner;
  });
  if (expiring != expiring_count()) return failure("database: expiries of keys that are gone");
  if (expiring_hashes != contents_->field_expiries_.size())
    return failure("database: expiring fields of hashes that are gone");
  if (producer_streams != contents_->producer_streams_)
    return failure("database: streams with producers that are gone");
  return status;
}

}  // namespace respawn::keyspace
