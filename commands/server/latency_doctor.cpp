#include "commands/server/latency_doctor.hpp"

#include <string_view>

namespace respawn::commands {

namespace {

using engine::LatencyFigures;
using engine::LatencyMonitor;
using engine::LatencySeries;
namespace latency_event = engine::latency_event;

std::string ms(std::int64_t value) {
  return std::to_string(value) + " ms";
}

std::string line_about(std::string_view event, const LatencySeries& series, std::int64_t now_s) {
  const LatencyFigures figures = engine::figures_of(series, now_s);
  return "- " + std::string(event) + ": " + std::to_string(figures.samples) + " in the last " +
         std::to_string(figures.period_s) + " s; mean " + ms(figures.mean_ms) + ", deviation " +
         ms(figures.deviation_ms) + ", from " + ms(figures.lowest_ms) + " to " +
         ms(figures.highest_ms) + "; the longest ever " + ms(series.longest_ms()) + "\n";
}

/// What may help against slow commands.
std::string advice_on_commands(const config::Config& config) {
  const std::int64_t threshold_us = config.latency_monitor_threshold_ms * 1000;
  if (config.slowlog_log_slower_than_us < 0)
    return "- The slow log is off, so nobody knows which commands these were: CONFIG SET "
           "slowlog-log-slower-than " +
           std::to_string(threshold_us) + "\n";
  std::string advice;
  if (threshold_us > 0 && config.slowlog_log_slower_than_us > threshold_us)
    advice =
        "- The slow log begins above latency-monitor-threshold, so it lacks some of these: "
        "CONFIG SET slowlog-log-slower-than " +
        std::to_string(threshold_us) + "\n";
  return advice +
         "- SLOWLOG GET tells which commands they were. Those that look at all keys or at whole "
         "large values (KEYS, SORT, SUNION, LRANGE 0 -1) can be replaced by SCAN and its kin, or "
         "by ranges.\n";
}

constexpr std::string_view on_fast_commands =
    "- Commands that do little took long: the process did not get its processor, or memory was "
    "swapped out. Compare used_memory_rss with the machine's memory, look at the load of its "
    "processors, and at the host's if it is a virtual machine.\n";
constexpr std::string_view on_expiry =
    "- Many keys end at the same time. Times to live that differ by a random part spread the "
    "work.\n";
constexpr std::string_view on_eviction =
    "- Room has to be made in bursts: maxmemory was lowered at once, or large values are written. "
    "A lower maxmemory-eviction-tenacity makes each burst shorter.\n";
constexpr std::string_view on_log =
    "- The disk that holds the append log is slow, or others use it. With appendfsync everysec "
    "nobody waits for it; RESPAWN DURABILITY shows how long flushes take.\n";

std::string advice(const LatencyMonitor& monitor, const config::Config& config) {
  std::string text;
  if (monitor.find(latency_event::command)) text += advice_on_commands(config);
  if (monitor.find(latency_event::fast_command)) text += on_fast_commands;
  if (monitor.find(latency_event::expire_cycle)) text += on_expiry;
  if (monitor.find(latency_event::eviction_cycle) || monitor.find(latency_event::eviction_deletion))
    text += on_eviction;
  if (monitor.find(latency_event::log_write) || monitor.find(latency_event::log_sync_always))
    text += on_log;
  return text;
}

}  // namespace

std::string latency_report(const LatencyMonitor& monitor, const config::Config& config,
                           std::int64_t now_s) {
  if (monitor.events().empty()) {
    if (config.latency_monitor_threshold_ms == 0)
      return "Nothing is recorded: latency-monitor-threshold is 0. CONFIG SET "
             "latency-monitor-threshold 100 records what takes 100 ms or longer.\n";
    return "Nothing has taken " + ms(config.latency_monitor_threshold_ms) + " or longer so far.\n";
  }
  std::string report = "What took long:\n";
  for (const auto& [event, series] : monitor.events()) report += line_about(event, series, now_s);
  if (const std::string text = advice(monitor, config); !text.empty())
    report += "\nWhat may help:\n" + text;
  return report;
}

}  // namespace respawn::commands
