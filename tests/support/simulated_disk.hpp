// A disk in memory that fails when told to, and loses what was not synced when its power is cut.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/file_system.hpp"
#include "base/random.hpp"

namespace respawn::test {

/// Thrown by the operation at which the power is cut; from then on every operation fails until
/// restart().
struct PowerCut {};

/// Thrown by the operation at which whoever works on the disk is to end; the disk goes on.
struct WorkerEnd {};

/// Owner: one test. One thread at a time; on others than the test's own nothing is thrown, and all
/// fails from the cut on. The same seed and the same calls lose the same bytes.
///
/// When the power is cut, each write since the last sync of its file is there, is not there, or is
/// there up to any of its bytes, whatever became of those before and behind it; holes are zeros.
/// The same of each truncation, and of each name since the last sync of its directory: that it was
/// made, moved or removed. What was written before a sync that failed stays uncertain for ever,
/// also behind later syncs that do not.
class SimulatedDisk final : public FileSystem {
 public:
  explicit SimulatedDisk(std::uint64_t seed) : random_(seed) {}

  // FileSystem
  std::error_code open(const std::string& path, Open how, std::unique_ptr<File>& file) override;
  std::error_code rename(const std::string& from, const std::string& to) override;
  std::error_code remove(const std::string& path) override;
  std::error_code sync_directory(const std::string& path) override;
  std::error_code make_directory(const std::string& path) override;
  std::error_code list(const std::string& path, std::vector<std::string>& names) override;
  bool exists(const std::string& path) override;

  /// What changes something is counted.
  [[nodiscard]] std::uint64_t operations() const { return operations_; }

  /// The power is cut in the operation with this number (from 1), before or behind its effect.
  void cut_power_at(std::uint64_t operation) { cut_at_ = operation; }

  /// Likewise; whoever works ends, the disk does not.
  void end_worker_at(std::uint64_t operation) { end_at_ = operation; }

  /// The power comes back (it is cut if it is not yet). Files that are open are so no more.
  void restart();

  /// Whether the power has been cut.
  [[nodiscard]] bool is_off() const { return off_; }

  /// What is at the path, as a reader sees it; "" for nothing.
  [[nodiscard]] std::string content(const std::string& path) const;

  // Faults, until they are set back. Errors are errno's; 0: none.

  std::uint64_t free_bytes = std::numeric_limits<std::uint64_t>::max();   // then ENOSPC
  std::size_t write_bytes_max = std::numeric_limits<std::size_t>::max();  // of one call
  int write_error = 0;
  int sync_error = 0;
  int directory_sync_error = 0;
  int open_error = 0;
  int rename_error = 0;
  std::function<void()> on_sync;  // whatever takes its time

 private:
  friend class SimulatedFile;

  /// A write or a truncation.
  struct Change {
    enum class Fate : std::uint8_t { open, synced, uncertain };

    std::uint64_t offset = 0;
    std::string bytes;
    bool truncates = false;  // to `offset`
    Fate fate = Fate::open;
  };

  struct Node {
    std::string now;      // as it is read
    std::string settled;  // what is on the medium, but for `changes`
    std::vector<Change> changes;
  };

  using NodePtr = std::shared_ptr<Node>;
  using Names = std::map<std::string, NodePtr>;

  /// A name that was made, moved or removed; of a directory, `node` is null.
  struct NameChange {
    std::string from;  // "" for none; goes
    std::string to;    // "" for none; comes
    NodePtr node;
    bool is_directory = false;
  };

  /// Whether the operation's effect is to happen before the power goes.
  std::error_code begin();
  std::error_code end();
  [[nodiscard]] std::error_code cut();

  [[nodiscard]] bool on_own_thread() const { return std::this_thread::get_id() == own_thread_; }

  void apply(NameChange change);
  static void apply(const NameChange& change, Names& names,
                    std::map<std::string, bool>& directories);
  static void apply(const Change& change, std::string& content);
  static void settle(Node& node);
  void lose(Node& node);

  const std::thread::id own_thread_ = std::this_thread::get_id();
  Random random_;
  Names names_;
  std::map<std::string, bool> directories_;
  Names settled_names_;
  std::map<std::string, bool> settled_directories_;
  std::vector<NameChange> name_changes_;
  std::uint64_t operations_ = 0;
  std::uint64_t cut_at_ = 0;
  std::uint64_t end_at_ = 0;
  bool off_ = false;
};

}  // namespace respawn::test
