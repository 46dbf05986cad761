// XGROUP: groups and their consumers.
#include "commands/shared/help.hpp"
#include "commands/shared/stream_access.hpp"
#include "commands/streams/delivery.hpp"

namespace respawn::commands {

namespace {

using keyspace::Change;
using keyspace::Entry;
using keyspace::Key;
using keyspace::Stream;
using keyspace::StreamConsumer;
using keyspace::StreamGroup;
using keyspace::StreamId;
using keyspace::Type;

constexpr std::string_view key_required =
    "ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use "
    "the MKSTREAM option to create an empty stream automatically.";

struct GroupOptions {
  bool make_stream = false;
  std::int64_t entries_read = StreamGroup::unknown;
};

enum class MayMakeStream : bool { no, yes };

/// Behind "CREATE key group id" or "SETID key group id".
Result<GroupOptions> parse_group_options(Args args, MayMakeStream may_make) {
  GroupOptions options;
  for (ArgCursor at(args, 5); !at.done();) {
    if (may_make == MayMakeStream::yes && at.take("MKSTREAM")) {
      options.make_stream = true;
    } else if (at.take("ENTRIESREAD", 1)) {
      auto read = to_integer(at.next());
      if (!read) return failure(read.error());
      if (*read < StreamGroup::unknown)
        return failure("ERR value for ENTRIESREAD must be positive or -1");
      options.entries_read = *read;
    } else {
      return failure(errors::subcommand_syntax(args[1], "xgroup"));
    }
  }
  return options;
}

/// The stream of args[2], or null with failed() set.
const Entry* find_group_stream(Execution& x, const Key& key) {
  const Entry* entry = x.find_write(key, Type::stream);
  if (!entry && !x.failed()) x.fail(key_required);
  return entry;
}

/// "$" is the last one.
Result<StreamId> to_group_id(std::string_view text, const Entry* entry, MayMakeStream creates) {
  if (text == "$") return entry != nullptr ? entry->object<Stream>().last_id : StreamId{};
  return creates == MayMakeStream::yes ? to_stream_id(text) : to_any_stream_id(text);
}

void xgroup_create(Execution& x, Args args) {
  auto options = parse_group_options(args, MayMakeStream::yes);
  if (!options) return x.fail(options.error());
  const Key key = x.key(args[2]);
  const Entry* entry = x.find_write(key, Type::stream);
  if (x.failed()) return;
  if (!entry && !options->make_stream) return x.fail(key_required);
  if (args.size() > 8) return x.fail(errors::subcommand_syntax(args[1], "xgroup"));
  auto id = to_group_id(args[4], entry, MayMakeStream::yes);
  if (!id) return x.fail(id.error());
  if (entry && entry->object<Stream>().find_group(args[3]) != nullptr)
    return x.fail("BUSYGROUP Consumer Group name already exists");
  Change change = x.change(key, entry);
  if (!entry) {
    change.set_object(std::make_unique<Stream>());
    x.created(key.bytes);
    x.changed_silently(key.bytes, 0);
  }
  StreamGroup& group = change.object<Stream>().add_group(args[3]);
  group.last_id = *id;
  group.entries_read = options->entries_read;
  x.reply.ok();
  x.changed_unseen();
  x.happened(key.bytes, stream_event, "xgroup-create");
}

void xgroup_setid(Execution& x, Args args) {
  auto options = parse_group_options(args, MayMakeStream::no);
  if (!options) return x.fail(options.error());
  const Key key = x.key(args[2]);
  const Entry* entry = find_group_stream(x, key);
  if (x.failed()) return;
  if (!entry->object<Stream>().find_group(args[3]))
    return x.fail(no_such_group_of_key(key.bytes, args[3]));
  if (args.size() > 7) return x.fail(errors::subcommand_syntax(args[1], "xgroup"));
  auto id = to_group_id(args[4], entry, MayMakeStream::no);
  if (!id) return x.fail(id.error());
  Change change = x.change(key, entry);
  StreamGroup& group = *change.object<Stream>().find_group(args[3]);
  group.last_id = *id;
  group.entries_read = options->entries_read;
  x.reply.ok();
  x.changed_unseen();
  x.happened(key.bytes, stream_event, "xgroup-setid");
}

void xgroup_destroy(Execution& x, Args args) {
  const Key key = x.key(args[2]);
  const Entry* entry = find_group_stream(x, key);
  if (x.failed()) return;
  if (!entry->object<Stream>().find_group(args[3])) return x.reply.integer(0);
  Change change = x.change(key, entry);
  if (auto group = change.object<Stream>().take_group(args[3]))
    x.store().databases.garbage().take(std::move(group), 0);
  x.reply.integer(1);
  x.changed_unseen();
  x.happened(key.bytes, stream_event, "xgroup-destroy");
  x.became_ready(key.bytes);  // who waits as one of its consumers is told
}

/// Calls work(const GroupAtWork&) for the group of args[3], or fails.
template <class Work>
void with_group(Execution& x, Args args, Work&& work) {
  const Key key = x.key(args[2]);
  const Entry* entry = find_group_stream(x, key);
  if (x.failed()) return;
  if (!entry->object<Stream>().find_group(args[3]))
    return x.fail(no_such_group_of_key(key.bytes, args[3]));
  Change change = x.change(key, entry);
  Stream& stream = change.object<Stream>();
  work(GroupAtWork{key.bytes, stream, *stream.find_group(args[3])});
}

void xgroup_createconsumer(Execution& x, Args args) {
  with_group(x, args, [&](const GroupAtWork& at) {
    const bool is_new = at.group.find_consumer(args[4]) == nullptr;
    if (is_new) make_consumer(x, at, args[4]);
    x.reply.integer(is_new ? 1 : 0);
  });
}

void xgroup_delconsumer(Execution& x, Args args) {
  with_group(x, args, [&](const GroupAtWork& at) {
    StreamConsumer* const consumer = at.group.find_consumer(args[4]);
    if (consumer == nullptr) return x.reply.integer(0);
    x.reply.integer(static_cast<std::int64_t>(consumer->pending_count()));
    at.group.remove_consumer(*consumer);
    x.changed_unseen();
    x.happened(at.key, stream_event, "xgroup-delconsumer");
  });
}

constexpr CommandSpec stream_groups_subcommands[] = {
    command({.name = "xgroup|create",
             .syntax = "key group <id | $> [MKSTREAM] [ENTRIESREAD entries-read]",
             .group = Group::stream,
             .flags = {Flag::write, Flag::denyoom},
             .keys = {keys({KeyFlag::RW, KeyFlag::insert}, 2)},
             .since = "5.0.0",
             .complexity = "O(1)",
             .summary = "Creates a consumer group.",
             .run = xgroup_create}),
    command({.name = "xgroup|createconsumer",
             .syntax = "key group consumer",
             .group = Group::stream,
             .flags = {Flag::write, Flag::denyoom},
             .keys = {keys({KeyFlag::RW, KeyFlag::insert}, 2)},
             .since = "6.2.0",
             .complexity = "O(1)",
             .summary = "Creates a consumer in a group.",
             .run = xgroup_createconsumer}),
    command({.name = "xgroup|delconsumer",
             .syntax = "key group consumer",
             .group = Group::stream,
             .flags = {Flag::write},
             .keys = {keys({KeyFlag::RW, KeyFlag::erase}, 2)},
             .since = "5.0.0",
             .complexity = "O(N) with N being the number of entries pending at the consumer.",
             .summary = "Deletes a consumer of a group, with what is pending at it.",
             .run = xgroup_delconsumer}),
    command({.name = "xgroup|destroy",
             .syntax = "key group",
             .group = Group::stream,
             .flags = {Flag::write},
             .keys = {keys({KeyFlag::RW, KeyFlag::erase}, 2)},
             .since = "5.0.0",
             .complexity = "O(1); what was pending is freed in the background.",
             .summary = "Destroys a consumer group.",
             .run = xgroup_destroy}),
    command({.name = "xgroup|help",
             .group = Group::stream,
             .flags = {Flag::loading, Flag::stale},
             .since = "5.0.0",
             .complexity = "O(1)",
             .summary = "Returns what the subcommands do.",
             .run = container_help}),
    command({.name = "xgroup|setid",
             .syntax = "key group <id | $> [ENTRIESREAD entriesread]",
             .group = Group::stream,
             .flags = {Flag::write},
             .keys = {keys({KeyFlag::RW, KeyFlag::update}, 2)},
             .since = "5.0.0",
             .complexity = "O(1)",
             .summary = "Sets how far a consumer group has read.",
             .run = xgroup_setid}),
};

constexpr CommandSpec stream_groups_rows[] = {
    command({.name = "xgroup",
             .group = Group::stream,
             .since = "5.0.0",
             .complexity = "Depends on subcommand.",
             .summary = "A container for commands on consumer groups.",
             .subcommands = stream_groups_subcommands}),
};

}  // namespace

constinit const std::span<const CommandSpec> stream_group_commands = stream_groups_rows;

}  // namespace respawn::commands
