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

std::unique_ptr<spdlog::formatter> make_formatter(bool json) {
  auto formatter = std::make_unique<spdlog::pattern_formatter>();
  formatter->add_flag<LevelMark>('*');
  if (json)
    formatter->set_pattern(R"({"time":"%Y-%m-%dT%H:%M:%S.%e%z","pid":%P,"level":"%l",%v})");
  else
    formatter->set_pattern("%P:M %d %b %Y %H:%M:%S.%e %* %v");
  return formatter;
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
  const bool json = config.log_format == config::LogFormat::json;
  sink->set_formatter(make_formatter(json));
  auto logger = std::make_shared<spdlog::logger>("respawn", std::move(sink));
  logger->flush_on(level_enum::trace);
  std::shared_ptr<Log> log(new Log(std::move(logger), json));
  log->set_level(config.loglevel);
  return log;
}

void Log::write(engine::LogLevel level, std::string_view text, const Fields& fields) {
  const level_enum severity = to_spdlog(level);
  if (!logger_->should_log(severity)) return;
  const std::string body = json_ ? json_body(text, fields) : text_body(text, fields);
  logger_->log(severity, spdlog::string_view_t(body.data(), body.size()));
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

void Log::set_level(config::LogLevel level) {
  logger_->set_level(threshold(level));
}

}  // namespace respawn::server
