// What the log is written to: a file that others may move away, remove or truncate, or standard
// output.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace respawn::server {

/// Owner: the log, which calls it from one thread at a time. A file is opened for appending, so
/// that whoever truncates it in place leaves no hole. Nothing throws.
class LogFile {
 public:
  /// Creates the file unless it is there. The path is made absolute now: a later change of the
  /// working directory does not move the log.
  static Result<std::unique_ptr<LogFile>> open(const std::string& path);
  static std::unique_ptr<LogFile> standard_output();

  ~LogFile();
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;

  /// Writes a line with its end; 0, or the error for which it is not there, or not whole. What
  /// there is of it then gets a line end of its own before the next one.
  int append(std::string_view line);

  /// Whether the path leads to another file than the open one by now, or to none.
  [[nodiscard]] bool moved() const;

  /// Opens the path again, creating the file unless it is there. With an error, which names path
  /// and reason, the old file stays.
  Status reopen();

  /// The same number for the life of this object, also when the file is another.
  [[nodiscard]] int descriptor() const { return descriptor_; }

  [[nodiscard]] bool is_standard_output() const { return path_.empty(); }

 private:
  LogFile(std::string path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}

  int write_whole(std::string_view bytes);

  const std::string path_;  // "": standard output
  const int descriptor_;
  bool torn_ = false;  // the last line has no end
};

}  // namespace respawn::server
