// A snapshot of everything as an RDB file.
#pragma once

#include <cstdint>

#include "persistence/rdb/file_writer.hpp"
#include "persistence/snapshot/snapshot.hpp"

namespace respawn::persistence {

struct RdbSnapshotOptions {
  RdbFacts facts = {};
  AccessNote note = AccessNote::none;
  std::uint32_t clock_s = 0;  // of access clocks that are seconds
  int delay_us = 0;           // per key, for tests
  WalkKind walk = WalkKind::beside_changes;
};

class RdbSnapshot final : public Snapshot {
 public:
  RdbSnapshot(keyspace::Databases& data, BackgroundFilePlan plan, RdbSnapshotOptions options,
              const Functions& functions);

 private:
  void entry(int db, const keyspace::Entry& entry) override;
  Slices entry(EntryCut& cut) override;
  void end() override;

  RdbFileWriter writer_;
};

}  // namespace respawn::persistence
