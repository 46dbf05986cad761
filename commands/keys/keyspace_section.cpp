// INFO keyspace: databases that hold keys.
#include "commands/info_sections.hpp"

namespace respawn::commands {

namespace {

void write_keyspace(const InfoSource& source, InfoWriter& out) {
  const keyspace::Databases& databases = source.store().databases;
  for (std::size_t i = 0; i < databases.count(); ++i) {
    const keyspace::Database& db = databases.at(i);
    if (db.empty()) continue;
    out.field("db" + std::to_string(i),
              "keys=" + std::to_string(db.size()) +
                  ",expires=" + std::to_string(db.expiring_count()) +
                  ",avg_ttl=" + std::to_string(db.mean_ttl_ms(source.now_us / 1000)));
  }
}

}  // namespace

constinit const InfoSection keyspace_section = {
    .name = "keyspace", .title = "Keyspace", .write = write_keyspace};

}  // namespace respawn::commands
