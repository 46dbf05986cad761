// What is noted of a command that has run to its end: counters, run times, and more where it was
// slow.
#pragma once

#include "engine/run/environment.hpp"
#include "engine/run/latency_monitor.hpp"

namespace respawn::engine {

struct FinishedCall {
  Session& session;
  Command& command;
  Args args;
  std::uint64_t begun_ns = 0;  // by the stopwatch; of one that waited: when it first ran
  std::uint64_t run_ns = 0;    // without what it waited
};

/// Counts a command that has run to its end, and its run time. False when more is to be noted of
/// it, by note_call(). Costs a comparison beside the counters: whatever could want a closer look (a
/// slow log, an event, a histogram that is not there yet, a changed configuration) has brought
/// CommandStatistics::look_from_ns down.
inline bool count_call(Command& command, std::uint64_t run_ns, bool failed) {
  CommandStatistics& counted = command.statistics;
  ++counted.calls;
  counted.nanoseconds += run_ns;
  if (failed) ++counted.failed_calls;
  if (run_ns >= counted.look_from_ns) [[unlikely]]
    return false;
  counted.run_ns->record(run_ns);
  return true;
}

/// What count_call() left over.
void note_call(Environment& environment, const FinishedCall& call);

/// A sample for LATENCY where something took as long as latency-monitor-threshold says, or longer.
void note_event(Environment& environment, std::string_view event, std::uint64_t ns);

/// Does the work, and notes how long it took. Reads no clock while LATENCY does not want to know.
template <class Work>
auto timed(Environment& environment, std::string_view event, Work&& work) {
  if (environment.config().latency_monitor_threshold_ms == 0) [[likely]]
    return work();
  const std::uint64_t start_ns = environment.clock.stopwatch_ns();
  const auto result = work();
  note_event(environment, event, environment.clock.stopwatch_ns() - start_ns);
  return result;
}

}  // namespace respawn::engine
