// A base of the append log that is being made.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "persistence/append_log/manifest.hpp"
#include "persistence/snapshot/snapshot.hpp"

namespace respawn::engine {

struct Environment;

/// The data as it is when this is made, between two units; as an RDB file or as commands, as the
/// configuration says (aof-use-rdb-preamble). Owner: the store, so that it survives the keyspace
/// actor.
class BaseJob {
 public:
  using State = persistence::BackgroundFile::State;

  /// `awaited`: somebody does nothing but wait for it.
  explicit BaseJob(Environment& environment, bool awaited = false);

  [[nodiscard]] persistence::BaseFormat format() const { return format_; }

  /// Where the file is when it is whole, and on the medium.
  [[nodiscard]] const std::string& path() const { return path_; }

  /// Writes about so many entries. False when there is nothing to do at the moment.
  bool step(std::size_t entries) { return snapshot_->step(entries); }

  /// Completes it now, however long it takes. Whether it went well is in the file's state.
  void run_to_end() { (void)snapshot_->run_to_end().ok(); }

  /// Gives up.
  void cancel() { snapshot_->cancel(); }

  [[nodiscard]] persistence::BackgroundFile& file() { return snapshot_->file(); }

  [[nodiscard]] persistence::Snapshot& snapshot() { return *snapshot_; }

 private:
  std::string path_;
  persistence::BaseFormat format_;
  std::unique_ptr<persistence::Snapshot> snapshot_;
};

}  // namespace respawn::engine
