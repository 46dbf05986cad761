#include "persistence/snapshot/rdb_snapshot.hpp"

#include <utility>

namespace respawn::persistence {

RdbSnapshot::RdbSnapshot(keyspace::Databases& data, BackgroundFilePlan plan,
                         RdbSnapshotOptions options, const Functions& functions)
    : Snapshot(std::move(plan), options.delay_us), writer_(RdbWriter(file()), options.note) {
  const SnapshotWalk& walk = begin(data, options.walk);
  for (const auto& cut : walk.databases()) {
    options.facts.fields_expire |= cut.fields_expire;
    options.facts.producers_are_known |= cut.producers_are_known;
  }
  writer_.set_clock_s(options.clock_s);
  writer_.begin(options.facts);
  functions([this](std::string_view code) { writer_.function(code); });
  for (const auto& cut : walk.databases()) writer_.database(cut.db, cut.keys, cut.expiring);
}

void RdbSnapshot::entry(int db, const keyspace::Entry& entry) {
  writer_.key(db, entry);
}

Slices RdbSnapshot::entry(EntryCut& cut) {
  return writer_.key(cut);
}

void RdbSnapshot::end() {
  writer_.end();
}

}  // namespace respawn::persistence
