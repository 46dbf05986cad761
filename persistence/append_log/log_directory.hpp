// Where the files of the append log are.
#pragma once

#include <string>
#include <system_error>

#include "base/file_system.hpp"
#include "persistence/append_log/manifest.hpp"

namespace respawn::persistence {

/// Owner: whoever reads or writes the log; a value. Paths start at the process's current directory
/// (`dir`).
class LogDirectory {
 public:
  /// `directory` is appenddirname, `prefix` appendfilename.
  LogDirectory(FileSystem& files, std::string directory, std::string prefix)
      : files_(&files), directory_(std::move(directory)), prefix_(std::move(prefix)) {}

  [[nodiscard]] FileSystem& files() const { return *files_; }

  [[nodiscard]] const std::string& path() const { return directory_; }

  [[nodiscard]] const std::string& prefix() const { return prefix_; }

  [[nodiscard]] std::string path_of(const std::string& name) const {
    return directory_ + "/" + name;
  }

  [[nodiscard]] std::string manifest_name() const { return prefix_ + ".manifest"; }

  /// An empty one where there is none. An error is Redis's text.
  [[nodiscard]] Result<LogManifest> load() const;

  /// Durable when it returns; the old one is there until then.
  std::error_code save(const LogManifest& manifest) const;

  /// Makes it; its name is durable behind it. That it is there is no error.
  std::error_code make() const;

  /// Names in it are durable behind it.
  std::error_code sync() const { return files_->sync_directory(directory_); }

  /// Removes what the history names, as far as it can; returns what is left of the manifest.
  [[nodiscard]] LogManifest without_history(LogManifest manifest) const;

  /// A log of one file, as Redis before 7.0 wrote it: moves into the directory, as a base. An
  /// error is Redis's text.
  [[nodiscard]] Status adopt_old_file(LogManifest& manifest) const;

 private:
  FileSystem* files_;
  std::string directory_;
  std::string prefix_;
};

/// Of all files that the manifest names to be loaded, as far as they are there.
[[nodiscard]] std::uint64_t log_bytes(const LogDirectory& directory, const LogManifest& manifest);

/// 0 where there is none.
[[nodiscard]] std::uint64_t file_bytes(FileSystem& files, const std::string& path);

/// The whole contents of a file.
std::error_code read_whole(FileSystem& files, const std::string& path, std::string& bytes);

}  // namespace respawn::persistence
