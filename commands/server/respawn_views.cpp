#include "commands/server/respawn_views.hpp"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace respawn::commands {

namespace {

// WAITERS.

using WaitedKey = std::pair<int, std::string>;  // database and name

std::vector<WaitedKey> waited_keys(const keyspace::WaiterTable& waiters) {
  std::vector<WaitedKey> keys;
  waiters.for_each_key([&](int db, std::string_view key) { keys.emplace_back(db, key); });
  std::sort(keys.begin(), keys.end());
  return keys;
}

std::vector<const Session*> waiting_for(const keyspace::WaiterTable& waiters,
                                        const WaitedKey& waited) {
  const auto& [db, key] = waited;
  std::vector<const Session*> sessions;
  for (const keyspace::Waiter* waiter = waiters.first(db, key); waiter;
       waiter = waiters.next(*waiter, key))
    sessions.push_back(static_cast<const Session*>(waiter->owner));
  return sessions;
}

void write_waiter(Execution& x, const Session& session) {
  const std::int64_t now_us = x.env().clock.monotonic_us();
  const BlockedState& blocked = session.blocked;
  const CommandSpec* command = session.last_command.load(std::memory_order_relaxed);
  const bool for_ever = blocked.deadline_us == 0;
  x.reply.map(6);
  write_number(x, "id", static_cast<std::int64_t>(session.id));
  write_text(x, "address", session.peer_address);
  write_text(x, "name", session.name);
  write_text(x, "command", command ? command->name : "");
  write_number(x, "waiting-ms", (now_us - blocked.since_us) / 1000);
  write_number(x, "left-ms",
               for_ever ? -1 : std::max<std::int64_t>(blocked.deadline_us - now_us, 0) / 1000);
}

void write_waited_key(Execution& x, const WaitedKey& waited) {
  const std::vector<const Session*> sessions = waiting_for(x.env().blocking.waiters(), waited);
  x.reply.map(3);
  write_number(x, "db", waited.first);
  write_text(x, "key", waited.second);
  x.reply.bulk("waiters");
  x.reply.array(sessions.size());
  for (const Session* session : sessions) write_waiter(x, *session);
}

// LATENCY.

struct Percentile {
  std::string_view name;
  double value;
};

constexpr Percentile percentiles[] = {
    {"p50-us", 50}, {"p90-us", 90}, {"p99-us", 99}, {"p99.9-us", 99.9}, {"max-us", 100}};

template <class AnyHistogram>
void write_times(Execution& x, std::string_view name, const AnyHistogram& histogram) {
  x.reply.bulk(name);
  x.reply.map(1 + std::size(percentiles));
  write_number(x, "requests", static_cast<std::int64_t>(histogram.total()));
  for (const Percentile& each : percentiles)
    write_number(x, each.name,
                 static_cast<std::int64_t>(histogram.at_percentile(each.value) / 1000));
}

void reset_times(Execution& x) {
  x.store().request_times.reset();
  x.env().services.process.reset_reply_times();
  x.reply.ok();
}

}  // namespace

void write_text(Execution& x, std::string_view field, std::string_view value) {
  x.reply.bulk(field);
  x.reply.bulk(value);
}

void write_number(Execution& x, std::string_view field, std::int64_t value) {
  x.reply.bulk(field);
  x.reply.integer(value);
}

void respawn_waiters(Execution& x, Args args) {
  if (args.size() > 3) return x.fail(errors::wrong_arity(x.spec().name));
  const keyspace::WaiterTable& waiters = x.env().blocking.waiters();
  std::vector<WaitedKey> keys;
  if (args.size() == 2)
    keys = waited_keys(waiters);
  else if (waiters.first(x.session().db, args[2]))
    keys.emplace_back(x.session().db, args[2]);
  x.reply.array(keys.size());
  for (const WaitedKey& key : keys) write_waited_key(x, key);
}

void respawn_latency(Execution& x, Args args) {
  if (args.size() == 3 && iequals(args[2], "reset")) return reset_times(x);
  if (args.size() > 2) return x.fail(errors::syntax);
  const SharedHistogram* replies = x.env().services.process.reply_times();
  x.reply.map(replies ? 3 : 2);
  write_times(x, "wait", x.store().request_times.wait_ns);
  write_times(x, "run", x.store().request_times.run_ns);
  if (replies) write_times(x, "reply", *replies);
}

void respawn_slowlog(Execution& x, Args args) {
  if (args.size() > 3) return x.fail(errors::wrong_arity(x.spec().name));
  const auto& entries = x.store().slow_log.entries();
  std::size_t shown = entries.size();
  if (args.size() == 3) {
    auto given = to_integer_between(args[2], 0, std::numeric_limits<std::int32_t>::max(),
                                    errors::must_be_positive);
    if (!given.ok()) return x.fail(given.error());
    shown = std::min(shown, static_cast<std::size_t>(*given));
  }
  x.reply.array(shown);
  for (std::size_t at = 0; at < shown; ++at) {
    const SlowCommand& entry = entries[at];
    x.reply.map(7);
    write_number(x, "id", static_cast<std::int64_t>(entry.id));
    write_number(x, "time-s", entry.time_s);
    write_number(x, "run-us", static_cast<std::int64_t>(entry.run_us));
    write_number(x, "wait-us", entry.wait_us);
    x.reply.bulk("arguments");
    x.reply.array(entry.words.size());
    for (const std::string& word : entry.words) x.reply.bulk(word);
    write_text(x, "address", entry.address);
    write_text(x, "name", entry.client_name);
  }
}

}  // namespace respawn::commands
