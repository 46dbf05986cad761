// A base of the append log that is being made.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "persistence/append_log/command_snapshot.hpp"
#include "persistence/append_log/manifest.hpp"
#include "persistence/snapshot/rdb_snapshot.hpp"

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

  [[nodiscard]] persistence::BaseFormat format() const {
    return rdb_ ? persistence::BaseFormat::rdb : persistence::BaseFormat::commands;
  }

  /// Where the file is when it is whole, and on the medium.
  [[nodiscard]] const std::string& path() const { return path_; }

  /// Writes about so many entries. False when there is nothing to do at the moment.
  bool step(std::size_t entries) { return rdb_ ? rdb_->step(entries) : commands_->step(entries); }

  /// Completes it now, however long it takes.
  void run_to_end();

  /// Gives up.
  void cancel() { rdb_ ? rdb_->cancel() : commands_->cancel(); }

  [[nodiscard]] persistence::BackgroundFile& file() {
    return rdb_ ? rdb_->file() : commands_->file();
  }

 private:
  std::string path_;
  std::unique_ptr<persistence::RdbSnapshot> rdb_;  // one of the two
  std::unique_ptr<persistence::CommandSnapshot> commands_;
};

}  // namespace respawn::engine
