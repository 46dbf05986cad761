// Where configuration is read from and written to; tests pass files in memory.
#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"

namespace respawn::config {

/// Relative paths mean the same directory for the whole life of the object, wherever the process
/// moves to later. Errors are the system's short text ("No such file or directory").
class Files {
 public:
  virtual ~Files() = default;

  [[nodiscard]] virtual Result<std::string> read(const std::string& path) const = 0;
  [[nodiscard]] virtual Result<std::string> read_standard_input() const = 0;

  /// Paths that match a shell pattern, sorted; none is no error.
  [[nodiscard]] virtual std::vector<std::string> matching(const std::string& pattern) const = 0;

  /// Without "..", ".", double slashes and, as far as the path exists, symbolic links.
  [[nodiscard]] virtual std::string absolute(const std::string& path) const = 0;

  /// The absolute path of a directory that the process may make its own.
  [[nodiscard]] virtual Result<std::string> directory(const std::string& path) const = 0;

  /// Replaces the whole file at once: readers see the old text or the new one, also after a crash.
  [[nodiscard]] virtual Status replace(const std::string& path, const std::string& text) const = 0;
};

/// The real ones. Thread-safe.
class SystemFiles final : public Files {
 public:
  /// Relative paths start at the current directory of this moment.
  SystemFiles();

  [[nodiscard]] Result<std::string> read(const std::string& path) const override;
  [[nodiscard]] Result<std::string> read_standard_input() const override;
  [[nodiscard]] std::vector<std::string> matching(const std::string& pattern) const override;
  [[nodiscard]] std::string absolute(const std::string& path) const override;
  [[nodiscard]] Result<std::string> directory(const std::string& path) const override;
  [[nodiscard]] Status replace(const std::string& path, const std::string& text) const override;

 private:
  std::string start_;
};

}  // namespace respawn::config
