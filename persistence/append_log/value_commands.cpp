#include "persistence/append_log/value_commands.hpp"

#include <string>

#include "base/numbers.hpp"
#include "keyspace/types/hash.hpp"
#include "keyspace/types/list.hpp"
#include "keyspace/types/set.hpp"
#include "keyspace/types/sorted_set.hpp"
#include "persistence/append_log/command_pieces.hpp"
#include "persistence/append_log/stream_commands.hpp"

namespace respawn::persistence {

namespace {

using keyspace::Entry;

void string_commands(const Entry& entry, const CommandTaker& take) {
  keyspace::Scratch scratch;
  const std::string_view words[] = {"SET", entry.key(), entry.bytes(scratch)};
  take(words);
}

void list_commands(const Entry& entry, const CommandTaker& take) {
  CommandPieces pieces("RPUSH", entry.key(), take);
  for (auto walk = entry.object<keyspace::List>().walk(); walk.valid(); walk.next())
    pieces.add({walk.value()});
  pieces.flush();
}

void set_commands(const Entry& entry, const CommandTaker& take) {
  CommandPieces pieces("SADD", entry.key(), take);
  entry.object<keyspace::Set>().for_each([&](std::string_view member) { pieces.add({member}); });
  pieces.flush();
}

void sorted_set_commands(const Entry& entry, const CommandTaker& take) {
  CommandPieces pieces("ZADD", entry.key(), take);
  for (auto walk = entry.object<keyspace::SortedSet>().walk(); walk.valid(); walk.next())
    pieces.add({format_double(walk.score()), walk.member()});
  pieces.flush();
}

void hash_commands(const Entry& entry, const CommandTaker& take) {
  const auto& hash = entry.object<keyspace::Hash>();
  CommandPieces pieces("HMSET", entry.key(), take);
  hash.for_each([&](const keyspace::HashField& field) { pieces.add({field.field, field.value}); });
  pieces.flush();
  hash.for_each([&](const keyspace::HashField& field) {
    if (field.expire_at_ms == keyspace::never) return;
    expire_field(entry.key(), field.field, field.expire_at_ms, take);
  });
}

}  // namespace

void commands_of(const Entry& entry, const CommandTaker& take) {
  switch (entry.type()) {
    case keyspace::Type::string:
      string_commands(entry, take);
      break;
    case keyspace::Type::list:
      list_commands(entry, take);
      break;
    case keyspace::Type::set:
      set_commands(entry, take);
      break;
    case keyspace::Type::sorted_set:
      sorted_set_commands(entry, take);
      break;
    case keyspace::Type::hash:
      hash_commands(entry, take);
      break;
    case keyspace::Type::stream:
      stream_commands(entry.key(), entry.object<keyspace::Stream>(), take).run();
      break;
  }
  if (entry.has_expiry()) expire_key(entry.key(), entry.expire_at_ms(), take);
}

void expire_key(std::string_view key, std::int64_t at_ms, const CommandTaker& take) {
  const std::string end_ms = format_int(at_ms);
  const std::string_view words[] = {"PEXPIREAT", key, end_ms};
  take(words);
}

void expire_field(std::string_view key, std::string_view field, std::int64_t at_ms,
                  const CommandTaker& take) {
  const std::string end_ms = format_int(at_ms);
  const std::string_view words[] = {"HPEXPIREAT", key, end_ms, "FIELDS", "1", field};
  take(words);
}

}  // namespace respawn::persistence
