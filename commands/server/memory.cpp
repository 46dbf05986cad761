// MEMORY: where the memory is.
#include "commands/families.hpp"
#include "commands/server/memory_overview.hpp"
#include "commands/shared/help.hpp"

namespace respawn::commands {

namespace {

using keyspace::Database;

/// Sizes are known exactly, so nothing needs to be sampled; the option is checked all the same.
Status check_samples(Args args) {
  for (ArgCursor at(args, 3); !at.done();) {
    if (!at.take("SAMPLES", 1)) return failure(std::string(errors::syntax));
    auto samples = to_integer(at.next());
    if (!samples) return failure(samples.error());
    if (*samples < 0) return failure(std::string(errors::syntax));
  }
  return success();
}

void memory_usage(Execution& x, Args args) {
  if (Status status = check_samples(args); !status) return x.fail(status.error());
  const keyspace::Entry* entry = x.peek(x.key(args[2]));
  if (!entry) return x.reply.null();
  x.reply.integer(static_cast<std::int64_t>(x.db().memory_bytes(*entry)));
}

/// A map's fields in turn.
class FieldWriter {
 public:
  explicit FieldWriter(protocol::ReplyWriter& reply) : reply_(reply) {}

  void bytes(std::string_view name, std::uint64_t value) {
    number(name, static_cast<std::int64_t>(value));
  }

  void number(std::string_view name, std::int64_t value) {
    reply_.bulk(name);
    reply_.integer(value);
  }

  void real(std::string_view name, double value) {
    reply_.bulk(name);
    reply_.real(value);
  }

