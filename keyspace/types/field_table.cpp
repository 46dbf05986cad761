#include "keyspace/types/field_table.hpp"

#include <new>

#include "base/check.hpp"
#include "keyspace/types/dict_cut.hpp"
#include "keyspace/types/short_length.hpp"

namespace respawn::keyspace {

HashField FieldTable::parts(const Field& field) {
  const char* at = &field.first;
  const ShortLength name = ShortLength::read(at);
  at += name.bytes;
  const ShortLength value = ShortLength::read(at);
  at += value.bytes;
  HashField parts;
  if (name.marked) {
    std::memcpy(&parts.expire_at_ms, at, sizeof parts.expire_at_ms);
    at += sizeof parts.expire_at_ms;
  }
  parts.field = {at, name.length};
  parts.value = {at + name.length, value.length};
  return parts;
}

std::size_t FieldTable::bytes_for(std::string_view field, std::string_view value,
                                  std::int64_t expire_at_ms) {
  return ShortLength::bytes_for(field.size()) + ShortLength::bytes_for(value.size()) +
         (expire_at_ms == never ? 0 : sizeof expire_at_ms) + field.size() + value.size();
}

void FieldTable::write(char* at, std::string_view field, std::string_view value,
                       std::int64_t expire_at_ms) {
  at = ShortLength::write(at, field.size(), expire_at_ms != never);
  at = ShortLength::write(at, value.size());
  if (expire_at_ms != never) {
    std::memcpy(at, &expire_at_ms, sizeof expire_at_ms);
    at += sizeof expire_at_ms;
  }
  at += field.copy(at, field.size());
  value.copy(at, value.size());
}

FieldTable::Field* FieldTable::make(std::string_view field, std::string_view value,
                                    std::int64_t expire_at_ms) {
  auto* fresh = static_cast<Field*>(::operator new(bytes_for(field, value, expire_at_ms)));
  write(&fresh->first, field, value, expire_at_ms);
  return fresh;
}

FieldTable::Field* FieldTable::Traits::copy(const Field& field) {
  const HashField all = parts(field);
  return make(all.field, all.value, all.expire_at_ms);
}

std::size_t FieldTable::bytes_of(const Field& field) {
  const HashField all = parts(field);
  return bytes_for(all.field, all.value, all.expire_at_ms);
}

void FieldTable::destroy(Field* field) noexcept {
  ::operator delete(static_cast<void*>(field), bytes_of(*field));
}

/// The index only compares and returns what it is given.
Entry* FieldTable::token(const Field* field) {
  return reinterpret_cast<Entry*>(const_cast<Field*>(field));
}

FieldTable::~FieldTable() {
  cuts_.fail_all();
  while (Field* field = dict_.drain()) destroy(field);
}

std::optional<HashField> FieldTable::find(const MemberKey& key) const {
  const Field* field = dict_.find(key.text(), key.hash());
  if (field == nullptr) return std::nullopt;
  return parts(*field);
}

/// Puts a field in the place of another one, or in a place of its own. Strong guarantee.
void FieldTable::enter(Field* fresh, const Field* old, std::uint64_t hash) {
  const std::int64_t at_ms = parts(*fresh).expire_at_ms;
  if (at_ms != never) expiries_.insert(at_ms, token(fresh));
  try {
    if (old == nullptr) dict_.insert(fresh, hash);
  } catch (...) {
    if (at_ms != never) expiries_.erase(at_ms, token(fresh));
    throw;
  }
  if (old == nullptr) return;
  dict_.replace(old, fresh, hash);
  const std::int64_t before_ms = parts(*old).expire_at_ms;
  if (before_ms != never) expiries_.erase(before_ms, token(old));
}

bool FieldTable::set(const MemberKey& key, std::string_view value, std::int64_t expire_at_ms) {
  Field* old = dict_.find(key.text(), key.hash());
  const std::size_t bytes = bytes_for(key.text(), value, expire_at_ms);
  if (old != nullptr && bytes == bytes_of(*old) && parts(*old).expire_at_ms == expire_at_ms &&
      (cuts_.empty() || !wanted(key))) {
    const std::string_view there = parts(*old).value;
    if (there.data() != value.data()) value.copy(const_cast<char*>(there.data()), value.size());
    return false;
  }
  Field* fresh = make(key.text(), value, expire_at_ms);
  try {
    enter(fresh, old, key.hash());
  } catch (...) {
    destroy(fresh);
    throw;
  }
  bytes_ += allocated_bytes(bytes);
  if (old == nullptr) {
    if (!cuts_.empty()) [[unlikely]]
      tell_added(key);
    return true;
  }
  bytes_ -= allocated_bytes(bytes_of(*old));
  if (cuts_.empty()) [[likely]]
    destroy(old);
  else
    retire(old, key.hash(), true);
  return false;
}

bool FieldTable::erase(const MemberKey& key) noexcept {
  Field* field = dict_.find(key.text(), key.hash());
  if (field == nullptr) return false;
  const std::int64_t at_ms = parts(*field).expire_at_ms;
  if (at_ms != never) expiries_.erase(at_ms, token(field));
  bytes_ -= allocated_bytes(bytes_of(*field));
  // Before the field is freed, which `key` may be a view of.
  const std::uint64_t hash = key.hash();
  dict_.erase(field, hash);
  if (cuts_.empty()) [[likely]]
    destroy(field);
  else
    retire(field, hash, false);
  return true;
}

// For cuts; not inlined, for the sake of those without.

[[gnu::noinline]] bool FieldTable::wanted(const MemberKey& key) const {
  return DictCut<Traits>::wanted(cuts_, key.text(), key.hash());
}

[[gnu::noinline]] void FieldTable::tell_added(const MemberKey& key) noexcept {
  DictCut<Traits>::added(cuts_, key.text(), key.hash());
}

/// What was taken out of the dict, where there is `another` of its name or none any more.
[[gnu::noinline]] void FieldTable::retire(Field* field, std::uint64_t hash, bool another) noexcept {
  DictCut<Traits>::retire(cuts_, field, hash, another);
}

std::int64_t FieldTable::earliest_expiry_ms() const {
  return expiries_.size() == 0 ? never : earliest().expire_at_ms;
}

HashField FieldTable::earliest() const {
  const Entry* first = expiries_.first();
  RESPAWN_CHECK(first != nullptr);
  return parts(*reinterpret_cast<const Field*>(first));
}

HashField FieldTable::random(Random& random) const {
  return parts(*dict_.random(random));
}

std::size_t FieldTable::free_slice(std::size_t budget) noexcept {
  cuts_.fail_all();
  std::size_t freed = 0;
  for (; freed < budget; ++freed) {
    Field* field = dict_.drain();
    if (field == nullptr) break;
    destroy(field);
  }
  return freed;
}

std::size_t FieldTable::memory_bytes() const {
  return allocated_bytes(sizeof(FieldTable)) + dict_.memory_bytes() + expiries_.memory_bytes() +
         bytes_;
}

Status FieldTable::check_invariants() const {
  if (Status status = dict_.check_invariants(); !status) return status;
  if (Status status = expiries_.check_invariants(); !status) return status;
  std::size_t bytes = 0;
  std::size_t expiring = 0;
  bool indexed = true;
  dict_.for_each([&](const Field& field) {
    bytes += allocated_bytes(bytes_of(field));
    const std::int64_t at_ms = parts(field).expire_at_ms;
    if (at_ms == never) return;
    ++expiring;
    if (!expiries_.contains(at_ms, token(&field))) indexed = false;
  });
  if (!indexed || expiring != expiries_.size()) return failure("field table: wrong expiry index");
  return bytes == bytes_ ? success() : failure("field table: wrong memory figure");
}

}  // namespace respawn::keyspace
