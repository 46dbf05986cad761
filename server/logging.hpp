// The server's log: text in Redis's shape or JSON lines, on standard output or in a file.
#pragma once

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
class Log {
 public:
  using Fields = std::vector<std::pair<std::string_view, std::string>>;

  /// Opens the file (or standard output) that the configuration names.
  static Result<std::shared_ptr<Log>> open(const config::Config& config);

  void write(engine::LogLevel level, std::string_view text, const Fields& fields = {});

  /// One line for a supervision report, its parts as fields.
  void write(const supervision::SupervisionReport& report);

  void set_level(config::LogLevel level);

 private:
  Log(std::shared_ptr<spdlog::logger> logger, bool json)
      : logger_(std::move(logger)), json_(json) {}

  std::shared_ptr<spdlog::logger> logger_;
  const bool json_;
};

}  // namespace respawn::server
