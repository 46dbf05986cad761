// The server's log: text in Redis's shape or JSON lines, on standard output or in a file.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "config/config.hpp"
#include "engine/run/services.hpp"
#include "supervision/report.hpp"

namespace spdlog {
class logger;
}

namespace respawn::server {

/// Thread-safe. A line is written at once; nothing is buffered past a call.
class Log final : public engine::LogService {
 public:
  using Fields = std::vector<std::pair<std::string_view, std::string>>;

  /// Opens the file (or standard output) that the configuration names.
  static Result<std::shared_ptr<Log>> open(const config::Config& config);

  void write(engine::LogLevel level, std::string_view text) override { write(level, text, {}); }

  void write(engine::LogLevel level, std::string_view text, const Fields& fields);

  /// One line for a supervision report, its parts as fields.
  void write(const supervision::SupervisionReport& report);

  /// Lines have the level and shape that the configuration names, from now on.
  void configure(const config::Config& config);

 private:
  Log(std::shared_ptr<spdlog::logger> text, std::shared_ptr<spdlog::logger> json)
      : text_(std::move(text)), json_(std::move(json)) {}

  // One for each shape of a line, over the same sink.
  const std::shared_ptr<spdlog::logger> text_;
  const std::shared_ptr<spdlog::logger> json_;
  std::atomic<bool> in_json_{false};
};

}  // namespace respawn::server
