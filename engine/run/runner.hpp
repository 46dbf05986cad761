// Runs one command: handler, effects, counters; and the commands within it.
#pragma once

#include <deque>
#include <string_view>
#include <vector>

#include "engine/run/admission.hpp"
#include "engine/run/execution.hpp"
#include "engine/run/unit_clock.hpp"

namespace respawn::engine {

/// What became of a command.
struct Ran {
  bool failed = false;
  bool reply_kept = false;        // CLIENT REPLY does not silence it
  BlockRequest* block = nullptr;  // it wants to wait, nothing was replied; until the next command
};

/// Owner: the executor. A command that is run is a unit with all that it runs inside: one time, one
/// record of what was touched and propagated, told to the listeners behind it.
class Runner final : public CommandRunner {
 public:
  Runner(Environment& environment, Admission& admission, UnitClock& clock)
      : environment_(environment), admission_(admission), clock_(clock) {}

  /// A unit of its own, at environment.unit_now_us, behind whose end listeners and subscribers know
  /// of it. The reply goes to the end of `output`. `foreseen`: a key of it that was hashed ahead.
  Ran run(Session& session, Command& command, Args args, Buffer& output, const HashedKey& foreseen);

  /// The command of a blocked session once more. What it ran before counts as part of its run time,
  /// what it waited does not.
  Ran run_again(Session& session, Command& command, Args args, Buffer& output);

  /// While another unit is suspended: a command that changes nothing. What the other one has done
  /// so far stays in the record.
  Ran run_aside(Session& session, Command& command, Args args, Buffer& output);

  bool run_nested(Session& session, Args args, Buffer& output) override;
  bool run_admitted(Session& session, Command& command, Args args, Buffer& output) override;

  [[nodiscard]] bool out_of_memory() const override { return admission_.out_of_memory(); }

  [[nodiscard]] bool lacks_replicas() const override { return admission_.lacks_replicas(); }

  void run_queue(Session& session, Buffer& output) override;

 private:
  /// What runs, for whom, and where the reply goes.
  struct Call {
    Session& session;
    Command& command;
    Args args;
    Buffer& output;
    const HashedKey& foreseen;
  };

  Ran execute(Effects& effects, const Call& call);
  Ran run_within(const Call& call, std::uint64_t& begun_ns);
  Ran run_unit(const Call& call);
  void record(Effects& effects, int db, const Call& call);

  Environment& environment_;
  Admission& admission_;
  UnitClock& clock_;
  Effects effects_;             // of the outermost command
  std::deque<Effects> nested_;  // one for each level of nesting that was reached
  std::size_t depth_ = 0;       // of the nested command that runs; 0: none does
};

}  // namespace respawn::engine