 private:
  protocol::ReplyWriter& reply_;
};

void write_database(Execution& x, std::size_t index) {
  const Database& db = x.store().databases.at(index);
  const std::size_t expires = db.expiry_overhead_bytes();
  x.reply.bulk("db." + std::to_string(index));
  x.reply.map(3);
  FieldWriter fields(x.reply);
  fields.bytes("overhead.hashtable.main", db.overhead_bytes() - expires);
  fields.bytes("overhead.hashtable.expires", expires);
  fields.bytes("overhead.hashtable.slot-to-keys", 0);
}

constexpr std::size_t fields_of_data = 6;

void write_data(Execution& x, const MemoryOverview& overview) {
  const std::size_t keys = x.store().databases.size();
  FieldWriter fields(x.reply);
  fields.bytes("overhead.total", overview.overhead);
  fields.bytes("keys.count", keys);
  fields.bytes("keys.bytes-per-key", keys == 0 ? 0 : overview.net() / keys);
  fields.bytes("dataset.bytes", overview.dataset());
  fields.real("dataset.percentage", ratio(overview.dataset(), overview.net()) * 100);
  fields.real("peak.percentage", ratio(overview.facts.used, overview.peak) * 100);
}

constexpr std::size_t fields_of_allocator = 11;

void write_allocator(Execution& x, const MemoryFacts& facts) {
  FieldWriter fields(x.reply);
  fields.bytes("allocator.allocated", facts.allocated);
  fields.bytes("allocator.active", facts.active);
  fields.bytes("allocator.resident", facts.allocator_resident);
  fields.real("allocator-fragmentation.ratio", ratio(facts.active, facts.allocated));
  fields.number("allocator-fragmentation.bytes", difference(facts.active, facts.allocated));
  fields.real("allocator-rss.ratio", ratio(facts.allocator_resident, facts.active));
  fields.number("allocator-rss.bytes", difference(facts.allocator_resident, facts.active));
  fields.real("rss-overhead.ratio", ratio(facts.resident, facts.allocator_resident));
  fields.number("rss-overhead.bytes", difference(facts.resident, facts.allocator_resident));
  fields.real("fragmentation", ratio(facts.resident, facts.used));
  fields.number("fragmentation.bytes", difference(facts.resident, facts.used));
}

constexpr std::size_t fields_of_parts = 10;

void write_parts(Execution& x, const MemoryOverview& overview) {
  FieldWriter fields(x.reply);
  fields.bytes("peak.allocated", overview.peak);
  fields.bytes("total.allocated", overview.facts.used);
  fields.bytes("startup.allocated", overview.startup);
  fields.bytes("replication.backlog", 0);
  fields.bytes("clients.slaves", 0);
  fields.bytes("clients.normal", overview.clients);
  fields.bytes("cluster.links", 0);
  fields.bytes("aof.buffer", x.store().log.buffered_bytes());
  fields.bytes("lua.caches", 0);
  fields.bytes("functions.caches", 0);
}

void memory_stats(Execution& x, Args) {
  const MemoryOverview overview = memory_overview(x.env());
  std::vector<std::size_t> used;
  for (std::size_t i = 0; i < x.store().databases.count(); ++i)
    if (!x.store().databases.at(i).empty()) used.push_back(i);
  x.reply.map(fields_of_parts + used.size() + fields_of_data + fields_of_allocator);
  write_parts(x, overview);
  for (const std::size_t index : used) write_database(x, index);
  write_data(x, overview);
  write_allocator(x, overview.facts);
}

struct Finding {
  bool found;
  std::string_view advice;
};

/// A ratio that says nothing about a small amount.
bool out_of_proportion(std::uint64_t more, std::uint64_t less, double ratio_max) {
  constexpr std::int64_t negligible_bytes = 10 << 20;
  return ratio(more, less) > ratio_max && difference(more, less) > negligible_bytes;
}

std::string diagnosis(const MemoryOverview& overview, std::size_t clients) {
  constexpr std::uint64_t too_little_bytes = 5 << 20;
  constexpr std::uint64_t client_bytes_max = 200 << 10;
  const MemoryFacts& facts = overview.facts;
  if (facts.used < too_little_bytes)
    return "Too little memory is in use to judge by: come back when there is data.\n";
  const Finding findings[] = {
      {ratio(overview.peak, facts.used) > 1.5,
       "Peak: more than one and a half times of what is in use was in use before. The allocator "
       "keeps some of it for later; MEMORY PURGE gives back what it can.\n"},
      {out_of_proportion(facts.resident, facts.used, 1.4),
       "Resident: the process occupies far more than is in use, after a peak or by "
       "fragmentation.\n"},
      {out_of_proportion(facts.active, facts.allocated, 1.1),
       "Fragmentation: the allocator's pages are partly empty.\n"},
      {out_of_proportion(facts.allocator_resident, facts.active, 1.1),
       "Allocator: it keeps pages that are not in use; MEMORY PURGE gives them back.\n"},
      {out_of_proportion(facts.resident, facts.allocator_resident, 1.1),
       "Process: memory is occupied that the allocator knows nothing of.\n"},
      {overview.clients / std::max<std::size_t>(clients, 1) > client_bytes_max,
       "Clients: their buffers are large, by big pipelines, big replies or slow readers; CLIENT "
       "LIST shows whose.\n"},
  };
  std::string text;
  for (const Finding& each : findings)
    if (each.found) text += each.advice;
  return text.empty() ? "No problem found.\n" : text;
}

void memory_doctor(Execution& x, Args) {
  x.reply.verbatim("txt", diagnosis(memory_overview(x.env()), x.store().clients.size()));
}

void memory_purge(Execution& x, Args) {
  x.env().services.memory.purge();
  x.reply.ok();
}

void memory_malloc_stats(Execution& x, Args) {
  const std::string report = x.env().services.memory.report();
  if (report.empty()) return x.reply.bulk("Stats not supported for the current allocator");
  x.reply.verbatim("txt", report);
}

constexpr CommandSpec memory_subcommands[] = {
    command({.name = "memory|doctor",
             .group = Group::server,
             .tips = {"nondeterministic_output", "request_policy:all_shards",
                      "response_policy:special"},
             .since = "4.0.0",
             .complexity = "O(1)",
             .summary = "Says what is wrong with the use of memory.",
             .run = memory_doctor}),
    command({.name = "memory|malloc-stats",
             .group = Group::server,
             .tips = {"nondeterministic_output", "request_policy:all_shards",
                      "response_policy:special"},
             .since = "4.0.0",
             .complexity = "Depends on how much memory is allocated, could be slow",
             .summary = "Returns the allocator's own report.",
             .run = memory_malloc_stats}),
    command({.name = "memory|purge",
             .group = Group::server,
             .tips = {"request_policy:all_shards", "response_policy:all_succeeded"},
             .since = "4.0.0",
             .complexity = "Depends on how much memory is allocated, could be slow",
             .summary = "Gives memory that is not in use back to the system.",
             .run = memory_purge}),
    command({.name = "memory|stats",
             .group = Group::server,
             .tips = {"nondeterministic_output", "request_policy:all_shards",
                      "response_policy:special"},
             .since = "4.0.0",
             .complexity = "O(1)",
             .summary = "Returns where the memory is.",
             .run = memory_stats}),
    command({.name = "memory|usage",
             .syntax = "key [SAMPLES count]",
             .group = Group::server,
             .flags = {Flag::readonly},
             .keys = {keys({KeyFlag::RO}, 2)},
             .since = "4.0.0",
             .complexity = "O(1), or O(N) with N being the blocks of a long list.",
             .summary = "Returns the bytes that a key and its value take.",
             .run = memory_usage}),
    command({.name = "memory|help",
             .group = Group::server,
             .flags = {Flag::loading, Flag::stale},
             .since = "4.0.0",
             .complexity = "O(1)",
             .summary = "Prints this help.",
             .run = container_help}),
};

constexpr CommandSpec memory_rows[] = {
    command({.name = "memory",
             .group = Group::server,
             .since = "4.0.0",
             .complexity = "Depends on subcommand.",
             .summary = "Container of the commands about memory.",
             .subcommands = memory_subcommands}),
};

}  // namespace

constinit const std::span<const CommandSpec> memory_commands = memory_rows;

}  // namespace respawn::commands
