// Whole databases: how many keys, emptying them, swapping them.
#include "commands/families.hpp"
#include "commands/shared/database_index.hpp"
#include "engine/run/execution.hpp"
#include "engine/run/saving.hpp"

namespace respawn::commands {

namespace {

void dbsize(Execution& x, Args) {
  x.reply.integer(static_cast<std::int64_t>(x.db().size()));
}

/// ASYNC and SYNC are the same: a database is dropped at once, and its memory freed in slices.
bool parse_flush_mode(Args args) {
  return args.size() == 1 ||
         (args.size() == 2 && (iequals(args[1], "ASYNC") || iequals(args[1], "SYNC")));
}

/// How many keys it had.
std::size_t clear(Execution& x, int db) {
  const std::size_t keys = x.store().databases.at(static_cast<std::size_t>(db)).size();
  x.store().databases.clear(static_cast<std::size_t>(db));
  return keys;
}

/// Those who replay it empty theirs, whatever they hold.
void flushdb(Execution& x, Args args) {
  if (!parse_flush_mode(args)) return x.fail(errors::syntax);
  x.changed_database(x.session().db, clear(x, x.session().db));
  x.propagate_always();
  x.reply.ok();
}

void flushall(Execution& x, Args args) {
  if (!parse_flush_mode(args)) return x.fail(errors::syntax);
  const int count = x.config().databases;
  std::size_t keys = 0;
  for (int db = 0; db < count; ++db) keys += clear(x, db);
  // What is saved is no change that waits to be.
  if (save_emptiness(x.env())) keys = 0;
  for (int db = 0; db < count; ++db) x.changed_database(db, std::exchange(keys, 0));
  x.propagate_always();
  x.reply.ok();
}

void swapdb(Execution& x, Args args) {
  constexpr std::int64_t min = std::numeric_limits<int>::min();
  constexpr std::int64_t max = std::numeric_limits<int>::max();
  auto first = to_integer_between(args[1], min, max, "ERR invalid first DB index");
  if (!first) return x.fail(first.error());
  auto second = to_integer_between(args[2], min, max, "ERR invalid second DB index");
  if (!second) return x.fail(second.error());
  if (!has_database(x, *first) || !has_database(x, *second))
    return x.fail(errors::db_index_out_of_range);

  keyspace::Databases& databases = x.store().databases;
  x.propagate_always();
  x.reply.ok();
  if (*first == *second) {
    ++databases.changes;  // counted, but nobody is disturbed
    return;
  }
  databases.swap(static_cast<std::size_t>(*first), static_cast<std::size_t>(*second));
  x.changed_database(static_cast<int>(*first), 1, TouchedBy::swap);
  x.changed_database(static_cast<int>(*second), 0, TouchedBy::swap);
}

constexpr CommandSpec databases_rows[] = {
    command({.name = "dbsize",
             .group = Group::server,
             .flags = {Flag::readonly, Flag::fast},
             .categories = {Category::keyspace},
             .tips = {"request_policy:all_shards", "response_policy:agg_sum"},
             .since = "1.0.0",
             .complexity = "O(1)",
             .summary = "Counts the keys of the database.",
             .run = dbsize}),
    command({.name = "flushdb",
             .syntax = "[ASYNC | SYNC]",
             .group = Group::server,
             .flags = {Flag::write},
             .categories = {Category::keyspace, Category::dangerous},
             .tips = {"request_policy:all_shards", "response_policy:all_succeeded"},
             .since = "1.0.0",
             .complexity = "O(1); the memory is freed later, in slices.",
             .summary = "Deletes all keys of the database.",
             .run = flushdb}),
    command({.name = "flushall",
             .syntax = "[ASYNC | SYNC]",
             .group = Group::server,
             .flags = {Flag::write},
             .categories = {Category::keyspace, Category::dangerous},
             .tips = {"request_policy:all_shards", "response_policy:all_succeeded"},
             .since = "1.0.0",
             .complexity = "O(1); the memory is freed later, in slices.",
             .summary = "Deletes all keys of all databases.",
             .run = flushall}),
    command({.name = "swapdb",
             .syntax = "index1 index2",
             .group = Group::server,
             .flags = {Flag::write, Flag::fast},
             .categories = {Category::keyspace, Category::dangerous},
             .since = "4.0.0",
             .complexity = "O(N) with N being the number of keys that clients wait for.",
             .summary = "Swaps two databases, for all clients.",
             .run = swapdb}),
};

}  // namespace

constinit const std::span<const CommandSpec> database_commands = databases_rows;

}  // namespace respawn::commands
