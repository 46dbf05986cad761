#include "engine/run/runner.hpp"

#include "engine/clients/monitor.hpp"
#include "engine/run/ended_wait.hpp"
#include "engine/run/keyspace_events.hpp"

namespace respawn::engine {

/// Part of both of its callers: it runs for every command.
[[gnu::always_inline]] inline Ran Runner::execute(Effects& effects, const Call& call) {
  const CommandSpec& spec = *call.command.spec;
  Store& store = environment_.store;
  effects.block = false;
  call.session.last_command = &spec;
  const int db = call.session.db;

  environment_.step(Step::handler);
  Execution execution(environment_, call.session, effects, spec, call.output, call.foreseen);
  spec.run(execution, call.args);
  environment_.step(Step::behind_handler);

  if (store.unit.recorded()) [[unlikely]]
    record(effects, db, call.args);
  store.databases.settled();
  store.databases.changes += effects.changes;
  effects.changes = 0;
  if (!effects.events.empty()) {
    environment_.step(Step::events);
    tell_events(environment_, effects.events);
    effects.events.clear();
    if (!effects.storage.empty()) effects.storage.clear();
  }
  // A command that blocks is counted when it ends.
  if (!effects.block) count_call(store, call.command, execution.failed());
  if (!store.clients.monitors().empty() && !execution.resuming()) [[unlikely]]
    feed_monitors(store.clients, call.session, spec, call.args, environment_.unit_now_us);
  return {execution.failed(), execution.pushes(), execution.suspended(),
          effects.block ? &effects.block_request : nullptr};
}

Ran Runner::run(Session& session, Command& command, Args args, Buffer& output,
                const HashedKey& foreseen) {
  const Ran ran = execute(effects_, {session, command, args, output, foreseen});
  if (environment_.store.unit.recorded()) [[unlikely]] {
    environment_.step(Step::unit_end);
    environment_.store.unit.unit_done();
  }
  command.statistics.nanoseconds += clock_.advance();
  return ran;
}

bool Runner::run_nested(Session& session, Args args, Buffer& output) {
  Command* command =
      admission_.resolve(session, args, environment_.store.registry.find(args[0]), output);
  if (!command || !admission_.admit_nested(session, *command, output)) return false;
  const std::uint64_t start_ns = clock_.source().stopwatch_ns();
  if (nested_.size() == depth_) nested_.emplace_back();
  Effects& effects = nested_[depth_++];
  const Ran ran = execute(effects, {session, *command, args, output, no_hashed_key});
  --depth_;
  if (ran.block) {
    answer_timeout(output, session.resp, ran.block->on_timeout);
    count_call(environment_.store, *command, false);
  }
  command->statistics.nanoseconds += clock_.source().stopwatch_ns() - start_ns;
  return !ran.failed;
}

/// How the command is replayed goes to the record of the unit, behind what was propagated while it
/// ran.
void Runner::record(Effects& effects, int db, Args args) {
  UnitRecord& unit = environment_.store.unit;
  const bool as_sent = effects.replay == Replay::always ||
                       (effects.replay == Replay::as_sent && effects.changes > 0);
  if (as_sent) unit.propagate({db, effects.targets, {args.begin(), args.end()}});
  if (effects.replay == Replay::as_told)
    for (Propagated& each : effects.rewritten) unit.propagate(std::move(each));
  effects.rewritten.clear();
  effects.replay = Replay::as_sent;
  effects.targets = Targets::everybody;
  unit.command_done();
}

}  // namespace respawn::engine
