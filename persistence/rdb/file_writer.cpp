#include "persistence/rdb/file_writer.hpp"

#include <cstdio>

#include "persistence/rdb_format.hpp"
#include "persistence/snapshot/cut_encoder.hpp"
#include "persistence/value_encoder.hpp"

namespace respawn::persistence {

std::string rdb_magic(std::uint16_t version) {
  char text[16];
  std::snprintf(text, sizeof text, "REDIS%04u", version);
  return text;
}

void RdbFileWriter::fact(std::string_view name, std::string_view value) {
  writer_.byte(fact_opcode);
  writer_.string(name);
  writer_.string(value);
}

void RdbFileWriter::fact(std::string_view name, std::int64_t value) {
  writer_.byte(fact_opcode);
  writer_.string(name);
  writer_.integer(value);
}

void RdbFileWriter::begin(const RdbFacts& facts) {
  const std::string magic = rdb_magic(facts.producers_are_known ? rdb_version_producers
                                      : facts.fields_expire     ? rdb_version_field_expiry
                                                                : rdb_version_written);
  for (const char c : magic) writer_.byte(static_cast<std::uint8_t>(c));
  fact("redis-ver", facts.server_version);
  fact("redis-bits", 64);
  fact("ctime", facts.created_s);
  fact("used-mem", static_cast<std::int64_t>(facts.used_memory_bytes));
  if (!facts.replication_id.empty()) {
    fact("repl-stream-db", 0);
    fact("repl-id", facts.replication_id);
    fact("repl-offset", facts.replication_offset);
  }
  fact("aof-base", facts.base_of_log ? 1 : 0);
}

void RdbFileWriter::function(std::string_view code) {
  writer_.byte(function_opcode);
  writer_.string(code);
}

void RdbFileWriter::select(int db) {
  if (db == db_) return;
  db_ = db;
  writer_.byte(select_opcode);
  writer_.length(static_cast<std::uint64_t>(db));
}

void RdbFileWriter::database(int db, std::uint64_t keys, std::uint64_t expiring) {
  select(db);
  writer_.byte(resize_opcode);
  writer_.length(keys);
  writer_.length(expiring);
}

/// All but the value.
void RdbFileWriter::facts_of(const KeyFacts& facts) {
  constexpr std::uint32_t clock_mask = 0xFFFFFF;
  if (facts.expire_at_ms != keyspace::never) {
    writer_.byte(expiry_ms_opcode);
    writer_.milliseconds(facts.expire_at_ms);
  }
  if (note_ == AccessNote::idle) {
    writer_.byte(idle_opcode);
    writer_.length((now_s_ - facts.access_clock) & clock_mask);
  } else if (note_ == AccessNote::frequency) {
    writer_.byte(frequency_opcode);
    writer_.byte(static_cast<std::uint8_t>(facts.access_clock));
  }
  writer_.byte(static_cast<std::uint8_t>(facts.type));
  writer_.string(facts.key);
}

void RdbFileWriter::key(int db, const keyspace::Entry& entry) {
  select(db);
  facts_of({entry.expire_at_ms(), entry.access_clock(), rdb_type_of(entry), entry.key()});
  write_value(writer_, entry);
}

Slices RdbFileWriter::key(EntryCut& cut) {
  select(cut.db());
  facts_of({cut.expire_at_ms(), cut.access_clock(), cut.type(), cut.key()});
  return write_value(writer_, cut);
}

void RdbFileWriter::end() {
  writer_.byte(end_opcode);
}

}  // namespace respawn::persistence
