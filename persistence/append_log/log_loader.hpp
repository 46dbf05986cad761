// Reads the append log back: its files in their order, each command of them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/file_system.hpp"
#include "base/result.hpp"
#include "persistence/append_log/log_directory.hpp"

namespace respawn::persistence {

/// Who takes what is read.
class LogReceiver {
 public:
  virtual ~LogReceiver() = default;

  /// A command that changes the data (or selects the database that the next ones change); MULTI
  /// and EXEC do not come here. False: there is no such command, or it does not fit the data.
  virtual bool apply(std::span<const std::string_view> words) = 0;

  /// A file that begins as one of RDB. Returns where what it holds of that ends.
  virtual Result<std::uint64_t> load_rdb(File& file, const std::string& name) = 0;

  /// For the server's log.
  virtual void say(bool is_warning, const std::string& text) = 0;

  /// So many bytes more were read; others may have their turn.
  virtual void progress(std::uint64_t bytes) = 0;
};

struct LoadedLog {
  std::uint64_t base_bytes = 0;
  std::uint64_t bytes = 0;  // of all files, as they are now
};

/// Loads what the manifest names. The last file may break off within a command or a transaction
/// where `truncated_is_fine` (aof-load-truncated): it is cut behind what is whole. An error is
/// in Redis's words and has not been said; nothing was written then.
Result<LoadedLog> load_log(const LogDirectory& directory, const LogManifest& manifest,
                           bool truncated_is_fine, LogReceiver& receiver);

}  // namespace respawn::persistence
