#include "persistence/append_log/command_snapshot.hpp"

#include <utility>

#include "base/numbers.hpp"
#include "persistence/append_log/annotation.hpp"
#include "persistence/append_log/value_commands.hpp"
#include "protocol/request_writer.hpp"

namespace respawn::persistence {

CommandSnapshot::CommandSnapshot(keyspace::Databases& data, BackgroundFilePlan plan,
                                 const Functions& functions, std::string_view head)
    : file_(std::move(plan)) {
  bytes_.append(head);
  walk_.emplace(data, static_cast<EntrySink&>(*this));
  functions([this](std::string_view code) {
    protocol::write_request(bytes_, {"FUNCTION", "LOAD", code});
  });
  hand_over();
}

void CommandSnapshot::entry(int db, const keyspace::Entry& entry) {
  if (std::exchange(db_, db) != db) protocol::write_request(bytes_, {"SELECT", format_int(db)});
  commands_of(entry, [this](std::span<const std::string_view> words) {
    if (is_annotated(words.front())) return write_annotation(bytes_, words);
    protocol::write_request(bytes_, words);
  });
  hand_over();
}

void CommandSnapshot::hand_over() {
  file_.write(bytes_.view());
  bytes_.clear();
}

void CommandSnapshot::run_to_end() {
  constexpr std::size_t entries = 256;
  while (walk_ && file_.state() == BackgroundFile::State::running) {
    while (step(entries)) {
    }
    if (walk_) file_.wait_for_room();
  }
  file_.wait();
}

bool CommandSnapshot::step(std::size_t entries) {
  if (!walk_ || file_.state() != BackgroundFile::State::running || !file_.has_room()) return false;
  if (walk_->torn()) {
    file_.cancel();
    return false;
  }
  if (walk_->step(entries)) return true;
  walk_.reset();
  file_.finish();
  return false;
}

}  // namespace respawn::persistence
