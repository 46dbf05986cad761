// The files that data is kept in: the system's, or (in tests) a disk that fails and loses what was
// not synced.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace respawn {

/// An open file. Owner: one thread at a time. Errors are the system's (std::system_category).
class File {
 public:
  File() = default;
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  virtual ~File() = default;

  /// Adds bytes at the end, as many as the system takes at once; `written` says how many, also
  /// when there is an error behind them.
  virtual std::error_code append_some(std::string_view bytes, std::size_t& written) = 0;

  /// Fills `to` from this offset on; `got` is less than its size only at the end of the file.
  virtual std::error_code read(std::uint64_t offset, std::span<char> to, std::size_t& got) = 0;

  /// Returns when everything that was written before is on the medium. After an error what was
  /// written is lost or not, nobody knows: asking again proves nothing.
  virtual std::error_code sync() = 0;

  virtual std::error_code truncate(std::uint64_t bytes) = 0;

  virtual std::error_code size(std::uint64_t& bytes) = 0;

  /// append_some() until all is written, or an error. What was written before it stays.
  std::error_code append(std::string_view bytes);
};

/// Thread-safe. Relative paths start at the process's current directory of that moment.
class FileSystem {
 public:
  enum class Open : std::uint8_t {
    read,
    append,   // made where there is none
    replace,  // made, or emptied
  };

  FileSystem() = default;
  FileSystem(const FileSystem&) = delete;
  FileSystem& operator=(const FileSystem&) = delete;
  virtual ~FileSystem() = default;

  /// New files have the mode 0644, less the process's mask.
  virtual std::error_code open(const std::string& path, Open how, std::unique_ptr<File>& file) = 0;

  /// Replaces what is there. Durable only behind sync_directory().
  virtual std::error_code rename(const std::string& from, const std::string& to) = 0;

  virtual std::error_code remove(const std::string& path) = 0;

  /// Names that were made, moved or removed in the directory are on the medium behind it.
  virtual std::error_code sync_directory(const std::string& path) = 0;

  /// With the mode 0755, less the process's mask. That it is there already is no error.
  virtual std::error_code make_directory(const std::string& path) = 0;

  /// The names of the files in it, sorted, without "." and "..".
  virtual std::error_code list(const std::string& path, std::vector<std::string>& names) = 0;

  /// Whether there is anything at the path. What cannot be looked at is not there.
  virtual bool exists(const std::string& path) = 0;
};

/// The system's.
[[nodiscard]] FileSystem& system_files();

/// Opens, adds and syncs a temporary file beside it, and puts it in the place of `path`: a crash
/// leaves the old file or the new one. The temporary file is removed when something fails.
std::error_code replace_file(FileSystem& files, const std::string& path, std::string_view bytes);

/// "." for a name without one.
[[nodiscard]] std::string directory_of(const std::string& path);

}  // namespace respawn
