#include "commands/server/reload.hpp"

#include <string>
#include <vector>

#include "commands/shared/dumped_value.hpp"
#include "persistence/dump_payload.hpp"

namespace respawn::commands {

namespace {

/// The error that the options are, or "".
std::string_view refusal_of(Args options) {
  for (const std::string_view option : options) {
    if (iequals(option, "nosave")) return "ERR there is no snapshot to load";
    if (!iequals(option, "noflush") && !iequals(option, "merge"))
      return "ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.";
  }
  return "";
}

void reload_key(Execution& x, int db, std::string_view name) {
  const keyspace::Key key(name);
  const keyspace::Entry* entry = x.store().databases.at(static_cast<std::size_t>(db)).find(key);
  keyspace::Change change = x.change_in(db, key, entry);
  if (entry->expired(x.expiry_now_ms())) return change.erase();
  const std::int64_t end_ms = entry->expire_at_ms();
  auto value = dumped_value(x, persistence::dump_payload(*entry, x.config().rdbcompression));
  RESPAWN_CHECK(value.ok());
  store_value(change, std::move(*value), end_ms);
}

void reload_database(Execution& x, int db) {
  const keyspace::Database& data = x.store().databases.at(static_cast<std::size_t>(db));
  std::vector<std::string> names;
  data.for_each([&](const keyspace::Entry& entry) { names.emplace_back(entry.key()); });
  if (names.empty()) return;
  for (const std::string& name : names) reload_key(x, db, name);
  x.changed_database(db, 0);
}

}  // namespace

void debug_reload(Execution& x, Args args) {
  if (const std::string_view refusal = refusal_of(args.subspan(2)); !refusal.empty())
    return x.fail(refusal);
  for (std::size_t db = 0; db < x.store().databases.count(); ++db)
    reload_database(x, static_cast<int>(db));
  x.propagate_nothing();
  x.reply.ok();
}

}  // namespace respawn::commands
