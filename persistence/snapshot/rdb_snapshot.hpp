// A snapshot of everything, as an RDB file, made in the background.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "persistence/rdb/file_writer.hpp"
#include "persistence/snapshot/background_file.hpp"
#include "persistence/snapshot/walk.hpp"

namespace respawn::persistence {

struct RdbSnapshotOptions {
  RdbFacts facts = {};
  AccessNote note = AccessNote::none;
  std::uint32_t clock_s = 0;  // of access clocks that are seconds
  int delay_us = 0;           // per key, for tests
};

/// Owner: the store (engine/run/saving.hpp); all on the keyspace actor's thread. The cut is the
/// moment at which it is made, between two units. Then step() until done(), as the loop has time:
/// nothing else has to be told.
class RdbSnapshot final : private EntrySink {
 public:
  /// `functions(write)` calls write for the code of each library.
  using Functions = std::function<void(const std::function<void(std::string_view)>&)>;

  RdbSnapshot(keyspace::Databases& data, BackgroundFilePlan plan, RdbSnapshotOptions options,
              const Functions& functions);

  /// Writes about so many entries. False when there is nothing to do at the moment: the disk is
  /// behind, or all is written.
  bool step(std::size_t entries);

  /// Completes it now, however long it takes. An error says why there is no file.
  Status run_to_end();

  [[nodiscard]] std::size_t keys_total() const { return keys_total_; }

  [[nodiscard]] std::size_t keys_written() const {
    return walk_ ? walk_->keys_written() : keys_total_;
  }

  [[nodiscard]] BackgroundFile& file() { return file_; }

  [[nodiscard]] const BackgroundFile& file() const { return file_; }

  /// There will be no file, and no change is looked at any more.
  void cancel() {
    file_.cancel();
    walk_.reset();
  }

 private:
  void entry(int db, const keyspace::Entry& entry) override;
  bool is_time();

  BackgroundFile file_;
  RdbFileWriter writer_;
  std::optional<SnapshotWalk> walk_;  // until all is written
  std::size_t keys_total_ = 0;
  int delay_us_;
  bool walked_ = false;  // and waits for the delay of the last key
  std::chrono::steady_clock::time_point next_key_;
};

}  // namespace respawn::persistence
