// A file of everything as it was at one moment, made in the background while it changes.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "base/result.hpp"
#include "persistence/snapshot/background_file.hpp"
#include "persistence/snapshot/walk.hpp"

namespace respawn::persistence {

/// Owner: the store (engine/run/saving.hpp, append_log.hpp); all on the keyspace actor's thread.
/// The cut is the moment at which it is made, between two units. Then step() until the file has
/// ended, as the loop has time: nothing else has to be told.
class Snapshot : protected EntrySink {
 public:
  /// `functions(write)` calls write for the code of each library.
  using Functions = std::function<void(const std::function<void(std::string_view)>&)>;

  /// Writes about so many entries, or a slice of a long value. False when there is nothing to do at
  /// the moment: the disk is behind, or all is written.
  bool step(std::size_t entries);

  /// Completes it now, however long it takes. An error says why there is no file.
  Status run_to_end();

  [[nodiscard]] std::size_t keys_total() const { return keys_total_; }

  [[nodiscard]] std::size_t keys_written() const {
    return walk_ ? walk_->keys_written() : keys_total_;
  }

  [[nodiscard]] BackgroundFile& file() { return file_; }

  [[nodiscard]] const BackgroundFile& file() const { return file_; }

  /// Null when all is written.
  [[nodiscard]] const SnapshotWalk* walk() const { return walk_ ? &*walk_ : nullptr; }

  /// What cuts keep: see SnapshotWalk.
  [[nodiscard]] std::uint64_t cut_bytes() const { return walk_ ? walk_->held_bytes() : 0; }

  [[nodiscard]] std::uint64_t cut_bytes_peak() const {
    return walk_ ? walk_->held_bytes_peak() : cut_bytes_peak_;
  }

  /// What was ever done at once because of a change, before it.
  [[nodiscard]] std::uint64_t longest_hook_ns() const {
    return walk_ ? walk_->longest_hook_ns() : longest_hook_ns_;
  }

  /// What cuts keep, and what waits for the disk.
  [[nodiscard]] std::uint64_t held_bytes() const { return file_.pending_bytes() + cut_bytes(); }

  /// Counts again what cuts keep.
  void refresh() {
    if (walk_) walk_->refresh();
  }

  /// There will be no file, and no change is looked at any more.
  void cancel();

 protected:
  /// `delay_us`: after each key, for tests.
  explicit Snapshot(BackgroundFilePlan plan, int delay_us)
      : file_(std::move(plan)), delay_us_(delay_us) {}

  /// Makes the cut.
  SnapshotWalk& begin(keyspace::Databases& data, WalkKind kind);

 private:
  /// Writes what stands behind the last key.
  virtual void end() {}

  [[nodiscard]] bool is_time() const;
  void stop_walking();

  BackgroundFile file_;
  std::optional<SnapshotWalk> walk_;  // until all is written
  std::size_t keys_total_ = 0;
  std::uint64_t cut_bytes_peak_ = 0;
  std::uint64_t longest_hook_ns_ = 0;
  int delay_us_;
  std::chrono::steady_clock::time_point next_key_;  // not before then
};

}  // namespace respawn::persistence
