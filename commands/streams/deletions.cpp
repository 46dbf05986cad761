// XDELEX and XACKDEL: deleting entries with a mind to the groups that refer to them. As in Redis
// 8.2.
#include <algorithm>

#include "commands/streams/references.hpp"

namespace respawn::commands {

namespace {

using keyspace::Change;
using keyspace::Entry;
using keyspace::Key;
using keyspace::Stream;
using keyspace::StreamGroup;
using keyspace::StreamId;
using keyspace::Type;

/// What is replied for an ID.
enum class Fate : std::int8_t { absent = -1, deleted = 1, referenced = 2 };

/// A command that deletes, at work on one stream.
class Deleter {
 public:
  Deleter(Execution& x, std::string_view key, Stream& stream)
      : x_(x), key_(key), stream_(stream), record_(x, key) {}

  /// Of an entry that is there.
  Fate remove(const StreamId& id, References references) {
    if (references == References::drop)
      stream_.drop_references(id, [&](const StreamGroup& group) {
        record_.acknowledged(group.name(), id);
        ++acknowledged_;
      });
    if (references == References::acknowledged && stream_.contains(id) && stream_.is_referenced(id))
      return Fate::referenced;
    if (!stream_.erase(id, stream_limits(x_))) return Fate::absent;
    stream_.max_deleted_id = std::max(stream_.max_deleted_id, id);
    record_.deleted(id);
    ++deleted_;
    return Fate::deleted;
  }

  /// Whether it was pending there.
  bool acknowledge(StreamGroup& group, const StreamId& id) {
    if (!group.remove(id)) return false;
    record_.acknowledged(group.name(), id);
    ++acknowledged_;
    return true;
  }

  /// Events and effects.
  void finish() {
    if (acknowledged_ > 0) x_.changed_unseen(acknowledged_);
    if (deleted_ > 0) x_.changed(key_, stream_event, "xdel", deleted_);
    record_.propagate();
  }

 private:
  Execution& x_;
  std::string_view key_;
  Stream& stream_;
  DeletionRecord record_;
  std::uint64_t deleted_ = 0;
  std::uint64_t acknowledged_ = 0;
};

void reply_fates(Execution& x, const std::vector<Fate>& fates) {
  x.reply.array(fates.size());
  for (const Fate fate : fates) x.reply.integer(static_cast<std::int64_t>(fate));
}

void reply_all_absent(Execution& x, std::size_t count) {
  reply_fates(x, std::vector<Fate>(count, Fate::absent));
}

void xdelex(Execution& x, Args args) {
  auto wanted = parse_entries_to_delete(args, 2);
  if (!wanted) return x.fail(wanted.error());
  const Key key = x.key(args[1]);
  const Entry* entry = x.find_write(key, Type::stream);
  if (x.failed()) return;
  if (!entry) return reply_all_absent(x, wanted->ids.size());
  Change change = x.change(key, entry);
  Deleter deleter(x, key.bytes, change.object<Stream>());
  std::vector<Fate> fates;
  for (const StreamId& id : wanted->ids) fates.push_back(deleter.remove(id, wanted->references));
  reply_fates(x, fates);
  deleter.finish();
}

void xackdel(Execution& x, Args args) {
  auto wanted = parse_entries_to_delete(args, 3);
  if (!wanted) return x.fail(wanted.error());
  const Key key = x.key(args[1]);
  const Entry* entry = x.find_write(key, Type::stream);
  if (x.failed()) return;
  if (!entry || entry->object<Stream>().find_group(args[2]) == nullptr)
    return reply_all_absent(x, wanted->ids.size());
  Change change = x.change(key, entry);
  Stream& stream = change.object<Stream>();
  StreamGroup& group = *stream.find_group(args[2]);
  Deleter deleter(x, key.bytes, stream);
  std::vector<Fate> fates;
  for (const StreamId& id : wanted->ids) {
    if (!deleter.acknowledge(group, id)) {
      fates.push_back(Fate::absent);
      continue;
    }
    // Once acknowledged, an entry that was deleted before counts as deleted.
    const Fate fate = deleter.remove(id, wanted->references);
    fates.push_back(fate == Fate::absent ? Fate::deleted : fate);
  }
  reply_fates(x, fates);
  deleter.finish();
}

constexpr CommandSpec stream_deletions_rows[] = {
    command({.name = "xdelex",
             .syntax = "key [<KEEPREF | DELREF | ACKED>] IDS numids id [id ...]",
             .group = Group::stream,
             .flags = {Flag::write, Flag::fast},
             .keys = {keys({KeyFlag::RW, KeyFlag::erase}, 1)},
             .since = "8.2.0",
             .complexity = "O(log(N)) for each entry.",
             .summary = "Deletes entries of a stream, and says what becomes of references to them.",
             .run = xdelex}),
    command({.name = "xackdel",
             .syntax = "key group [<KEEPREF | DELREF | ACKED>] IDS numids id [id ...]",
             .group = Group::stream,
             .flags = {Flag::write, Flag::fast},
             .keys = {keys({KeyFlag::RW, KeyFlag::update, KeyFlag::erase}, 1)},
             .since = "8.2.0",
             .complexity = "O(log(N)) for each entry.",
             .summary = "Acknowledges entries for a group and deletes them.",
             .run = xackdel}),
};

}  // namespace

constinit const std::span<const CommandSpec> stream_deletion_commands = stream_deletions_rows;

}  // namespace respawn::commands
