#include "engine/run/reply_gate.hpp"

#include <algorithm>

namespace respawn::engine {

void ReplyGate::open(std::uint64_t floor) {
  if (!offsets_) offsets_ = std::make_unique<std::uint64_t[]>(places);
  for (Database& database : databases_) database = {floor, floor};
}

void ReplyGate::close() {
  offsets_.reset();
}

void ReplyGate::touched(const std::vector<Touched>& touched, std::uint64_t end) {
  for (const Touched& each : touched) {
    Database& database = databases_[static_cast<std::size_t>(each.db)];
    database.any = end;
    if (each.whole_database)
      database.whole = end;
    else
      offsets_[place_of(each.db, keyspace::Key(each.key).hash)] = end;
  }
}

}  // namespace respawn::engine
