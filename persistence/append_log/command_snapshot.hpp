// The data as it was at one moment, as commands, made in the background.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "base/buffer.hpp"
#include "persistence/snapshot/background_file.hpp"
#include "persistence/snapshot/walk.hpp"

namespace respawn::persistence {

/// What RdbSnapshot is for RDB: the cut is the moment at which it is made, between two units; then
/// step() until the file has ended. Owner: the store; all on the keyspace actor's thread.
class CommandSnapshot final : private EntrySink {
 public:
  /// `functions(write)` calls write for the code of each library.
  using Functions = std::function<void(const std::function<void(std::string_view)>&)>;

  /// The file begins with `head`: an annotation, or nothing.
  CommandSnapshot(keyspace::Databases& data, BackgroundFilePlan plan, const Functions& functions,
                  std::string_view head);

  /// Writes about so many entries. False when there is nothing to do at the moment.
  bool step(std::size_t entries);

  /// Completes it now, however long it takes.
  void run_to_end();

  [[nodiscard]] BackgroundFile& file() { return file_; }

  /// Gives up: the file is removed, the data is watched no longer.
  void cancel() {
    file_.cancel();
    walk_.reset();
  }

 private:
  void entry(int db, const keyspace::Entry& entry) override;
  void hand_over();

  BackgroundFile file_;
  std::optional<SnapshotWalk> walk_;  // until it is through
  Buffer bytes_;
  int db_ = -1;
};

}  // namespace respawn::persistence
