#include <clocale>

#include "config/option_rows.hpp"

namespace respawn::config {
namespace {

constexpr Name log_levels[] = {{"debug", code(LogLevel::debug)},
                               {"verbose", code(LogLevel::verbose)},
                               {"notice", code(LogLevel::notice)},
                               {"warning", code(LogLevel::warning)},
                               {"nothing", code(LogLevel::nothing)}};
constexpr Name log_formats[] = {{"text", code(LogFormat::text)}, {"json", code(LogFormat::json)}};
constexpr Name supervisors[] = {{"upstart", code(SupervisedBy::upstart)},
                                {"systemd", code(SupervisedBy::systemd)},
                                {"auto", code(SupervisedBy::automatic)},
                                {"no", code(SupervisedBy::no)}};
constexpr Name syslog_facilities[] = {{"user", 0},   {"local0", 1}, {"local1", 2},
                                      {"local2", 3}, {"local3", 4}, {"local4", 5},
                                      {"local5", 6}, {"local6", 7}, {"local7", 8}};
constexpr Name shutdown_flags[] = {{"default", 0},
                                   {"save", shutdown_flag::save},
                                   {"nosave", shutdown_flag::nosave},
                                   {"now", shutdown_flag::now},
                                   {"force", shutdown_flag::force}};
constexpr Name oom_adjustments[] = {{"no", code(OomScoreAdjust::no)},
                                    {"yes", code(OomScoreAdjust::relative)},
                                    {"relative", code(OomScoreAdjust::relative)},
                                    {"absolute", code(OomScoreAdjust::absolute)}};
constexpr Name pubsub_defaults[] = {{"allchannels", code(AclPubsubDefault::all_channels)},
                                    {"resetchannels", code(AclPubsubDefault::reset_channels)}};

const char* check_shutdown(Value& value) {
  constexpr int both = shutdown_flag::save | shutdown_flag::nosave;
  if ((std::get<std::int64_t>(value) & both) == both)
    return "shutdown options SAVE and NOSAVE can't be used simultaneously";
  return nullptr;
}

/// Out of range is not an error: the value is a hint, moved to the nearest useful one.
const char* limit_hz(Value& value) {
  auto& hz = std::get<std::int64_t>(value);
  hz = hz < 1 ? 1 : hz > 500 ? 500 : hz;
  return nullptr;
}

const char* check_title(Value& value) {
  constexpr std::string_view known[] = {"{title}",       "{listen-addr}", "{server-mode}",
                                        "{config-file}", "{port}",        "{tls-port}",
                                        "{unixsocket}"};
  constexpr const char* refusal = "template format is invalid or contains unknown variables";
  std::string_view rest = std::get<std::string>(value);
  if (rest.empty()) return refusal;
  while (!rest.empty()) {
    std::size_t step = rest.front() != '{' ? 1 : rest.starts_with("{{") ? 2 : 0;
    for (std::string_view variable : known)
      if (rest.starts_with(variable)) step = variable.size();
    if (step == 0) return refusal;
    rest.remove_prefix(step);
  }
  return nullptr;
}

bool adjusts(const Value& value) {
  return std::get<std::int64_t>(value) != code(OomScoreAdjust::no);
}

bool drops_password(const Value& before, const Value& after) {
  return is_given(before) && !is_given(after);
}

/// Whether the system has the locale. An environment that names one which it has not is no fault of
/// the configuration.
const char* check_locale(Value& value) {
  if (!is_given(value)) return nullptr;
  locale_t locale = ::newlocale(LC_COLLATE_MASK, std::get<std::string>(value).c_str(), nullptr);
  if (locale == nullptr) return "Invalid locale name";
  ::freelocale(locale);
  return nullptr;
}

constexpr Option flags(std::string_view name) {
  Option option = make_option(name, Kind::flags, "default");
  option.names = shutdown_flags;
  return option.checked(check_shutdown);
}

constexpr Option rows[] = {
    integer("databases", "16", 1)
        .bind<&Config::databases>()
        .immutable()
        .implemented()
        .about("How many numbered databases there are."),
    text("dir", ".")
        .bind<&Config::dir>()
        .applied_by(Applies::directory)
        .guarded()
        .not_while_loading()
        .implemented()
        .about("Working directory: data files and relative paths are in it."),
    boolean("daemonize", "no")
        .bind<&Config::daemonize>()
        .immutable()
        .implemented()
        .about("Whether the server leaves the terminal; run it under a service manager instead."),
    text("pidfile").bind<&Config::pidfile>().immutable().implemented().about(
        "File that holds the process id while the server runs."),
    choice("loglevel", "notice", log_levels)
        .bind<&Config::loglevel>()
        .applied_by(Applies::log)
        .implemented()
        .about("Least important message that is logged."),
    choice("log-format", "text", log_formats)
        .bind<&Config::log_format>()
        .applied_by(Applies::log)
        .implemented()
        .about("Shape of a log line: for people, or one JSON object."),
    text("logfile").bind<&Config::logfile>().immutable().implemented().about(
        "File that the log is appended to; empty means standard output."),
    boolean("syslog-enabled", "no")
        .immutable()
        .promises(is_yes, "the log goes to a file or to standard output only")
        .about("Whether the log also goes to syslog."),
    text("syslog-ident", "redis").immutable().about("Program name given to syslog."),
    choice("syslog-facility", "local0", syslog_facilities)
        .immutable()
        .about("Facility given to syslog."),
    integer("restart-intensity", "10", 0, 1000000)
        .bind<&Config::restart_intensity>()
        .immutable()
        .implemented()
        .hide()
        .about("Restarts within restart-period that a supervisor makes before it gives up."),
    integer("restart-period", "5000", 1)
        .bind<&Config::restart_period_ms>()
        .in(Unit::milliseconds)
        .immutable()
        .implemented()
        .hide()
        .about("Time window in which restarts are counted."),
    integer("restart-backoff-min", "0")
        .bind<&Config::restart_backoff_min_ms>()
        .in(Unit::milliseconds)
        .immutable()
        .implemented()
        .hide()
        .about("Pause before a second restart in a row; 0 restarts at once."),
    integer("restart-backoff-max", "10000")
        .bind<&Config::restart_backoff_max_ms>()
        .in(Unit::milliseconds)
        .immutable()
        .implemented()
        .hide()
        .about("Longest pause between restarts; pauses double up to it."),
    integer("restart-backoff-jitter", "20", 0, 100)
        .bind<&Config::restart_backoff_jitter_percent>()
        .in(Unit::percent)
        .immutable()
        .implemented()
        .hide()
        .about("Random part of a pause, so that many children do not return together."),
    integer("keyspace-slice-us", "1000", 10, 10000000)
        .bind<&Config::keyspace_slice_us>()
        .in(Unit::microseconds)
        .implemented()
        .about("How long one batch may run before the loop's other work gets its turn."),
    integer("shutdown-timeout", "10")
        .bind<&Config::shutdown_timeout_s>()
        .in(Unit::seconds)
        .about("How long a shutdown waits for replicas that are behind."),
    flags("shutdown-on-sigint")
        .bind<&Config::shutdown_on_sigint>()
        .implemented()
        .about("What SIGINT does about saving and waiting."),
    flags("shutdown-on-sigterm")
        .bind<&Config::shutdown_on_sigterm>()
        .implemented()
        .about("What SIGTERM does about saving and waiting."),
    integer("hz", "10")
        .bind<&Config::hz>()
        .in(Unit::hertz)
        .checked(limit_hz)
        .about("How often background work of the server looked for tasks; kept between 1 and 500."),
    boolean("dynamic-hz", "yes").about("Whether hz rises with the number of clients."),
    choice("supervised", "no", supervisors)
        .bind<&Config::supervised>()
        .immutable()
        .implemented()
        .about("Service manager that is told when the server is ready."),
    boolean("always-show-logo", "no").immutable().about("Whether a logo is printed at start."),
    boolean("set-proc-title", "yes")
        .bind<&Config::set_proc_title>()
        .immutable()
        .implemented()
        .about("Whether the process shows its addresses in the process list."),
    text("proc-title-template", "{title} {listen-addr} {server-mode}")
        .bind<&Config::proc_title_template>()
        .checked(check_title)
        .implemented()
        .about("What the process list shows."),
    boolean("crash-log-enabled", "yes")
        .bind<&Config::crash_log_enabled>()
        .applied_by(Applies::log)
        .implemented()
        .about("Whether a crash writes a report to the log."),
    boolean("hide-user-data-from-log", "no")
        .hide()
        .promises(is_yes, "at loglevel verbose a protocol error shows the first bytes of its cause")
        .about("Whether the log leaves out what clients have sent (Valkey)."),
    boolean("crash-memcheck-enabled", "yes").about("Whether a crash tests the memory."),
    boolean("use-exit-on-panic", "no")
        .hide()
        .about("Whether a panic exits instead of aborting, for tests."),
    integer("watchdog-period", "0")
        .in(Unit::milliseconds)
        .hide()
        .promises(is_not_zero, "stalls are not reported")
        .about("Length of a stall that is reported in the log; 0 reports none."),
    boolean("disable-thp", "yes").immutable().about("Whether transparent huge pages are refused."),
    choice("oom-score-adj", "no", oom_adjustments)
        .promises(adjusts, "the kernel is not told whom to kill first")
        .about("Whether the kernel is told whom to kill first when memory is out."),
    make_option("oom-score-adj-values", Kind::integers, "0 200 800")
        .about("Scores told to the kernel for a master, a replica and a background child."),
    text("ignore-warnings").about("Start-up warnings that are not fatal."),
    text("server_cpulist").immutable().about("Processors for the server's threads."),
    text("bio_cpulist").immutable().about("Processors for background threads."),
    text("aof_rewrite_cpulist").immutable().about("Processors for rewriting the append log."),
    text("bgsave_cpulist").immutable().about("Processors for writing snapshots."),
    text("locale-collate")
        .bind<&Config::locale_collate>()
        .checked(check_locale)
        .implemented()
        .about("Locale by which SORT ALPHA compares text; empty takes that of the environment."),
};

constexpr Option security[] = {
    text("requirepass")
        .bind<&Config::requirepass>()
        .keep_secret()
        .implemented()
        .guards_access(drops_password)
        .about("Password of the default user; empty asks for none."),
    text("aclfile").bind<&Config::aclfile>().immutable().implemented().about(
        "File with the users and rights."),
    integer("acllog-max-len", "128", 0, long_max)
        .bind<&Config::acllog_max_len>()
        .implemented()
        .about("Most entries kept in the log of refused commands."),
    choice("acl-pubsub-default", "resetchannels", pubsub_defaults)
        .bind<&Config::acl_pubsub_default>()
        .implemented()
        .about("Whether a new user may use all channels or none."),
    choice("enable-protected-configs", "no", permission_names)
        .bind<&Config::enable_protected_configs>()
        .immutable()
        .implemented()
        .about("Who may change guarded options with CONFIG SET."),
    choice("enable-debug-command", "no", permission_names)
        .bind<&Config::enable_debug_command>()
        .immutable()
        .implemented()
        .about("Who may use DEBUG."),
    choice("enable-module-command", "no", permission_names)
        .bind<&Config::enable_module_command>()
        .immutable()
        .implemented()
        .about("Who may use MODULE LOAD and UNLOAD, which fail: there are no modules."),
};

static_assert(well_formed(rows));
static_assert(well_formed(security));

}  // namespace

std::span<const Option> server_rows() {
  return rows;
}

std::span<const Option> security_rows() {
  return security;
}

}  // namespace respawn::config
