// INFO commandstats and errorstats: calls by command, errors by code.
#include <algorithm>

#include "base/text.hpp"
#include "commands/info_sections.hpp"
#include "commands/server/memory_overview.hpp"

namespace respawn::commands {

namespace {

void write_command(const Command& command, InfoWriter& out) {
  const CommandStatistics& counted = command.statistics;
  if (counted.calls + counted.failed_calls + counted.rejected_calls > 0) {
    InfoWriter mean;
    mean.decimal("usec_per_call", ratio(counted.nanoseconds / 1000, counted.calls));
    std::string per_call = mean.take();
    std::replace(per_call.begin(), per_call.end(), ':', '=');
    out.field("cmdstat_" + std::string(command.spec->name),
              "calls=" + std::to_string(counted.calls) + ",usec=" +
                  std::to_string(counted.nanoseconds / 1000) + "," + std::string(trim(per_call)) +
                  ",rejected_calls=" + std::to_string(counted.rejected_calls) +
                  ",failed_calls=" + std::to_string(counted.failed_calls));
  }
  for (const Command* sub : command.subcommands) write_command(*sub, out);
}

void write_commands(const InfoSource& source, InfoWriter& out) {
  for (const Command* command : source.store().registry.commands()) write_command(*command, out);
}

void write_errors(const InfoSource& source, InfoWriter& out) {
  for (const auto& [code, count] : source.store().statistics.errors) {
    std::string safe = code;
    std::replace_if(
        safe.begin(), safe.end(), [](char c) { return c == ':' || c == '#'; }, '_');
    out.field("errorstat_" + safe, "count=" + std::to_string(count));
  }
}

}  // namespace

constinit const InfoSection command_counts_section = {.name = "commandstats",
                                                      .title = "Commandstats",
                                                      .group = InfoGroup::all,
                                                      .write = write_commands};

constinit const InfoSection error_counts_section = {
    .name = "errorstats", .title = "Errorstats", .write = write_errors};

}  // namespace respawn::commands
