#include "engine/run/rebuilding.hpp"

#include <utility>

namespace respawn::engine {

bool can_rebuild(const Store& store) {
  return store.log.is_whole() && !store.loading.active;
}

void begin_rebuilding(Store& store) {
  store.log.step_aside();
  Saving& saving = store.saving;
  if (saving.snapshot) {
    saving.snapshot->cancel();
    saving.given_up.push_back(std::move(saving.snapshot));
    saving.scheduled = true;
  }
  store.databases.abandon();
  store.loading.active = true;
}

void end_rebuilding(Store& store) {
  store.loading.active = false;
  store.log.step_back();
}

}  // namespace respawn::engine
