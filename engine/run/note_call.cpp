#include "engine/run/note_call.hpp"

#include <algorithm>

namespace respawn::engine {

namespace {

constexpr std::uint64_t ns_per_us = 1'000;
constexpr std::uint64_t ns_per_ms = 1'000'000;

/// `count` units in nanoseconds, or what no histogram tells apart any more.
std::uint64_t at_most(std::int64_t count, std::uint64_t unit_ns) {
  const auto units = static_cast<std::uint64_t>(count);
  return units >= Histogram::value_max / unit_ns ? Histogram::value_max : units * unit_ns;
}

/// From where a call is slow, to anybody's mind. At most what a histogram takes.
std::uint64_t slow_from_ns(const config::Config& config) {
  std::uint64_t ns = Histogram::value_max;
  if (config.slowlog_log_slower_than_us >= 0)
    ns = std::min(ns, at_most(config.slowlog_log_slower_than_us, ns_per_us));
  if (config.latency_monitor_threshold_ms > 0)
    ns = std::min(ns, at_most(config.latency_monitor_threshold_ms, ns_per_ms));
  return ns;
}

/// What the command looks for from now on, until the configuration changes.
void settle(const config::Config& config, CommandStatistics& counted) {
  if (config.latency_tracking && !counted.run_ns) counted.run_ns = std::make_unique<Histogram>();
  counted.look_from_ns = config.latency_tracking ? slow_from_ns(config) : 0;
}

void log_if_slow(Environment& environment, const FinishedCall& call) {
  const config::Config& config = environment.config();
  const CommandSpec& spec = *call.command.spec;
  if (config.slowlog_log_slower_than_us < 0 || spec.flags.has(Flag::skip_slowlog)) return;
  SlowLog& log = environment.store.slow_log;
  const std::uint64_t run_us = call.run_ns / ns_per_us;
  if (run_us < static_cast<std::uint64_t>(config.slowlog_log_slower_than_us))
    return log.trim(config.slowlog_max_len);
  const std::uint64_t arrived_ns = call.session.batch.arrived_ns;
  const std::int64_t waited_ns =
      arrived_ns == 0 ? -1 : static_cast<std::int64_t>(call.begun_ns - arrived_ns);
  log.add({.time_s = environment.clock.wall_us() / 1'000'000,
           .run_us = run_us,
           .wait_us = waited_ns < 0 ? -1 : waited_ns / static_cast<std::int64_t>(ns_per_us),
           .words = slow_log_words(spec, call.args),
           .address = call.session.peer_address,
           .client_name = call.session.name},
          config.slowlog_max_len);
}

}  // namespace

void note_call(Environment& environment, const FinishedCall& call) {
  CommandStatistics& counted = call.command.statistics;
  settle(environment.config(), counted);
  if (environment.config().latency_tracking) counted.run_ns->record_clamped(call.run_ns);
  note_event(environment,
             call.command.spec->flags.has(Flag::fast) ? latency_event::fast_command
                                                      : latency_event::command,
             call.run_ns);
  log_if_slow(environment, call);
}

void note_event(Environment& environment, std::string_view event, std::uint64_t ns) {
  const std::int64_t threshold_ms = environment.config().latency_monitor_threshold_ms;
  const auto ms = static_cast<std::int64_t>(ns / ns_per_ms);
  if (threshold_ms == 0 || ms < threshold_ms) return;
  environment.store.latency.add(
      event, {.time_s = environment.clock.wall_us() / 1'000'000, .latency_ms = ms});
}

}  // namespace respawn::engine
