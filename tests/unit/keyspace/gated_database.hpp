// A database as tests like to write to it: each call is a Change of its own.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "keyspace/change.hpp"

namespace respawn::keyspace {

/// What is at a key, in words; null: nothing.
inline std::string described(const Entry* entry) {
  if (entry == nullptr) return "nothing";
  std::string text;
  if (entry->type() == Type::string) {
    Scratch scratch;
    text = entry->bytes(scratch);
  } else {
    text = type_name(entry->type());
    text += " of " + std::to_string(entry->container().size());
  }
  if (entry->has_expiry()) text += " until " + std::to_string(entry->expire_at_ms());
  return text;
}

/// One of the databases. What takes `existing` or `entry` wants what find() says; what returns an
/// entry returns the one that is there now.
class GatedDatabase {
 public:
  GatedDatabase(Databases& data, std::size_t index) : data_(&data), index_(index) {}

  operator const Database&() const { return data_->at(index_); }

  const Database* operator->() const { return &data_->at(index_); }

  [[nodiscard]] const Entry* find(const Key& key) const { return data_->at(index_).find(key); }

  [[nodiscard]] Change change(const Key& key, const Entry* entry) const {
    return {*data_, index_, key, entry};
  }

  [[nodiscard]] Change change(const Entry* entry) const { return change(entry->key(), entry); }

  const Entry* set_string(const Key& key, const Entry* existing, std::string_view value,
                          std::int64_t at_ms = never) {
    return done(change(key, existing), [&](Change& it) { it.set_string(value, at_ms); });
  }

  const Entry* set_text(const Key& key, const Entry* existing, std::string_view value,
                        std::int64_t at_ms = never) {
    return done(change(key, existing), [&](Change& it) { it.set_text(value, at_ms); });
  }

  const Entry* set_integer(const Key& key, const Entry* existing, std::int64_t value,
                           std::int64_t at_ms = never) {
    return done(change(key, existing), [&](Change& it) { it.set_integer(value, at_ms); });
  }

  const Entry* set_raw(const Key& key, const Entry* existing, std::size_t bytes,
                       const std::function<void(char*)>& fill, std::int64_t at_ms = never) {
    return done(change(key, existing), [&](Change& it) { it.set_raw(bytes, fill, at_ms); });
  }

  const Entry* set_object(const Key& key, const Entry* existing, std::unique_ptr<Object> object,
                          std::int64_t at_ms = never) {
    return done(change(key, existing),
                [&](Change& it) { it.set_object(std::move(object), at_ms); });
  }

  const Entry* append(const Entry* entry, std::string_view bytes) {
    return done(change(entry), [&](Change& it) { it.append(bytes); });
  }

  const Entry* extend(const Entry* entry, std::size_t bytes) {
    return done(change(entry), [&](Change& it) { it.extend(bytes); });
  }

  const Entry* set_expiry(const Entry* entry, std::int64_t at_ms) {
    return done(change(entry), [&](Change& it) { it.set_expiry(at_ms); });
  }

  const Entry* clear_expiry(const Entry* entry) {
    return done(change(entry), [&](Change& it) { it.clear_expiry(); });
  }

  /// Whether it was there.
  bool erase(const Key& key) {
    const Entry* entry = find(key);
    if (entry != nullptr) change(key, entry).erase();
    return entry != nullptr;
  }

  void erase(const Entry* entry) { change(entry).erase(); }

  void clear() { data_->clear(index_); }

 private:
  template <class Work>
  static const Entry* done(Change change, Work&& work) {
    work(change);
    return change.entry();
  }

  Databases* data_;
  std::size_t index_;
};

}  // namespace respawn::keyspace
