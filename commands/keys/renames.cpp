// Giving keys other names, moving and copying them between databases.
#include <algorithm>

#include "commands/families.hpp"
#include "commands/shared/database_index.hpp"
#include "keyspace/types/hash.hpp"
#include "keyspace/types/list.hpp"
#include "keyspace/types/set.hpp"
#include "keyspace/types/sorted_set.hpp"
#include "keyspace/types/stream.hpp"

namespace respawn::commands {

namespace {

using config::keyspace_event::generic;
using keyspace::Change;
using keyspace::Entry;
using keyspace::Key;
using keyspace::List;
using keyspace::SortedSet;
using keyspace::Type;

constexpr std::string_view same_object = "ERR source and destination objects are the same";

/// Copies share longer strings with the original until one of both changes.
constexpr std::size_t shared_min_bytes = std::size_t{64} << 10;

/// Works in another database for as long as it lives.
class OtherDatabase {
 public:
  OtherDatabase(Execution& x, int db) : session_(x.session()), before_(session_.db) {
    session_.db = db;
  }

  OtherDatabase(const OtherDatabase&) = delete;
  OtherDatabase& operator=(const OtherDatabase&) = delete;

  ~OtherDatabase() { session_.db = before_; }

 private:
  Session& session_;
  int before_;
};

/// Whether clients may block until there is such a value.
bool may_be_awaited(const Entry& entry) {
  return entry.type() == Type::list || entry.type() == Type::sorted_set ||
         entry.type() == Type::stream;
}

void rename(Execution& x, const Key& from, const Key& to, const Entry* entry,
            const Entry* replaced) {
  const bool awaited = may_be_awaited(*entry);
  Change source = x.change(from, entry);
  Change destination = x.change(to, replaced);
  source.move_to(destination);
  x.created(to.bytes);
  x.changed(from.bytes, generic, "rename_from");
  x.changed(to.bytes, generic, "rename_to", 0);
  if (awaited) x.became_ready(to.bytes);
}

void rename_always(Execution& x, Args args) {
  const Key from = x.key(args[1]);
  const Entry* entry = x.find_write(from);
  if (!entry) return x.fail(errors::no_such_key);
  const Key to(args[2]);
  if (from.bytes != to.bytes) rename(x, from, to, entry, x.find_write(to));
  x.reply.ok();
}

void renamenx(Execution& x, Args args) {
  const Key from = x.key(args[1]);
  const Entry* entry = x.find_write(from);
  if (!entry) return x.fail(errors::no_such_key);
  const Key to(args[2]);
  if (from.bytes == to.bytes || x.find_write(to)) return x.reply.integer(0);
  rename(x, from, to, entry, nullptr);
  x.reply.integer(1);
}

void move(Execution& x, Args args) {
  auto index = to_database_index(x, args[2]);
  if (!index) return x.fail(index.error());
  if (*index == x.session().db) return x.fail(same_object);
  const Key key = x.key(args[1]);
  const Entry* entry = x.find_write(key);
  if (!entry) return x.reply.integer(0);
  Change source = x.change(key, entry);
  {
    const OtherDatabase other(x, *index);
    if (x.find_write(key)) return x.reply.integer(0);
    const bool awaited = may_be_awaited(*entry);
    Change destination = x.change(key, nullptr);
    source.move_to(destination);
    x.created(key.bytes);
    if (awaited) x.became_ready(key.bytes);
  }
  x.changed(key.bytes, generic, "move_from");
  x.changed_in(*index, key.bytes, generic, "move_to", 0);
  x.reply.integer(1);
}

/// Lists and streams share their blocks with the copy; who changes one copies it before.
void copy_value(Execution& x, const Entry& from, Change& to) {
  const std::int64_t at_ms = from.expire_at_ms();
  if (from.type() == Type::list) {
    to.set_object(from.object<List>().share(), at_ms);
    return x.became_ready(to.key().bytes);
  }
  if (from.type() == Type::sorted_set) {
    to.set_object(from.object<SortedSet>().clone(), at_ms);
    return x.became_ready(to.key().bytes);
  }
  if (from.type() == Type::stream) {
    to.set_object(from.object<keyspace::Stream>().share(), at_ms);
    return x.became_ready(to.key().bytes);
  }
  if (from.type() == Type::set) return to.set_object(from.object<keyspace::Set>().clone(), at_ms);
  if (from.type() == Type::hash) return to.set_object(from.object<keyspace::Hash>().clone(), at_ms);
  if (from.is_integer()) return to.set_integer(from.integer(), at_ms);
  keyspace::Scratch scratch;
  const std::string_view text = from.bytes(scratch);
  if (from.encoding() != keyspace::Encoding::raw) return to.set_text(text, at_ms);
  if (text.size() >= shared_min_bytes) return to.set_block(from.shared_block(), at_ms);
  to.set_raw(
      text.size(), [&](char* out) { std::copy(text.begin(), text.end(), out); }, at_ms);
}

void copy(Execution& x, Args args) {
  bool replace = false;
  int db = x.session().db;
  for (ArgCursor at(args, 3); !at.done();) {
    if (at.take("REPLACE")) {
      replace = true;
    } else if (at.take("DB", 1)) {
      auto index = to_database_index(x, at.next());
      if (!index) return x.fail(index.error());
      db = *index;
    } else {
      return x.fail(errors::syntax);
    }
  }
  if (db == x.session().db && args[1] == args[2]) return x.fail(same_object);
  const Entry* from = x.find_read(x.key(args[1]));
  if (!from) return x.reply.integer(0);
  const OtherDatabase other(x, db);
  const Key to(args[2]);
  const Entry* replaced = x.find_write(to);
  if (replaced && !replace) return x.reply.integer(0);
  Change change = x.change(to, replaced);
  copy_value(x, *from, change);
  x.created(to.bytes);
  x.changed(to.bytes, generic, "copy_to");
  x.reply.integer(1);
}

constexpr CommandSpec renames_rows[] = {
    command({.name = "rename",
             .syntax = "key newkey",
             .group = Group::generic,
             .flags = {Flag::write},
             .keys = {keys({KeyFlag::RW, KeyFlag::access, KeyFlag::erase}, 1),
                      keys({KeyFlag::OW, KeyFlag::update}, 2)},
             .since = "1.0.0",
             .complexity = "O(1)",
             .summary = "Gives a key another name, whatever was there.",
             .run = rename_always}),
    command({.name = "renamenx",
             .syntax = "key newkey",
             .group = Group::generic,
             .flags = {Flag::write, Flag::fast},
             .keys = {keys({KeyFlag::RW, KeyFlag::access, KeyFlag::erase}, 1),
                      keys({KeyFlag::OW, KeyFlag::insert}, 2)},
             .since = "1.0.0",
             .complexity = "O(1)",
             .summary = "Gives a key another name, unless that is taken.",
             .run = renamenx}),
    command({.name = "move",
             .syntax = "key db",
             .group = Group::generic,
             .flags = {Flag::write, Flag::fast},
             .keys = {keys({KeyFlag::RW, KeyFlag::access, KeyFlag::update}, 1)},
             .since = "1.0.0",
             .complexity = "O(1)",
             .summary = "Moves a key to another database, unless it is there, too.",
             .run = move}),
    command(
        {.name = "copy",
         .syntax = "source destination [DB destination-db] [REPLACE]",
         .group = Group::generic,
         .flags = {Flag::write, Flag::denyoom},
         .keys = {keys({KeyFlag::RO, KeyFlag::access}, 1), keys({KeyFlag::OW, KeyFlag::update}, 2)},
         .since = "6.2.0",
         .complexity = "O(N) with N being the number of elements; O(1) for a string.",
         .summary = "Copies a value and its expiry to another key.",
         .run = copy}),
};

}  // namespace

constinit const std::span<const CommandSpec> rename_commands = renames_rows;

}  // namespace respawn::commands
