// LATENCY: what took long, by kind of event, and how the run times of commands are distributed.
#include <array>

#include "commands/families.hpp"
#include "commands/server/latency_doctor.hpp"
#include "commands/server/sparkline.hpp"
#include "commands/shared/help.hpp"

namespace respawn::commands {

namespace {

std::int64_t now_s(const Execution& x) {
  return x.now_us() / 1'000'000;
}

void latency_history(Execution& x, Args args) {
  const LatencySeries* series = x.store().latency.find(args[2]);
  if (!series) return x.reply.array(0);
  const std::vector<LatencySample> samples = series->samples();
  x.reply.array(samples.size());
  for (const LatencySample& sample : samples) {
    x.reply.array(2);
    x.reply.integer(sample.time_s);
    x.reply.integer(sample.latency_ms);
  }
}

void latency_latest(Execution& x, Args) {
  const auto& events = x.store().latency.events();
  x.reply.array(events.size());
  for (const auto& [name, series] : events) {
    x.reply.array(4);
    x.reply.bulk(name);
    x.reply.integer(series.latest().time_s);
    x.reply.integer(series.latest().latency_ms);
    x.reply.integer(series.longest_ms());
  }
}

void latency_doctor(Execution& x, Args) {
  x.reply.verbatim("txt", latency_report(x.store().latency, x.config(), now_s(x)));
}

/// How long ago, in the largest unit that fits: "5s", "3m", "2h", "1d".
std::string age_text(std::int64_t age_s) {
  if (age_s < 60) return std::to_string(age_s) + "s";
  if (age_s < 3600) return std::to_string(age_s / 60) + "m";
  if (age_s < 86'400) return std::to_string(age_s / 3600) + "h";
  return std::to_string(age_s / 86'400) + "d";
}

void latency_graph(Execution& x, Args args) {
  const LatencySeries* series = x.store().latency.find(args[2]);
  if (!series)
    return x.fail("ERR No samples available for event '" + std::string(errors::up_to_nul(args[2])) +
                  "'");
  const LatencyFigures figures = figures_of(*series, now_s(x));
  std::vector<LabelledValue> values;
  for (const LatencySample& sample : series->samples())
    values.push_back({sample.latency_ms, age_text(now_s(x) - sample.time_s)});
  std::string text(args[2]);
  text += " - high " + std::to_string(figures.highest_ms) + " ms, low " +
          std::to_string(figures.lowest_ms) + " ms (all time high " +
          std::to_string(series->longest_ms()) + " ms)\n";
  text += std::string(80, '-') + '\n' + sparkline(values);
  x.reply.verbatim("txt", text);
}

void latency_reset(Execution& x, Args args) {
  LatencyMonitor& monitor = x.store().latency;
  std::size_t count = 0;
  if (args.size() == 2) count = monitor.reset_all();
  for (const std::string_view event : args.subspan(2)) count += monitor.reset(event);
  x.reply.integer(static_cast<std::int64_t>(count));
}

/// Powers of two from 1,024 ns to the largest value. Redis names each by the largest value, in
/// microseconds, that it does not tell from the power itself.
struct Level {
  std::uint64_t ns = 0;

  [[nodiscard]] std::int64_t name_us() const {
    return static_cast<std::int64_t>((ns + ns / 128 - 1) / 1000);
  }
};

void write_distribution(Execution& x, const Command& command) {
  const Histogram& histogram = *command.statistics.run_ns;
  x.reply.bulk(command.spec->name);
  x.reply.map(2);
  x.reply.bulk("calls");
  x.reply.integer(static_cast<std::int64_t>(histogram.total()));
  x.reply.bulk("histogram_usec");
  const std::size_t place = x.reply.announce();
  std::size_t pairs = 0;
  std::uint64_t counted = 0;
  for (Level level{1024}; counted < histogram.total(); level.ns *= 2) {
    const std::uint64_t count = histogram.count_up_to(level.ns);
    if (count == counted) continue;
    counted = count;
    x.reply.integer(level.name_us());
    x.reply.integer(static_cast<std::int64_t>(count));
    ++pairs;
  }
  x.reply.settle(place, protocol::ReplyWriter::Aggregate::map, pairs);
}

/// Itself and its subcommands, those that were used.
void collect_used(const Command& command, std::vector<const Command*>& used) {
  if (command.statistics.run_ns) used.push_back(&command);
  for (const Command* sub : command.subcommands) collect_used(*sub, used);
}

void latency_histogram(Execution& x, Args args) {
  const Registry& registry = x.store().registry;
  std::vector<const Command*> used;
  if (args.size() == 2)
    for (const Command* command : registry.commands()) collect_used(*command, used);
  for (const std::string_view name : args.subspan(2))
    if (const Command* command = registry.find_full(name)) collect_used(*command, used);
  x.reply.map(used.size());
  for (const Command* command : used) write_distribution(x, *command);
}

constexpr Flags latency_flags = {Flag::admin, Flag::noscript, Flag::loading, Flag::stale};
constexpr std::array<std::string_view, 4> own_tips = {
    "nondeterministic_output", "request_policy:all_nodes", "response_policy:special"};

constexpr CommandSpec latency_subcommands[] = {
    command({.name = "latency|doctor",
             .group = Group::server,
             .flags = latency_flags,
             .tips = own_tips,
             .since = "2.8.13",
             .complexity = "O(1)",
             .summary = "Returns a report on what took long, and what may help.",
             .run = latency_doctor}),
    command({.name = "latency|graph",
             .syntax = "event",
             .group = Group::server,
             .flags = latency_flags,
             .tips = own_tips,
             .since = "2.8.13",
             .complexity = "O(1)",
             .summary = "Draws the samples of an event.",
             .run = latency_graph}),
    command({.name = "latency|histogram",
             .syntax = "[command [command ...]]",
             .group = Group::server,
             .flags = latency_flags,
             .tips = own_tips,
             .since = "7.0.0",
             .complexity =
                 "O(N) where N is the number of commands with latency information being retrieved.",
             .summary = "Returns how the run times of commands are distributed.",
             .run = latency_histogram}),
    command({.name = "latency|history",
             .syntax = "event",
             .group = Group::server,
             .flags = latency_flags,
             .tips = own_tips,
             .since = "2.8.13",
             .complexity = "O(1)",
             .summary = "Returns the samples of an event with their times.",
             .run = latency_history}),
    command({.name = "latency|latest",
             .group = Group::server,
             .flags = latency_flags,
             .tips = own_tips,
             .since = "2.8.13",
             .complexity = "O(1)",
             .summary = "Returns the last sample and the longest of each event.",
             .run = latency_latest}),
    command({.name = "latency|reset",
             .syntax = "[event [event ...]]",
             .group = Group::server,
             .flags = latency_flags,
             .tips = {"request_policy:all_nodes", "response_policy:agg_sum"},
             .since = "2.8.13",
             .complexity = "O(1)",
             .summary = "Forgets the samples of these events, or of all.",
             .run = latency_reset}),
    command({.name = "latency|help",
             .group = Group::server,
             .flags = {Flag::loading, Flag::stale},
             .since = "2.8.13",
             .complexity = "O(1)",
             .summary = "Prints this help.",
             .run = container_help}),
};

constexpr CommandSpec latency_rows[] = {
    command({.name = "latency",
             .group = Group::server,
             .since = "2.8.13",
             .complexity = "Depends on subcommand.",
             .summary = "Shows what took long.",
             .subcommands = latency_subcommands}),
};

}  // namespace

constinit const std::span<const CommandSpec> latency_commands = latency_rows;

}  // namespace respawn::commands
