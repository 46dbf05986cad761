#include "keyspace/databases.hpp"

#include <algorithm>

#include "keyspace/change.hpp"
#include "keyspace/waiters.hpp"

namespace respawn::keyspace {

Databases::Databases(std::size_t count) {
  databases_.reserve(count);
  for (std::size_t i = 0; i < count; ++i)
    databases_.push_back(std::make_unique<Database>(garbage_, string_cuts_));
}

std::size_t Databases::size() const {
  std::size_t keys = 0;
  for (const auto& database : databases_) keys += database->size();
  return keys;
}

void Databases::clear(std::size_t index) {
  mutating_ = true;
  for (ChangeObserver* observer : observers_) observer->before_clear(index);
  if (database(index).empty()) return;
  give_away(index);
  lose_all(index);
}

/// To the observer that wants it, else to Garbage.
void Databases::give_away(std::size_t index) {
  std::unique_ptr<Contents> held = database(index).take_contents();
  for (ChangeObserver* observer : observers_)
    if (held) observer->cleared(held);
  if (!held) return;
  const std::size_t keys = held->key_count();
  garbage_.take(std::move(held), keys);
}

void Databases::adopt(Databases& others) {
  RESPAWN_CHECK(others.count() == count());
  for (std::size_t index = 0; index < count(); ++index) {
    clear(index);
    database(index).adopt(others.database(index));
  }
  settled();
}

void Databases::swap(std::size_t first, std::size_t second) {
  Database& one = database(first);
  Database& other = database(second);
  mutating_ = true;
  for (ChangeObserver* observer : observers_) observer->before_swap(first, second);
  one.swap(other);
  lose_all(first);
  lose_all(second);
}

void Databases::tell_losses_to(WaiterTable& waiters) {
  waiters_ = &waiters;
  for (std::size_t i = 0; i < databases_.size(); ++i) databases_[i]->tell_losses(waiters_, i);
}

void Databases::stop_telling(const WaiterTable& waiters) {
  if (waiters_ != &waiters) return;
  waiters_ = nullptr;
  for (std::size_t i = 0; i < databases_.size(); ++i) databases_[i]->tell_losses(nullptr, i);
}

void Databases::lose_all(std::size_t index) {
  if (waiters_ == nullptr) return;
  waiters_->mark_ready_where(static_cast<int>(index), [](std::string_view) { return true; });
}

void Databases::tell_observers(std::size_t index, const Key& key, const Entry* entry) {
  for (ChangeObserver* observer : observers_) observer->before_change(index, key, entry);
}

void Databases::set_access_clock(std::uint32_t clock) {
  for (const auto& database : databases_) database->set_access_clock(clock);
}

std::int64_t Databases::earliest_expiry_ms() const {
  std::int64_t earliest = never;
  for (const auto& database : databases_)
    earliest = std::min(earliest, database->earliest_expiry_ms());
  return earliest;
}

Status Databases::check_invariants() const {
  if (condemned_) return failure(std::string("it was declared damaged"));
  for (const auto& database : databases_)
    if (Status status = database->check_invariants(); !status) return status;
  return success();
}

Status Databases::recover() {
  Status status = check_invariants();
  if (status.ok()) mutating_ = false;
  return status;
}

void Databases::abandon() {
  for (const auto& database : databases_) static_cast<void>(database->take_contents().release());
  garbage_.abandon();
  mutating_ = condemned_ = false;
}

}  // namespace respawn::keyspace
