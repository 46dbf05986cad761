// Entries of streams: adding, counting, deleting, trimming.
#include <algorithm>
#include <memory>
#include <optional>
#include <string>

#include "commands/shared/key_specs.hpp"
#include "commands/shared/stream_access.hpp"
#include "commands/streams/producers.hpp"
#include "commands/streams/trimming.hpp"

namespace respawn::commands {

namespace {

using keyspace::Change;
using keyspace::Entry;
using keyspace::Key;
using keyspace::Produced;
using keyspace::Stream;
using keyspace::StreamId;
using keyspace::StreamProducers;
using keyspace::Type;

constexpr std::size_t entry_max_bytes = std::size_t{1} << 30;

// ---- XADD --------------------------------------------------------------------------------------

Error too_small() {
  return failure(
      "ERR The ID specified in XADD is equal or smaller than the target stream top item");
}

/// The ID of the next entry behind `last`.
Result<StreamId> next_id(const Execution& x, const StreamId& last,
                         const std::optional<WantedStreamId>& wanted) {
  if (last == keyspace::last_stream_id)
    return failure("ERR The stream has exhausted the last possible ID, unable to add more items");
  if (!wanted) {
    const auto now_ms = static_cast<std::uint64_t>(x.now_ms());
    return now_ms > last.ms ? StreamId{now_ms, 0} : *last.next();
  }
  StreamId id{wanted->ms, wanted->seq.value_or(0)};
  if (!wanted->seq && last.ms == id.ms) {
    if (last.seq == StreamId::max_part) return too_small();
    id.seq = last.seq + 1;
  }
  if (id <= last) return too_small();
  return id;
}

bool is_too_large(Args fields) {
  std::size_t bytes = 0;
  for (std::string_view text : fields) bytes += text.size();
  return bytes > entry_max_bytes;
}

/// With the ID that it got, and exact.
void propagate_addition(Execution& x, Args args, const StreamOptions& options,
                        const Stream& stream) {
  if (!x.recorded()) return;
  const bool chosen = options.id && options.id->seq;
  if (chosen && !is_rewritten(options)) return;
  std::vector<std::string> words(args.begin(), args.end());
  words[options.end] = StreamIdText(stream.last_id).text();
  if (is_rewritten(options)) make_exact(words, stream, options);
  x.propagate_words(std::move(words));
}

/// What is to be added, as far as it is clear before its ID is.
struct NewEntry {
  NewEntry(Args args, const StreamOptions& options) : fields(args.subspan(options.end + 1)) {
    if (options.produced.at == 0) return;
    std::string_view iid = options.produced.iid;
    if (iid.empty()) iid = automatic_iid = iid_of_fields(fields);
    produced = {options.produced.pid, iid};
  }

