#include "engine/run/unit_record.hpp"

#include <algorithm>
#include <utility>

namespace respawn::engine {

namespace {

/// Listeners hear of some twice: looking for all would make large units slow.
void add(std::vector<Touched>& list, Touched touched) {
  if (list.empty() || list.back() != touched) list.push_back(std::move(touched));
}

}  // namespace

void UnitRecord::add_listener(UnitListener& listener) {
  if (listeners_.empty()) data_.add_observer(*this);
  listeners_.push_back(&listener);
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
  propagated_.clear();
}

void UnitRecord::record_touch(int db, std::string_view key) {
  add(touched_, {db, std::string(key), false});
}

void UnitRecord::touch_database(int db) {
  if (recorded()) add(touched_, {db, "", true});
}

void UnitRecord::propagate(Propagated effect) {
  RESPAWN_CHECK(recorded() && !effect.words.empty());
  if (wants_effects_) propagated_.push_back(std::move(effect));
}

void UnitRecord::recover() {
  for (Touched& each : possibly_) add(touched_, std::move(each));
  possibly_.clear();
}

void UnitRecord::tell_listeners() {
  if (touched_.empty() && propagated_.empty()) return;
  for (UnitListener* listener : listeners_) listener->unit_done(*this);
  touched_.clear();
  propagated_.clear();
}

void UnitRecord::before_change(std::size_t database, const keyspace::Key& key,
                               const keyspace::Entry*) {
  add(possibly_, {static_cast<int>(database), std::string(key.bytes), false});
}

void UnitRecord::before_clear(std::size_t database) {
  add(possibly_, {static_cast<int>(database), "", true});
}

void UnitRecord::before_swap(std::size_t first, std::size_t second) {
  before_clear(first);
  before_clear(second);
}

}  // namespace respawn::engine
