// INFO latencystats: percentiles of run times by command, and of what requests waited and took.
#include <array>
#include <cstdio>

#include "commands/info_sections.hpp"

namespace respawn::commands {

namespace {

/// "50", "99.9": without zeros that say nothing.
std::string percentile_text(double percentile) {
  std::array<char, 64> text;
  const int length = std::snprintf(text.data(), text.size(), "%f", percentile);
  std::string digits(text.data(), static_cast<std::size_t>(length));
  digits.erase(digits.find_last_not_of('0') + 1);
  if (digits.back() == '.') digits.pop_back();
  return digits;
}

std::string microseconds_text(std::uint64_t ns) {
  std::array<char, 64> text;
  const int length =
      std::snprintf(text.data(), text.size(), "%.3f", static_cast<double>(ns) / 1000);
  return {text.data(), static_cast<std::size_t>(length)};
}

/// "p50=1.003,p99=4.127".
template <class AnyHistogram>
std::string percentiles_text(const AnyHistogram& histogram, const config::Config& config) {
  std::string text;
  for (const double percentile : config.latency_tracking_info_percentiles) {
    if (!text.empty()) text += ',';
    text += "p" + percentile_text(percentile) + "=" +
            microseconds_text(histogram.at_percentile(percentile));
  }
  return text;
}

void write_command(const InfoSource& source, const Command& command, InfoWriter& out) {
  if (const auto& histogram = command.statistics.run_ns)
    out.field("latency_percentiles_usec_" + std::string(command.spec->name),
              percentiles_text(*histogram, source.config()));
  for (const Command* sub : command.subcommands) write_command(source, *sub, out);
}

template <class AnyHistogram>
void write_requests(const InfoSource& source, std::string_view name, const AnyHistogram& histogram,
                    InfoWriter& out) {
  if (histogram.total() > 0) out.field(name, percentiles_text(histogram, source.config()));
}

void write_latencies(const InfoSource& source, InfoWriter& out) {
  const Store& store = source.store();
  if (!source.config().latency_tracking) return;
  for (const Command* command : store.registry.commands()) write_command(source, *command, out);
  write_requests(source, "respawn_request_wait_usec", store.request_times.wait_ns, out);
  write_requests(source, "respawn_request_run_usec", store.request_times.run_ns, out);
  if (const SharedHistogram* replies = source.environment.services.process.reply_times())
    write_requests(source, "respawn_request_reply_usec", *replies, out);
}

}  // namespace

constinit const InfoSection latencies_section = {.name = "latencystats",
                                                 .title = "Latencystats",
                                                 .group = InfoGroup::all,
                                                 .write = write_latencies};

}  // namespace respawn::commands
