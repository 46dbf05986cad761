#include "engine/run/unit_record.hpp"

#include <algorithm>
#include <utility>

namespace respawn::engine {

namespace {

/// Listeners hear of some twice: looking for all would make large units slow. Nothing is taken for
/// one of the first `seen`.
void add(std::vector<Touched>& list, std::size_t seen, Touched touched) {
  if (list.size() == seen || list.back() != touched) list.push_back(std::move(touched));
}

}  // namespace

void UnitRecord::enter_listener(UnitListener& listener, std::size_t place) {
  if (listeners_.empty()) data_.add_observer(*this);
  listeners_.insert(listeners_.begin() + static_cast<std::ptrdiff_t>(place), &listener);
  recorded_ = true;
  wants_effects_ = wants_effects_ || listener.wants_effects();
}

void UnitRecord::remove_listener(UnitListener& listener) {
  if (std::erase(listeners_, &listener) == 0) return;
  wants_effects_ = std::ranges::any_of(listeners_, &UnitListener::wants_effects);
  if (!listeners_.empty()) return;
  data_.remove_observer(*this);
  recorded_ = false;
  possibly_.clear();
  touched_.clear();
  seen_ = 0;
  propagated_.clear();
}

void UnitRecord::record_touch(int db, std::string_view key, TouchedBy by) {
  add_touched({db, std::string(key), false, by});
}

void UnitRecord::touch_database(int db, TouchedBy by) {
  if (recorded()) add_touched({db, "", true, by});
}

void UnitRecord::add_touched(Touched touched) {
  add(touched_, seen_, std::move(touched));
}

void UnitRecord::propagate(Propagated effect) {
  RESPAWN_CHECK(recorded() && !effect.words.empty());
  if (wants_effects_ && effect.targets != Targets::none) propagated_.push_back(std::move(effect));
}

void UnitRecord::recover() {
  for (Touched& each : possibly_) add_touched(std::move(each));
  possibly_.clear();
}

void UnitRecord::tell_listeners(std::uint64_t author) {
  if (touched_.empty() && propagated_.empty()) return;
  author_ = author;
  for (UnitListener* listener : listeners_) listener->unit_done(*this);
  touched_.clear();
  seen_ = 0;
  propagated_.clear();
}

void UnitRecord::before_change(std::size_t database, const keyspace::Key& key,
                               const keyspace::Entry*) {
  add(possibly_, 0, {static_cast<int>(database), std::string(key.bytes), false});
}

void UnitRecord::before_clear(std::size_t database) {
  add(possibly_, 0, {static_cast<int>(database), "", true});
}

void UnitRecord::before_swap(std::size_t first, std::size_t second) {
  for (const std::size_t database : {first, second})
    add(possibly_, 0, {static_cast<int>(database), "", true, TouchedBy::swap});
}

}  // namespace respawn::engine
