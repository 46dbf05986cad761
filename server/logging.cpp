#include "server/logging.hpp"

#include <spdlog/pattern_formatter.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <system_error>

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

/// The least important level that is written; past all of them for "nothing".
int threshold(config::LogLevel level) {
  switch (level) {
    case config::LogLevel::debug:
      return static_cast<int>(engine::LogLevel::debug);
    case config::LogLevel::verbose:
      return static_cast<int>(engine::LogLevel::verbose);
    case config::LogLevel::notice:
      return static_cast<int>(engine::LogLevel::notice);
    case config::LogLevel::warning:
      return static_cast<int>(engine::LogLevel::warning);
    case config::LogLevel::nothing:
      return static_cast<int>(engine::LogLevel::warning) + 1;
  }
  return static_cast<int>(engine::LogLevel::notice);
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

/// How often, at most, the path is looked at while lines are written.
constexpr std::int64_t look_interval_us = 1'000'000;

/// For whoever started the server; the log itself may be what is broken.
void say_on_stderr(const std::string& text) {
  std::fprintf(stderr, "%s\n", text.c_str());
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

Log::Log(std::unique_ptr<LogFile> file, const Clock& clock)
    : file_(std::move(file)),
      clock_(clock),
      text_(make_formatter(text_pattern)),
      json_(make_formatter(json_pattern)),
      looked_at_us_(clock.monotonic_us()) {}

Log::~Log() = default;

Result<std::shared_ptr<Log>> Log::open(const config::Config& config, const Clock& clock) {
  std::unique_ptr<LogFile> file;
  if (config.logfile.empty()) {
    file = LogFile::standard_output();
  } else {
    auto opened = LogFile::open(config.logfile);
    if (!opened) return failure(opened.error());
    file = std::move(*opened);
  }
  std::shared_ptr<Log> log(new Log(std::move(file), clock));
  log->configure(config);
  return log;
}

void Log::write(engine::LogLevel level, std::string_view text, const Fields& fields) {
  if (!enabled(level)) return;
  const std::lock_guard lock(mutex_);
  look_after_file();
  emit(level, text, fields);
}

bool Log::append(engine::LogLevel level, std::string_view text, const Fields& fields) {
  const bool in_json = in_json_.load(std::memory_order_relaxed);
  const std::string body = in_json ? json_body(text, fields) : text_body(text, fields);
  const spdlog::details::log_msg message("", to_spdlog(level),
                                         spdlog::string_view_t(body.data(), body.size()));
  spdlog::memory_buf_t line;
  (in_json ? json_ : text_)->format(message, line);
  const int error = file_->append({line.data(), line.size()});
  if (error != 0) error_ = error;
  return error == 0;
}

/// Under the lock. A line that can't be written is counted, and the next one that can says so.
void Log::emit(engine::LogLevel level, std::string_view text, const Fields& fields) {
  if (lost_ > 0) {
    const std::string reason = std::generic_category().message(error_);
    if (!append(engine::LogLevel::warning, "Lines of the log were lost",
                {{"lines", std::to_string(lost_)}, {"reason", reason}})) {
      ++lost_;
      return;
    }
    lost_ = 0;
  }
  if (append(level, text, fields)) return;
  if (lost_++ == 0)
    say_on_stderr("Can't write to the log: " + std::generic_category().message(error_));
}

/// Under the lock.
void Log::complain(const std::string& text) {
  if (enabled(engine::LogLevel::warning)) emit(engine::LogLevel::warning, text, {});
  say_on_stderr(text);
}

/// Under the lock. A rotation that tells nobody is noticed, too.
void Log::look_after_file() {
  const std::int64_t now_us = clock_.monotonic_us();
  if (now_us - looked_at_us_ < look_interval_us) return;
  looked_at_us_ = now_us;
  const Status opened = file_->moved() ? file_->reopen() : success();
  if (!opened && !complained_) complain(opened.error());
  complained_ = !opened;
}

void Log::reopen() {
  const std::lock_guard lock(mutex_);
  const bool moved = file_->moved();
  const Status opened = file_->reopen();
  complained_ = !opened;
  if (!opened) return complain(opened.error());
  if (moved && enabled(engine::LogLevel::notice))
    emit(engine::LogLevel::notice, "The log goes to a new file", {});
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
  threshold_.store(threshold(config.loglevel), std::memory_order_relaxed);
  in_json_.store(config.log_format == config::LogFormat::json, std::memory_order_relaxed);
}

}  // namespace respawn::server