  Args fields;
  std::string automatic_iid;
  std::optional<Produced> produced;
};

std::unique_ptr<Stream> make_stream(Execution& x, const StreamId& id, const NewEntry& entry) {
  auto stream = std::make_unique<Stream>();
  stream->append(id, entry.fields, stream_limits(x));
  if (!entry.produced) return stream;
  auto producers = std::make_unique<StreamProducers>(producer_limits(x));
  producers->record(*entry.produced, id);
  stream->set_producers(std::move(producers));
  return stream;
}

/// Either it is there and remembered, or neither.
void append_remembered(Execution& x, Change& change, const StreamId& id, const NewEntry& entry) {
  StreamProducers& producers = change.producers(producer_limits(x));
  producers.forget_over_of(entry.produced->pid, x.expiry_now_ms());
  producers.record(*entry.produced, id);
  try {
    change.object<Stream>().append(id, entry.fields, stream_limits(x));
  } catch (...) {
    producers.forget(*entry.produced);
    throw;
  }
}

void store_entry(Execution& x, Change& change, const StreamId& id, const NewEntry& entry) {
  if (change.entry() == nullptr) {
    change.set_object(make_stream(x, id, entry));
    x.created(change.key().bytes);
  } else if (entry.produced) {
    append_remembered(x, change, id, entry);
  } else {
    change.object<Stream>().append(id, entry.fields, stream_limits(x));
  }
  StreamProducers* const producers = change.object<Stream>().producers();
  if (producers == nullptr) return;
  producers->forget_over(x.expiry_now_ms());
  if (entry.produced) keyspace::count_one(producers->added);
}

void add_entry(Execution& x, Args args, const StreamOptions& options) {
  const Key key = x.key(args[1]);
  const Entry* entry = x.find_write(key, Type::stream);
  if (x.failed()) return;
  if (!entry && !options.make_stream) return x.reply.null();
  const NewEntry fresh(args, options);
  // What is replayed with its ID was new, whatever is remembered of it here.
  if (fresh.produced && !options.id && reply_known(x, key, entry, *fresh.produced)) return;
  const StreamId last = entry ? entry->object<Stream>().last_id : StreamId{};
  auto id = next_id(x, last, options.id);
  if (!id) return x.fail(id.error());
  if (is_too_large(fresh.fields)) return x.fail("ERR Elements are too large to be stored");
  const bool remembered = entry != nullptr && entry->object<Stream>().producers() != nullptr;
  Change change = x.change(key, entry);
  store_entry(x, change, *id, fresh);
  Stream& stream = change.object<Stream>();
  reply_id(x, *id);
  x.changed(key.bytes, stream_event, "xadd");
  DeletionRecord record(x, key.bytes);
  if (options.trims) trim_stream(x, key.bytes, stream, options, record);
  propagate_addition(x, args, options, stream);
  if (fresh.produced) propagate_produced(x, key.bytes, *fresh.produced, stream, !remembered);
  record.propagate();
  x.became_ready(key.bytes);
}

void xadd(Execution& x, Args args) {
  auto options = parse_stream_options(x, args, Trimmer::xadd);
  if (!options) return x.fail(options.error());
  if (args.size() < options->end + 3 || (args.size() - options->end) % 2 == 0)
    return x.fail(errors::wrong_arity(x.spec().name));
  if (options->id && options->id->ms == 0 && options->id->seq == std::uint64_t{0})
    return x.fail("ERR The ID specified in XADD must be greater than 0-0");
  add_entry(x, args, *options);
}

// ---- the others --------------------------------------------------------------------------------

void xlen(Execution& x, Args args) {
  const Stream* stream = find_stream(x, x.key(args[1]));
  if (x.failed()) return;
  x.reply.integer(stream ? static_cast<std::int64_t>(stream->length()) : 0);
}

void xtrim(Execution& x, Args args) {
  auto options = parse_stream_options(x, args, Trimmer::xtrim);
  if (!options) return x.fail(options.error());
  const Key key = x.key(args[1]);
  const Entry* entry = x.find_write(key, Type::stream);
  if (x.failed()) return;
  if (!entry) return x.reply.integer(0);
  Change change = x.change(key, entry);
  Stream& stream = change.object<Stream>();
  DeletionRecord record(x, key.bytes);
  const std::size_t gone = trim_stream(x, key.bytes, stream, *options, record);
  x.reply.integer(static_cast<std::int64_t>(gone));
  if (gone == 0) return;
  x.changed_silently(key.bytes, gone);
  if (!x.recorded() || !is_rewritten(*options)) return;
  if (options->references != References::acknowledged) {
    std::vector<std::string> words(args.begin(), args.end());
    make_exact(words, stream, *options);
    x.propagate_words(std::move(words));
  }
  record.propagate();
}

void xdel(Execution& x, Args args) {
  const Key key = x.key(args[1]);
  const Entry* entry = x.find_write(key, Type::stream);
  if (x.failed()) return;
  if (!entry) return x.reply.integer(0);
  auto ids = to_stream_ids(args, 2);
  if (!ids) return x.fail(ids.error());
  Change change = x.change(key, entry);
  Stream& stream = change.object<Stream>();
  std::uint64_t deleted = 0;
  for (const StreamId& id : *ids) {
    if (!stream.erase(id, stream_limits(x))) continue;
    stream.max_deleted_id = std::max(stream.max_deleted_id, id);
    ++deleted;
  }
  x.reply.integer(static_cast<std::int64_t>(deleted));
  if (deleted > 0) x.changed(key.bytes, stream_event, "xdel", deleted);
}

// ---- XSETID ------------------------------------------------------------------------------------

struct NewFacts {
  StreamId last_id;
  std::optional<std::uint64_t> entries_added;
  StreamId max_deleted_id;
};

Result<NewFacts> parse_facts(Args args) {
  auto last = to_stream_id(args[2]);
  if (!last) return failure(last.error());
  NewFacts facts;
  facts.last_id = *last;
  for (ArgCursor at(args, 3); !at.done();) {
    if (at.take("ENTRIESADDED", 1)) {
      auto added = to_integer(at.next());
      if (!added) return failure(added.error());
      if (*added < 0) return failure("ERR entries_added must be positive");
      facts.entries_added = static_cast<std::uint64_t>(*added);
    } else if (at.take("MAXDELETEDID", 1)) {
      auto deleted = to_stream_id(at.next());
      if (!deleted) return failure(deleted.error());
      if (facts.last_id < *deleted)
        return failure(
            "ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id");
      facts.max_deleted_id = *deleted;
    } else {
      return failure(std::string(errors::syntax));
    }
  }
  return facts;
}

Status check_facts(const Stream& stream, const NewFacts& facts) {
  if (facts.last_id < stream.max_deleted_id)
    return failure("ERR The ID specified in XSETID is smaller than current max_deleted_entry_id");
  if (stream.length() == 0) return success();
  if (facts.last_id < stream.last_entry())
    return failure("ERR The ID specified in XSETID is smaller than the target stream top item");
  if (facts.entries_added && stream.length() > *facts.entries_added)
    return failure(
        "ERR The entries_added specified in XSETID is smaller than the target stream length");
  return success();
}

void xsetid(Execution& x, Args args) {
  auto facts = parse_facts(args);
  if (!facts) return x.fail(facts.error());
  const Key key = x.key(args[1]);
  const Entry* entry = x.find_write(key, Type::stream);
  if (x.failed()) return;
  if (!entry) return x.fail(errors::no_such_key);
  if (Status status = check_facts(entry->object<Stream>(), *facts); !status)
    return x.fail(status.error());
  Change change = x.change(key, entry);
  Stream& stream = change.object<Stream>();
  stream.last_id = facts->last_id;
  if (facts->entries_added) stream.entries_added = *facts->entries_added;
  if (!facts->max_deleted_id.is_zero()) stream.max_deleted_id = facts->max_deleted_id;
  x.reply.ok();
  x.changed_unseen();
  x.happened(key.bytes, stream_event, "xsetid");
}

constexpr KeySpec added_key() {
  KeySpec spec = keys({KeyFlag::RW, KeyFlag::update}, 1);
  spec.notes = "UPDATE instead of INSERT because of the optional trimming feature";
  return spec;
}

constexpr CommandSpec stream_entries_rows[] = {
    command({.name = "xadd",
             .syntax = "key [NOMKSTREAM] [<KEEPREF | DELREF | ACKED>] "
                       "[<IDMPAUTO producer-id | IDMP producer-id idempotent-id>] "
                       "[<MAXLEN | MINID> [<= | ~>] threshold [LIMIT count]] "
                       "<* | id> field value [field value ...]",
             .group = Group::stream,
             .flags = {Flag::write, Flag::denyoom, Flag::fast},
             .keys = {added_key()},
             .tips = {"nondeterministic_output"},
             .since = "5.0.0",
             .complexity = "O(1); O(N) with N being the number of entries trimmed.",
             .summary = "Adds an entry to a stream, which may be trimmed at its other end.",
             .run = xadd}),
    command({.name = "xlen",
             .syntax = "key",
             .group = Group::stream,
             .flags = {Flag::readonly, Flag::fast},
             .keys = {keys({KeyFlag::RO}, 1)},
             .since = "5.0.0",
             .complexity = "O(1)",
             .summary = "Returns the number of entries of a stream.",
             .run = xlen}),
    command({.name = "xtrim",
             .syntax = "key <MAXLEN | MINID> [<= | ~>] threshold [LIMIT count] "
                       "[<KEEPREF | DELREF | ACKED>]",
             .group = Group::stream,
             .flags = {Flag::write},
             .keys = {keys({KeyFlag::RW, KeyFlag::erase}, 1)},
             .tips = {"nondeterministic_output"},
             .since = "5.0.0",
             .complexity = "O(N) with N being the number of entries removed, many at a time.",
             .summary = "Removes the oldest entries of a stream.",
             .run = xtrim}),
    command({.name = "xdel",
             .syntax = "key id [id ...]",
             .group = Group::stream,
             .flags = {Flag::write, Flag::fast},
             .keys = {keys({KeyFlag::RW, KeyFlag::erase}, 1)},
             .since = "5.0.0",
             .complexity = "O(log(N)) for each entry.",
             .summary = "Deletes entries of a stream.",
             .run = xdel}),
    command({.name = "xsetid",
             .syntax = "key last-id [ENTRIESADDED entries-added] [MAXDELETEDID max-deleted-id]",
             .group = Group::stream,
             .flags = {Flag::write, Flag::denyoom, Flag::fast},
             .keys = {keys({KeyFlag::RW, KeyFlag::update}, 1)},
             .since = "5.0.0",
             .complexity = "O(1)",
             .summary = "Sets what a stream remembers of the IDs that it gave.",
             .run = xsetid}),
};

}  // namespace

constinit const std::span<const CommandSpec> stream_entry_commands = stream_entries_rows;

}  // namespace respawn::commands
