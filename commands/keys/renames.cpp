// Giving keys other names, moving and copying them between databases.
#include <algorithm>

#include "commands/families.hpp"
#include "commands/shared/list_access.hpp"
#include "keyspace/types/hash.hpp"
#include "keyspace/types/set.hpp"
#include "keyspace/types/sorted_set.hpp"

namespace respawn::commands {

namespace {

using config::keyspace_event::generic;
using keyspace::Database;
using keyspace::Entry;
using keyspace::Key;
using keyspace::List;
using keyspace::SortedSet;
using keyspace::Type;

constexpr std::string_view same_object = "ERR source and destination objects are the same";

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

Result<int> to_db_index(const Execution& x, std::string_view text) {
  auto index = to_integer(text);
  if (!index) return failure(index.error());
  if (*index < std::numeric_limits<int>::min() || *index > std::numeric_limits<int>::max())
    return failure("ERR value is out of range, value must between -2147483648 and 2147483647");
  if (*index < 0 || *index >= x.config().databases)
    return failure(std::string(errors::db_index_out_of_range));
  return static_cast<int>(*index);
}

/// Whether clients may block until there is such a value.
bool may_be_awaited(const Entry& entry) {
  return entry.type() == Type::list || entry.type() == Type::sorted_set;
}

void rename(Execution& x, const Key& from, const Key& to, Entry* entry, Entry* replaced) {
  const bool awaited = may_be_awaited(*entry);
  x.db().move(entry, x.db(), to, replaced);
  x.created(to.bytes);
  x.changed(from.bytes, generic, "rename_from");
  x.happened(to.bytes, generic, "rename_to");
  if (awaited) x.became_ready(to.bytes);
}

void rename_always(Execution& x, Args args) {
  const Key from = x.key(args[1]);
  Entry* entry = x.find_write(from);
  if (!entry) return x.fail(errors::no_such_key);
  const Key to(args[2]);
  if (from.bytes != to.bytes) rename(x, from, to, entry, x.find_write(to));
  x.reply.ok();
}

void renamenx(Execution& x, Args args) {
  const Key from = x.key(args[1]);
  Entry* entry = x.find_write(from);
  if (!entry) return x.fail(errors::no_such_key);
  const Key to(args[2]);
  if (from.bytes == to.bytes || x.find_write(to)) return x.reply.integer(0);
  rename(x, from, to, entry, nullptr);
  x.reply.integer(1);
}

void move(Execution& x, Args args) {
  auto index = to_db_index(x, args[2]);
  if (!index) return x.fail(index.error());
  if (*index == x.session().db) return x.fail(same_object);
  const Key key = x.key(args[1]);
  Entry* entry = x.find_write(key);
  if (!entry) return x.reply.integer(0);
  Database& source = x.db();
  {
    const OtherDatabase other(x, *index);
    if (x.find_write(key)) return x.reply.integer(0);
    const bool awaited = may_be_awaited(*entry);
    source.move(entry, x.db(), key, nullptr);
    x.created(key.bytes);
    if (awaited) x.became_ready(key.bytes);
  }
  x.changed(key.bytes, generic, "move_from");
  const OtherDatabase other(x, *index);
  x.happened(key.bytes, generic, "move_to");
  x.reply.integer(1);
}

std::unique_ptr<List> clone(const List& list, const keyspace::ListLimits& limits) {
  auto copy = std::make_unique<List>();
  for (auto walk = list.walk(); walk.valid(); walk.next())
    copy->push(keyspace::End::back, walk.value(), limits);
  return copy;
}

void copy_value(Execution& x, const Entry& from, const Key& to, Entry* replaced) {
  Database& db = x.db();
  const std::int64_t at_ms = from.expire_at_ms();
  if (from.type() == Type::list) {
    db.set_object(to, replaced, clone(from.object<List>(), list_limits(x)), at_ms);
    return x.became_ready(to.bytes);
  }
  if (from.type() == Type::sorted_set) {
    db.set_object(to, replaced, from.object<SortedSet>().clone(), at_ms);
    return x.became_ready(to.bytes);
  }
  if (from.type() == Type::set) {
    db.set_object(to, replaced, from.object<keyspace::Set>().clone(), at_ms);
    return;
  }
  if (from.type() == Type::hash) {
    db.set_object(to, replaced, from.object<keyspace::Hash>().clone(), at_ms);
    return;
  }
  if (from.is_integer()) {
    db.set_integer(to, replaced, from.integer(), at_ms);
    return;
  }
  keyspace::Scratch scratch;
  const std::string_view text = from.bytes(scratch);
  if (from.encoding() != keyspace::Encoding::raw) {
    db.set_text(to, replaced, text, at_ms);
    return;
  }
  db.set_raw(
      to, replaced, text.size(), [&](char* out) { std::copy(text.begin(), text.end(), out); },
      at_ms);
}

void copy(Execution& x, Args args) {
  bool replace = false;
  int db = x.session().db;
  for (ArgCursor at(args, 3); !at.done();) {
    if (at.take("REPLACE")) {
      replace = true;
    } else if (at.take("DB", 1)) {
      auto index = to_db_index(x, at.next());
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
  Entry* replaced = x.find_write(to);
  if (replaced && !replace) return x.reply.integer(0);
  copy_value(x, *from, to, replaced);
  x.created(to.bytes);
  x.changed(to.bytes, generic, "copy_to");
  x.reply.integer(1);
}

constexpr CommandSpec rows[] = {
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

constinit const std::span<const CommandSpec> rename_commands = rows;

}  // namespace respawn::commands
