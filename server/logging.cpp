#include "server/logging.hpp"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <nlohmann/json.hpp>

namespace respawn::server {

namespace {

using spdlog::level::level_enum;

level_enum to_spdlog(engine::LogLevel level) {
  switch (level) {
    case engine::LogLevel::debug:
      return level_enum::trace;
    case engine::LogLevel::verbose:
      return level_enum::debug;
    case engine::LogLevel::notice:
      return level_enum::info;
    case engine::LogLevel::warning:
      return level_enum::warn;
  }
  return level_enum::warn;
}

level_enum threshold(config::LogLevel level) {
  switch (level) {
    case config::LogLevel::debug:
      return level_enum::trace;
    case config::LogLevel::verbose:
      return level_enum::debug;
    case config::LogLevel::notice:
      return level_enum::info;
    case config::LogLevel::warning:
      return level_enum::warn;
    case config::LogLevel::nothing:
      return level_enum::off;
  }
  return level_enum::info;
}

/// Redis's one-character levels: . - * #
class LevelMark final : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm&,
              spdlog::memory_buf_t& out) override {
    out.push_back(".-*######"[message.level]);
  }

  [[nodiscard]] std::unique_ptr<custom_flag_formatter> clone() const override {
    return spdlog::details::make_unique<LevelMark>();
  }
};

constexpr const char* text_pattern = "%P:M %d %b %Y %H:%M:%S.%e %* %v";
constexpr const char* json_pattern =
    R"({"time":"%Y-%m-%dT%H:%M:%S.%e%z","pid":%P,"level":"%l",%v})";

std::unique_ptr<spdlog::formatter> make_formatter(const char* pattern) {
  auto formatter = std::make_unique<spdlog::pattern_formatter>();
  formatter->add_flag<LevelMark>('*');
  formatter->set_pattern(pattern);
  return formatter;
}

constexpr const char* json_logger = "json";

/// Chooses the pattern by the logger: a line whose body was made in one shape ends in it.
class ShapeFormatter final : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
    (message.logger_name == json_logger ? json_ : text_)->format(message, out);
  }

  [[nodiscard]] std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<ShapeFormatter>();
  }

 private:
  std::unique_ptr<spdlog::formatter> text_ = make_formatter(text_pattern);
  std::unique_ptr<spdlog::formatter> json_ = make_formatter(json_pattern);
};

std::shared_ptr<spdlog::logger> make_logger(const char* name,
                                            const std::shared_ptr<spdlog::sinks::sink>& sink) {
  auto logger = std::make_shared<spdlog::logger>(name, sink);
  logger->flush_on(level_enum::trace);
  return logger;
}

std::string json_body(std::string_view text, const Log::Fields& fields) {
  const auto handling = nlohmann::json::error_handler_t::replace;
  auto quote = [&](std::string_view raw) {
    return nlohmann::json(raw).dump(-1, ' ', false, handling);
  };
  std::string body = "\"message\":" + quote(text);
  for (const auto& [name, value] : fields) body += "," + quote(name) + ":" + quote(value);
  return body;
}

std::string text_body(std::string_view text, const Log::Fields& fields) {
  std::string body(text);
  for (const auto& [name, value] : fields) {
    body += ' ';
    body += name;
    body += '=';
    body += value.find(' ') == std::string::npos ? value : '"' + value + '"';
  }
  return body;
}

}  // namespace

Result<std::shared_ptr<Log>> Log::open(const config::Config& config) {
  std::shared_ptr<spdlog::sinks::sink> sink;
  try {
    if (config.logfile.empty())
      sink = std::make_shared<spdlog::sinks::stdout_sink_mt>();
    else
      sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(config.logfile);
  } catch (const spdlog::spdlog_ex& error) {
    return failure("Can't open the log file: " + std::string(error.what()));
  }
  sink->set_formatter(std::make_unique<ShapeFormatter>());
  std::shared_ptr<Log> log(new Log(make_logger("text", sink), make_logger(json_logger, sink)));
  log->configure(config);
  return log;
}

void Log::write(engine::LogLevel level, std::string_view text, const Fields& fields) {
  const level_enum severity = to_spdlog(level);
  const bool in_json = in_json_.load(std::memory_order_relaxed);
  spdlog::logger& logger = in_json ? *json_ : *text_;
  if (!logger.should_log(severity)) return;
  const std::string body = in_json ? json_body(text, fields) : text_body(text, fields);
  logger.log(severity, spdlog::string_view_t(body.data(), body.size()));
}

void Log::write(const supervision::SupervisionReport& report) {
  const bool good = report.kind == supervision::ReportKind::restarted;
  write(good ? engine::LogLevel::notice : engine::LogLevel::warning, "supervision",
        {{"event", std::string(supervision::to_string(report.kind))},
         {"supervisor", report.supervisor},
         {"child", report.child},
         {"reason", report.reason},
         {"restart", std::string(supervision::to_string(report.restart))},
         {"attempt", std::to_string(report.attempt)},
         {"restarts_in_period", std::to_string(report.restarts)}});
}

void Log::configure(const config::Config& config) {
  for (spdlog::logger* logger : {text_.get(), json_.get()})
    logger->set_level(threshold(config.loglevel));
  in_json_.store(config.log_format == config::LogFormat::json, std::memory_order_relaxed);
}

}  // namespace respawn::server
