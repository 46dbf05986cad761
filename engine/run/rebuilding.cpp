#include "engine/run/rebuilding.hpp"

namespace respawn::engine {

bool can_rebuild(const Store& store) {
  return store.log.is_whole() && !store.loading.active;
}

void begin_rebuilding(Store& store) {
  store.log.step_aside();
  // Half of the data is not to be saved: the save begins when all is there again.
  if (store.saving.in_progress()) store.saving.scheduled = true;
  store.saving.give_up();
  store.databases.abandon();
  store.loading.active = true;
}

void end_rebuilding(Store& store) {
  store.loading.active = false;
  store.log.step_back();
}

}  // namespace respawn::engine
