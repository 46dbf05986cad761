// The table of contents of the append log: which files it is made of, and in which order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace respawn::persistence {

/// The letters are the format's.
enum class LogFileKind : char { base = 'b', history = 'h', incremental = 'i' };

/// A file of the log; its name is one without a directory.
struct LogFile {
  std::string name;
  std::int64_t sequence = 0;
  LogFileKind kind = LogFileKind::incremental;

  bool operator==(const LogFile&) const = default;
};

/// How a base holds the data.
enum class BaseFormat : std::uint8_t { rdb, commands };

/// Redis's multi-part format (since 7.0), both ways: a base, which is the data at a moment, then
/// incremental files, each with the units behind the one before; and the history, files that a
/// newer base made superfluous and that are to be removed. A value; whoever changes it saves it.
///
/// Invariants: the sequence numbers of incremental files rise; a sequence number is used once.
class LogManifest {
 public:
  /// Lines of the format are not longer.
  static constexpr std::size_t line_bytes_max = 1024;

  /// The error is what Redis logs before it gives up, one or several lines.
  static Result<LogManifest> parse(std::string_view text);

  /// Base, history, incremental files, a line each. Names with blanks or bytes that are not
  /// printable are quoted.
  [[nodiscard]] std::string text() const;

  [[nodiscard]] const std::optional<LogFile>& base() const { return base_; }

  [[nodiscard]] const std::vector<LogFile>& history() const { return history_; }

  [[nodiscard]] const std::vector<LogFile>& incremental() const { return incremental_; }

  /// Whether there is nothing to load.
  [[nodiscard]] bool empty() const { return !base_ && incremental_.empty(); }

  /// Base and incremental files in the order in which they are loaded.
  [[nodiscard]] std::vector<LogFile> to_load() const;

  /// A further incremental file; `prefix` is appendfilename.
  const LogFile& add_incremental(std::string_view prefix);

  /// A new base, in the place of the old one and of all incremental files but the last
  /// `incremental_kept`: these become history.
  const LogFile& replace_base(std::string_view prefix, BaseFormat format,
                              std::size_t incremental_kept);

  /// A log of the time before there were manifests becomes the base, under its own name.
  void adopt_base(std::string_view name);

  /// The history's files are gone.
  void forget_history() { history_.clear(); }

  bool operator==(const LogManifest&) const = default;

 private:
  /// The error that the line is, or null.
  const char* take_line(std::string_view line);
  const char* enter(LogFile file);

  std::optional<LogFile> base_;
  std::vector<LogFile> history_;
  std::vector<LogFile> incremental_;
  std::int64_t base_sequence_ = 0;         // of the last base there was
  std::int64_t incremental_sequence_ = 0;  // likewise
};

}  // namespace respawn::persistence
