#include "persistence/append_log/command_snapshot.hpp"

#include <utility>

#include "base/numbers.hpp"
#include "persistence/append_log/annotation.hpp"
#include "persistence/snapshot/cut_encoder.hpp"
#include "protocol/request_writer.hpp"

namespace respawn::persistence {

CommandSnapshot::CommandSnapshot(keyspace::Databases& data, BackgroundFilePlan plan,
                                 const Functions& functions, const Options& options)
    : Snapshot(std::move(plan), options.delay_us) {
  bytes_.append(options.head);
  begin(data, options.walk);
  functions([this](std::string_view code) {
    protocol::write_request(bytes_, {"FUNCTION", "LOAD", code});
  });
  hand_over();
}

void CommandSnapshot::select(int db) {
  if (std::exchange(db_, db) != db) protocol::write_request(bytes_, {"SELECT", format_int(db)});
}

void CommandSnapshot::take(std::span<const std::string_view> words) {
  if (is_annotated(words.front()))
    write_annotation(bytes_, words);
  else
    protocol::write_request(bytes_, words);
}

void CommandSnapshot::entry(int db, const keyspace::Entry& entry) {
  select(db);
  commands_of(entry, taker_);
  hand_over();
}

Slices CommandSnapshot::entry(EntryCut& cut) {
  select(cut.db());
  hand_over();
  for (Slices commands = write_commands(file(), cut, taker_); commands.next();) {
    hand_over();
    co_await end_of_slice;
  }
  hand_over();
}

void CommandSnapshot::hand_over() {
  file().write(bytes_.view());
  bytes_.clear();
}

}  // namespace respawn::persistence
