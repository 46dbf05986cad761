// The server's log: text in Redis's shape or JSON lines, on standard output or in a file.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "config/config.hpp"
#include "engine/run/services.hpp"
#include "server/log_file.hpp"
#include "supervision/report.hpp"

namespace spdlog {
class formatter;
}

namespace respawn::server {

/// Thread-safe. A line is written at once; nothing is buffered past a call. Nothing throws, and
/// nobody has to look after the file: one that was moved away or removed is opened anew at
/// reopen(), and else at the first line that is written a second later; lines that a full disk
/// did not take are counted, and the first one behind them says how many there were.
class Log final : public engine::LogService {
 public:
  using Fields = std::vector<std::pair<std::string_view, std::string>>;

  /// Opens the file (or standard output) that the configuration names. The clock outlives the log.
  static Result<std::shared_ptr<Log>> open(const config::Config& config, const Clock& clock);

  ~Log() override;
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  [[nodiscard]] bool enabled(engine::LogLevel level) const override {
    return static_cast<int>(level) >= threshold_.load(std::memory_order_relaxed);
  }

  void write(engine::LogLevel level, std::string_view text) override { write(level, text, {}); }

  void write(engine::LogLevel level, std::string_view text, const Fields& fields);

  /// One line for a supervision report, its parts as fields.
  void write(const supervision::SupervisionReport& report);

  /// Lines have the level and shape that the configuration names, from now on.
  void configure(const config::Config& config);

  /// Opens the file again; when that fails the old one stays, and both it and standard error hear
  /// why.
  void reopen();

  /// Of the file, as long as the log lives.
  [[nodiscard]] int descriptor() const { return file_->descriptor(); }

  [[nodiscard]] bool on_standard_output() const { return file_->is_standard_output(); }

 private:
  Log(std::unique_ptr<LogFile> file, const Clock& clock);

  bool append(engine::LogLevel level, std::string_view text, const Fields& fields);
  void emit(engine::LogLevel level, std::string_view text, const Fields& fields);
  void complain(const std::string& text);
  void look_after_file();

  std::atomic<int> threshold_{0};  // an engine::LogLevel, or past them
  std::atomic<bool> in_json_{false};

  std::mutex mutex_;  // guards the rest, and the file
  const std::unique_ptr<LogFile> file_;
  const Clock& clock_;
  const std::unique_ptr<spdlog::formatter> text_;
  const std::unique_ptr<spdlog::formatter> json_;
  std::uint64_t lost_ = 0;         // lines since the last one that could be written
  int error_ = 0;                  // of the last one that could not
  std::int64_t looked_at_us_ = 0;  // when the path was compared with the file
  bool complained_ = false;        // of a file that can't be opened again
};

}  // namespace respawn::server
