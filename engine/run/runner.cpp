#include "engine/run/runner.hpp"

#include "engine/clients/monitor.hpp"
#include "engine/run/command_begun.hpp"
#include "engine/run/ended_wait.hpp"
#include "engine/run/keyspace_events.hpp"
#include "engine/run/lookup.hpp"
#include "engine/run/note_call.hpp"

namespace respawn::engine {

namespace {

/// What the command has read beside the keys that it looked up.
void note_wide_read(LogFeed& log, const CommandSpec& spec, int db) {
  if (spec.key_spec_count() > 0 || spec.flags.has(Flag::write)) return;
  if (spec.flags.has(Flag::readonly)) return log.reads_database(db);
  const std::string_view name = spec.name.substr(0, spec.name.find('|'));
  if (name == "info" || name == "debug" || name == "memory" || name == "function")
    log.reads_everything();
}

}  // namespace

/// Part of each of its callers: it runs for every command.
[[gnu::always_inline]] inline Ran Runner::execute(Effects& effects, const Call& call) {
  const CommandSpec& spec = *call.command.spec;
  Store& store = environment_.store;
  effects.block = false;
  call.session.last_command.store(&spec, std::memory_order_relaxed);
  command_begun.store(&spec, std::memory_order_relaxed);
  const int db = call.session.db;

  environment_.step(Step::handler);
  Execution execution(environment_, call.session, effects, spec, call.output, call.foreseen);
  spec.run(execution, call.args);
  environment_.step(Step::behind_handler);

  if (store.unit.recorded()) [[unlikely]]
    record(effects, db, call);
  // Of a script it is its commands that read, for the client that runs it.
  if (call.session.caller().tracking.on && !spec.flags.has(Flag::runs_script)) [[unlikely]]
    store.tracking.remember(call.session.caller(), spec, call.args);
  store.databases.settled();
  store.databases.changes += effects.changes;
  effects.changes = 0;
  if (!effects.events.empty()) {
    environment_.step(Step::events);
    tell_events(environment_, effects.events);
    effects.events.clear();
    if (!effects.storage.empty()) effects.storage.clear();
  }
  if (!store.clients.monitors().empty() && !execution.resuming()) [[unlikely]]
    feed_monitors(store.clients, call.session, spec, call.args, environment_.unit_now_us);
  return {execution.failed(), execution.reply_kept(),
          effects.block ? &effects.block_request : nullptr};
}

[[gnu::always_inline]] inline Ran Runner::run_unit(const Call& call) {
  const Ran ran = execute(effects_, call);
  if (environment_.store.unit.recorded()) [[unlikely]] {
    environment_.step(Step::unit_end);
    environment_.store.unit.unit_done(call.session.id);
    if (environment_.store.log.feed.attached()) environment_.store.log.feed.end_unit(&call.session);
  }
  return ran;
}

Ran Runner::run(Session& session, Command& command, Args args, Buffer& output,
                const HashedKey& foreseen) {
  const std::uint64_t begun_ns = clock_.now_ns();
  const Ran ran = run_unit({session, command, args, output, foreseen});
  clock_.advance();  // others may have read it meanwhile: a long unit is suspended
  const std::uint64_t run_ns = clock_.now_ns() - begun_ns;
  if (ran.block) [[unlikely]] {  // it counts when it ends
    session.blocked.begun_ns = clock_.now_ns() - run_ns;
    session.blocked.run_ns = run_ns;
  } else if (!count_call(command, run_ns, ran.failed)) [[unlikely]] {
    note_call(environment_, {session, command, args, clock_.now_ns() - run_ns, run_ns});
  }
  return ran;
}

Ran Runner::run_again(Session& session, Command& command, Args args, Buffer& output) {
  const Ran ran = run_unit({session, command, args, output, no_hashed_key});
  BlockedState& blocked = session.blocked;
  blocked.run_ns += clock_.advance();
  if (!ran.block && !count_call(command, blocked.run_ns, ran.failed))
    note_call(environment_, {session, command, args, blocked.begun_ns, blocked.run_ns});
  return ran;
}

Ran Runner::run_aside(Session& session, Command& command, Args args, Buffer& output) {
  const std::uint64_t begun_ns = clock_.source().stopwatch_ns();
  const Ran ran = execute(effects_, {session, command, args, output, no_hashed_key});
  RESPAWN_CHECK(!ran.block);
  const std::uint64_t run_ns = clock_.source().stopwatch_ns() - begun_ns;
  if (!count_call(command, run_ns, ran.failed))
    note_call(environment_, {session, command, args, begun_ns, run_ns});
  return ran;
}

bool Runner::run_admitted(Session& session, Command& command, Args args, Buffer& output) {
  std::uint64_t begun_ns = clock_.source().stopwatch_ns();
  return !run_within({session, command, args, output, no_hashed_key}, begun_ns).failed;
}

bool Runner::run_nested(Session& session, Args args, Buffer& output) {
  Command* command = admission_.resolve(
      session, args, look_up(environment_.store.registry, session, args[0]), output);
  if (!command || !admission_.admit_nested(session, *command, args, output)) return false;
  std::uint64_t begun_ns = clock_.source().stopwatch_ns();
  return !run_within({session, *command, args, output, no_hashed_key}, begun_ns).failed;
}

/// A part of the running unit that was admitted. `begun_ns` becomes when it ended.
Ran Runner::run_within(const Call& call, std::uint64_t& begun_ns) {
  if (nested_.size() == depth_) nested_.emplace_back();
  Effects& effects = nested_[depth_++];
  const Ran ran = execute(effects, call);
  --depth_;
  if (ran.block) answer_at_once(call.output, call.session.resp, ran.block->on_timeout);
  const std::uint64_t ended_ns = clock_.source().stopwatch_ns();
  const std::uint64_t run_ns = ended_ns - begun_ns;
  if (!count_call(call.command, run_ns, ran.failed))
    note_call(environment_, {call.session, call.command, call.args, begun_ns, run_ns});
  begun_ns = ended_ns;
  return ran;
}

void Runner::run_queue(Session& session, Buffer& output) {
  const QueuedCommands& queue = session.transaction.queue;
  std::uint64_t begun_ns = clock_.source().stopwatch_ns();
  for (std::size_t i = 0; i < queue.size(); ++i) {
    Command& command = queue.command(i);
    const Args args = queue.arguments(i);
    const std::size_t start = output.size();
    Ran ran;
    if (admission_.still_allows(session, command, args, output))
      ran = run_within({session, command, args, output, no_hashed_key}, begun_ns);
    if (is_silent(session) && !ran.reply_kept) output.truncate(start);
  }
}

/// How the command is replayed goes to the record of the unit, behind what was propagated while it
/// ran.
void Runner::record(Effects& effects, int db, const Call& call) {
  UnitRecord& unit = environment_.store.unit;
  if (LogFeed& log = environment_.store.log.feed; log.gates())
    note_wide_read(log, *call.command.spec, db);
  const bool as_sent =
      unit.wants_effects() && (effects.replay == Replay::always ||
                               (effects.replay == Replay::as_sent && effects.changes > 0));
  if (as_sent) {
    Propagated effect{
        db, effects.targets & call.session.propagates_to, {call.args.begin(), call.args.end()}};
    // Who replays it may know the command by another name.
    if (const Command& top = call.command.top(); top.is_renamed()) effect.words[0] = top.spec->name;
    unit.propagate(std::move(effect));
  }
  if (effects.replay == Replay::as_told)
    for (Propagated& each : effects.rewritten) {
      each.targets = each.targets & call.session.propagates_to;
      unit.propagate(std::move(each));
    }
  effects.rewritten.clear();
  effects.replay = Replay::as_sent;
  effects.targets = Targets::everybody;
  unit.command_done();
}

}  // namespace respawn::engine
