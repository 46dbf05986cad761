// MULTI, EXEC and WATCH: several commands as one.
#include "commands/families.hpp"
#include "engine/run/ended_wait.hpp"

namespace respawn::commands {

namespace {

using Phase = TransactionState::Phase;

void multi(Execution& x, Args) {
  TransactionState& transaction = x.session().transaction;
  if (transaction.queues()) return x.fail("ERR MULTI calls can not be nested");
  transaction.phase = Phase::queueing;
  x.reply.ok();
}

void discard(Execution& x, Args) {
  if (!x.session().transaction.queues()) return x.fail("ERR DISCARD without MULTI");
  x.store().watches.discard(x.session());
  x.reply.ok();
}

void run_all(Execution& x) {
  Session& session = x.session();
  session.transaction.phase = Phase::running;
  x.store().watches.forget(session);
  x.keep_reply();
  const std::size_t start = x.reply.buffer().size();
  x.reply.array(session.transaction.queue.size());
  if (is_silent(session)) x.reply.buffer().truncate(start);
  x.env().runner.run_queue(session, x.reply.buffer());
}

void exec(Execution& x, Args) {
  const TransactionState& transaction = x.session().transaction;
  if (!transaction.queues()) return x.fail("ERR EXEC without MULTI");
  if (transaction.broken)
    x.fail("EXECABORT Transaction discarded because of previous errors.");
  else if (transaction.touched || x.store().watches.is_over(x.session()))
    x.reply.null_array();
  else
    run_all(x);
  x.store().watches.discard(x.session());
}

void watch(Execution& x, Args args) {
  if (x.session().transaction.queues()) return x.fail("ERR WATCH inside MULTI is not allowed");
  for (const std::string_view key : args.subspan(1))
    x.store().watches.watch(x.session(), x.session().db, key);
  x.reply.ok();
}

void unwatch(Execution& x, Args) {
  x.store().watches.forget(x.session());
  x.reply.ok();
}

constexpr CommandSpec transactions_rows[] = {
    command({.name = "multi",
             .group = Group::transactions,
             .flags = {Flag::noscript, Flag::loading, Flag::stale, Flag::fast, Flag::allow_busy,
                       Flag::never_queued},
             .since = "1.2.0",
             .complexity = "O(1)",
             .summary = "Begins a transaction: commands are queued from now on.",
             .run = multi}),
    command({.name = "exec",
             .group = Group::transactions,
             .flags = {Flag::noscript, Flag::loading, Flag::stale, Flag::skip_slowlog,
                       Flag::never_queued, Flag::runs_queue},
             .since = "1.2.0",
             .complexity = "Depends on commands in the transaction",
             .summary = "Runs all queued commands at once.",
             .run = exec}),
    command({.name = "discard",
             .group = Group::transactions,
             .flags = {Flag::noscript, Flag::loading, Flag::stale, Flag::fast, Flag::allow_busy,
                       Flag::never_queued},
             .since = "2.0.0",
             .complexity = "O(N), when N is the number of queued commands",
             .summary = "Throws a transaction away.",
             .run = discard}),
    command({.name = "watch",
             .syntax = "key [key ...]",
             .group = Group::transactions,
             .flags = {Flag::noscript, Flag::loading, Flag::stale, Flag::fast, Flag::allow_busy,
                       Flag::never_queued},
             .keys = {keys({KeyFlag::RO}, 1, -1)},
             .since = "2.2.0",
             .complexity = "O(1) for every key.",
             .summary = "Has the next EXEC do nothing if one of the keys changes before it.",
             .run = watch}),
    command({.name = "unwatch",
             .group = Group::transactions,
             .flags = {Flag::noscript, Flag::loading, Flag::stale, Flag::fast, Flag::allow_busy},
             .since = "2.2.0",
             .complexity = "O(1)",
             .summary = "Watches no key any more.",
             .run = unwatch}),
};

}  // namespace

constinit const std::span<const CommandSpec> transaction_commands = transactions_rows;

}  // namespace respawn::commands
