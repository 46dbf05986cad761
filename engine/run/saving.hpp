// When the data is written to the snapshot file, and what came of it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "engine/run/services.hpp"
#include "persistence/snapshot/rdb_snapshot.hpp"

namespace respawn::engine {

struct Environment;

/// Owner: the store, so a save that is under way survives the keyspace actor: its successor goes on
/// with it. Times are those of the wall clock.
struct Saving {
  std::int64_t last_save_s = 0;  // the last one that succeeded; at first the start of the server
  std::int64_t last_try_s = 0;   // in the background
  bool last_ok = true;           // of the last one
  std::uint64_t saves = 0;       // that were begun
  std::int64_t last_duration_s = -1;
  std::uint64_t last_bytes = 0;
  std::uint64_t last_duration_us = 0;
  std::uint64_t last_cut_bytes = 0;  // that were kept as they had been, at most
  // What a snapshot or rewrite ever took of the keyspace's time at once: a slice of its own, that
  // without what other threads took of the processor meanwhile, and before a change of a client.
  std::uint64_t longest_slice_ns = 0;
  std::uint64_t longest_slice_cpu_ns = 0;
  std::uint64_t longest_hook_ns = 0;

  bool scheduled = false;   // one is to begin when nothing else is under way
  bool cut_wanted = false;  // one begins between this unit and the next
  std::int64_t begun_us = 0;
  std::uint64_t changes_at_cut = 0;
  std::unique_ptr<persistence::RdbSnapshot> snapshot;               // in the background
  std::vector<std::unique_ptr<persistence::RdbSnapshot>> given_up;  // until their threads end
  std::uint64_t files_begun = 0;

  [[nodiscard]] bool in_progress() const { return cut_wanted || snapshot != nullptr; }

  /// There will be no file of the one that is in progress, if one is.
  void give_up();

  /// What waits for the disk, and what a save keeps as it was.
  [[nodiscard]] std::uint64_t held_bytes() const {
    std::uint64_t bytes = snapshot ? snapshot->held_bytes() : 0;
    for (const auto& each : given_up) bytes += each->file().pending_bytes();
    return bytes;
  }
};

/// What a file of the data as it is now says of it.
[[nodiscard]] persistence::RdbSnapshotOptions snapshot_options(const Environment& environment);

/// Saves now; the keyspace waits. An error says why not.
Status save_now(Environment& environment);

/// A save in the background begins between this unit and the next: cut_snapshot() is to be called
/// there. Requires that none is in progress.
void begin_saving(Environment& environment);

/// Where nothing runs, nor is suspended: makes the cut of the save that has begun.
void cut_snapshot(Environment& environment);

/// Goes on with it: about so many entries. False when there is nothing to do at the moment.
bool go_on_saving(Environment& environment, std::size_t entries);

/// Ten times a second, and behind go_on_saving(): whether it has ended, whether one is to begin.
void look_after_saving(Environment& environment);

/// Ends a save in the background without its file.
void give_up_saving(Environment& environment);

/// FLUSHALL has emptied the databases: what is being saved is not wanted any more, and where there
/// are save points the file becomes empty as well. Whether it did (else why is in the log).
bool save_emptiness(Environment& environment);

/// What the names of all files begin with that are not complete: whoever ends the process in the
/// middle of a save removes them.
[[nodiscard]] std::string temporary_prefix();

/// What is to be saved before an end is. An error is the whole reply, and the server goes on.
Status prepare_shutdown(Environment& environment, const ShutdownRequest& request);

}  // namespace respawn::engine
