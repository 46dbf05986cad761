// Fields a few at a time: at random (HRANDFIELD), or one after the other (HSCAN).
#include <algorithm>
#include <string>
#include <unordered_set>

#include "commands/families.hpp"
#include "commands/shared/hash_access.hpp"
#include "commands/shared/sampling.hpp"
#include "commands/shared/scanning.hpp"

namespace respawn::commands {

namespace {

using keyspace::FieldScratch;
using keyspace::Hash;
using keyspace::HashField;
using keyspace::Key;

class Replier {
 public:
  Replier(Execution& x, bool with_values) : x_(&x), with_values_(with_values) {}

  void begin(std::size_t count) {
    x_->reply.array(with_values_ && !x_->reply.resp3() ? count * 2 : count);
  }

  void operator()(const HashField& each) {
    if (with_values_ && x_->reply.resp3()) x_->reply.array(2);
    x_->reply.bulk(each.field);
    if (with_values_) x_->reply.bulk(each.value);
  }

 private:
  Execution* x_;
  bool with_values_;
};

/// `count` distinct fields, less than there are.
void reply_some(Execution& x, const Hash& hash, std::size_t count, Replier& reply) {
  Random& random = x.store().random;
  if (hash.encoding() != keyspace::Encoding::hashtable || count > hash.size() / draw_part) {
    Selection selection(random, hash.size(), count);
    hash.for_each([&](const HashField& each) {
      if (selection.take()) reply(each);
    });
    return;
  }
  std::unordered_set<std::string> drawn;
  FieldScratch scratch;
  while (drawn.size() < count) {
    const HashField each = hash.random(random, scratch);
    if (drawn.emplace(each.field).second) reply(each);
  }
}

void hrandfield_many(Execution& x, Args args) {
  auto given = to_sample_count(args[2]);
  if (!given) return x.fail(given.error());
  const bool with_values = args.size() == 4 && iequals(args[3], "WITHVALUES");
  if (args.size() > 4 || (args.size() == 4 && !with_values)) return x.fail(errors::syntax);
  constexpr std::int64_t doubled_max = std::numeric_limits<std::int64_t>::max() / 2;
  if (with_values && (*given < -doubled_max || *given > doubled_max))
    return x.fail(errors::out_of_range);
  const Hash* hash = read_live_hash(x, x.key(args[1]));
  if (x.failed()) return;
  if (!hash || *given == 0) return x.reply.array(0);
  if (*given < -repeated_max) return x.fail(errors::out_of_range);
  Replier reply(x, with_values);
  if (*given < 0) {
    reply.begin(static_cast<std::size_t>(-*given));
    FieldScratch scratch;
    for (std::int64_t left = *given; left < 0; ++left)
      reply(hash->random(x.store().random, scratch));
    return;
  }
  const std::size_t count = std::min(static_cast<std::size_t>(*given), hash->size());
  reply.begin(count);
  count == hash->size() ? hash->for_each(reply) : reply_some(x, *hash, count, reply);
}

void hrandfield(Execution& x, Args args) {
  if (args.size() > 2) return hrandfield_many(x, args);
  const Hash* hash = read_live_hash(x, x.key(args[1]));
  if (x.failed()) return;
  if (!hash) return x.reply.null();
  FieldScratch scratch;
  x.reply.bulk(hash->random(x.store().random, scratch).field);
}

void hscan(Execution& x, Args args) {
  const auto cursor = parse_cursor(args[2]);
  if (!cursor) return x.fail(invalid_cursor);
  const Hash* hash = read_hash(x, x.key(args[1]));
  if (x.failed()) return;
  if (!hash) {
    x.reply.array(2);
    reply_cursor(x, 0);
    return x.reply.array(0);
  }
  auto options = parse_scan_options(args, 3, ScanOf::fields);
  if (!options) return x.fail(options.error());
  // The cursor comes first in the reply, but is known last.
  Buffer found;
  protocol::ReplyWriter fields(found, x.reply.version());
  std::size_t count = 0;
  const auto visit = [&](const HashField& each) {
    if (each.expired(x.expiry_now_ms()) || !options->admits(each.field)) return;
    fields.bulk(each.field);
    if (!options->no_values) fields.bulk(each.value);
    count += options->no_values ? 1 : 2;
  };
  const std::uint64_t next = hash->scan(*cursor, static_cast<std::size_t>(options->count), visit);
  x.reply.array(2);
  reply_cursor(x, next);
  x.reply.array(count);
  x.reply.raw(found.view());
}

constexpr CommandSpec hashes_samples_rows[] = {
    command({.name = "hrandfield",
             .syntax = "key [count [WITHVALUES]]",
             .group = Group::hash,
             .flags = {Flag::readonly},
             .keys = {keys({KeyFlag::RO, KeyFlag::access}, 1)},
             .tips = {"nondeterministic_output"},
             .since = "6.2.0",
             .complexity = "O(N) with N being the number of fields read.",
             .summary = "Reads random fields of a hash: distinct ones, or with a negative count "
                        "ones that may repeat.",
             .run = hrandfield}),
    command({.name = "hscan",
             .syntax = "key cursor [MATCH pattern] [COUNT count] [NOVALUES]",
             .group = Group::hash,
             .flags = {Flag::readonly},
             .keys = {keys({KeyFlag::RO, KeyFlag::access}, 1)},
             .tips = {"nondeterministic_output"},
             .since = "2.8.0",
             .complexity = "O(1) for each call, O(N) for a whole iteration over N fields.",
             .summary = "Lists the fields of a hash a few at a time.",
             .run = hscan}),
};

}  // namespace

constinit const std::span<const CommandSpec> hash_sample_commands = hashes_samples_rows;

}  // namespace respawn::commands
