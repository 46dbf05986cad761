// The gate: the one way to change what the databases hold.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "keyspace/databases.hpp"

namespace respawn::keyspace {

/// The right to change one key. Making one marks the data as being changed (Databases::mutating,
/// until settled()) and tells the observers, before anything has changed; so everything that is
/// done through it is known to snapshots, to the record of the running unit and to the keeper.
/// Nothing but a Change yields a mutable value.
///
/// Owner: who changes (a handler, expiry, eviction), on its stack; it lives no longer than one
/// command. Views and references that it returns live until its next call that changes the key.
/// Another Change of the same key ends this one's life.
///
/// Errors: std::bad_alloc, and then the key is as it was. Complexity: that of the Database's calls.
class Change {
 public:
  /// Strings up to this length are part of their entry.
  static constexpr std::size_t block_min_bytes = 256;

  /// `existing` is what find(key) says there; null: no such key (checked when it is written).
  [[gnu::always_inline]] Change(Databases& data, std::size_t database, const Key& key,
                                const Entry* existing)
      : database_(&data.database(database)), entry_(const_cast<Entry*>(existing)), key_(key) {
    data.begin_change(database, key, existing);
  }

  /// What is at the key now; null: nothing.
  [[nodiscard]] const Entry* entry() const { return entry_; }

  [[nodiscard]] const Key& key() const { return key_; }

  /// `never` when there is no key or no expiry.
  [[nodiscard]] std::int64_t expire_at_ms() const {
    return entry_ ? entry_->expire_at_ms() : never;
  }

  // The value is replaced, type and all; huge old values go to Garbage. The expiry becomes
  // `expire_at_ms` (pass expire_at_ms() to keep it).

  /// A string; one that is the canonical form of a 64-bit integer is stored as that integer.
  void set_string(std::string_view value, std::int64_t expire_at_ms = never) {
    entry_ = database_->set_string(key_, entry_, value, expire_at_ms);
  }

  /// A long string that was received into a block of its own, which the entry holds from now on;
  /// nothing is copied. Requires more than Change::block_min_bytes.
  void set_block(BlockPtr block, std::int64_t expire_at_ms = never) {
    entry_ = database_->set_block(key_, entry_, block, expire_at_ms);
  }

  /// A string that stays text whatever it says (the result of INCRBYFLOAT).
  void set_text(std::string_view value, std::int64_t expire_at_ms = never) {
    entry_ = database_->set_text(key_, entry_, value, expire_at_ms);
  }

  void set_integer(std::int64_t value, std::int64_t expire_at_ms = never) {
    entry_ = database_->set_integer(key_, entry_, value, expire_at_ms);
  }

  /// A raw string of so many bytes, all of which fill(bytes) writes. The old value is still there
  /// meanwhile, so the new one may be made of it. fill() must not throw.
  void set_raw(std::size_t bytes, const std::function<void(char*)>& fill,
               std::int64_t expire_at_ms = never) {
    entry_ = database_->set_raw(key_, entry_, bytes, fill, expire_at_ms);
  }

  /// A container, not null.
  void set_object(std::unique_ptr<Object> object, std::int64_t expire_at_ms = never) {
    entry_ = database_->set_object(key_, entry_, std::move(object), expire_at_ms);
  }

  /// Adds to the end of a string (an integer becomes text first); its encoding becomes raw. The
  /// expiry stays. Amortized O(bytes). Requires a string.
  void append(std::string_view bytes) { entry_ = database_->append(entry_, bytes); }

  /// Makes a string `bytes` long at least, new bytes being 0, raw and writable where it `changes`,
  /// and returns it: SETRANGE, SETBIT. The expiry stays. Requires a string.
  char* extend(std::size_t bytes, ByteRange changes = {}) {
    entry_ = database_->extend(entry_, bytes, changes);
    return Database::writable(entry_);
  }

  /// The container, as what it is: change.object<List>(). Checks the type; requires one.
  template <class T>
  [[nodiscard]] T& object() {
    RESPAWN_CHECK(entry_ != nullptr && entry_->type() == T::object_type);
    return static_cast<T&>(entry_->container());
  }

  /// Sets or moves the expiry (any time but `never`, also one in the past). Requires a key.
  void set_expiry(std::int64_t at_ms) { entry_ = database_->set_expiry(entry_, at_ms); }

  /// Takes the expiry away; nothing happens without one. Requires a key.
  void clear_expiry() { entry_ = database_->clear_expiry(entry_); }

  /// Expiries of fields of this hash were set or moved: it is found again when the earliest of
  /// them is over. Removed ones need not be told. O(log n). Requires a key.
  void fields_expire() { database_->fields_expire(entry_); }

  /// What the stream remembers of producers; from now on it does. Requires a stream.
  [[nodiscard]] StreamProducers& producers(const ProducerLimits& limits) {
    return database_->make_producers(entry_, limits);
  }

  /// The key goes, with its value. Requires one.
  void erase() {
    database_->erase(key_, entry_);
    entry_ = nullptr;
  }

  /// Gives the key the name and the database of `to`; value, expiry and access clock go with it,
  /// what was there is gone. Not the same key. O(the key and what is stored with it): containers
  /// and long strings move. Requires a key here.
  void move_to(Change& to) {
    to.entry_ = database_->move(entry_, *to.database_, to.key_, to.entry_);
    entry_ = nullptr;
  }

 private:
  Database* database_;
  Entry* entry_;
  Key key_;
};

/// Who wants to know of changes before they happen. Called by the gate, on the keyspace actor's
/// thread; does not change data.
class ChangeObserver {
 public:
  virtual ~ChangeObserver() = default;

  /// The key may be changed from now on; several times for one key within a unit. `entry` is what
  /// is there, null: nothing.
  virtual void before_change(std::size_t database, const Key& key, const Entry* entry) = 0;

  /// The database is about to lose all its keys.
  virtual void before_clear(std::size_t database) = 0;

  /// What a database held that was cleared: whoever needs it longer takes it.
  virtual void cleared(std::unique_ptr<Contents>&) {}

  /// Two databases are about to change places.
  virtual void before_swap(std::size_t first, std::size_t second) = 0;
};

}  // namespace respawn::keyspace
