#include "engine/run/log_base.hpp"

#include "base/numbers.hpp"
#include "engine/run/environment.hpp"
#include "persistence/append_log/value_commands.hpp"
#include "protocol/request_writer.hpp"

namespace respawn::engine {

persistence::LogWork base_of(const Store& store) {
  persistence::LogWork work{.kind = persistence::LogWork::Kind::base};
  const auto take = [&](std::span<const std::string_view> words) {
    protocol::write_request(work.bytes, words);
  };
  if (store.scripts)
    store.scripts->for_each_library([&](std::string_view code) {
      protocol::write_request(work.bytes, {"FUNCTION", "LOAD", code});
    });
  for (std::size_t db = 0; db < store.databases.count(); ++db) {
    const keyspace::Database& database = store.databases.at(db);
    if (database.empty()) continue;
    protocol::write_request(work.bytes, {"SELECT", format_int(static_cast<std::int64_t>(db))});
    database.for_each(
        [&](const keyspace::Entry& entry) { persistence::commands_of(entry, take); });
  }
  return work;
}

}  // namespace respawn::engine
