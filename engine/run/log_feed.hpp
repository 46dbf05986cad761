// From units to bytes of the append log, and who must wait until these are on the disk.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/clients/client_table.hpp"
#include "engine/run/reply_gate.hpp"
#include "engine/run/steps.hpp"
#include "engine/run/unit_record.hpp"
#include "persistence/append_log/log_tail.hpp"
#include "persistence/append_log/unit_encoder.hpp"

namespace respawn::engine {

/// Owner: the store's AppendLog, so that a crash of the keyspace actor loses nothing: what was
/// encoded and not handed over is handed over by its successor.
///
/// While it is attached it encodes every unit. While its gate is open (appendfsync always) it also
/// raises Session::log_offset of each client that is told something, in reply or otherwise: to the
/// end of the unit that caused it and of all units that wrote what the unit has read.
class LogFeed final : public UnitListener, public LookupObserver, public PushObserver {
 public:
  /// `lookups` becomes this while the gate is open.
  LogFeed(UnitRecord& record, ClientTable& clients, LookupObserver*& lookups,
          persistence::LogTail& tail, std::size_t databases)
      : record_(record),
        clients_(clients),
        lookups_(lookups),
        tail_(tail),
        encoder_(chunk_),
        gate_(databases) {}

  [[nodiscard]] bool attached() const { return attached_; }

  void attach();
  void detach();

  /// Whether replies wait for the disk.
  [[nodiscard]] bool gates() const { return gate_.is_open(); }

  /// Changes that. Requires attached() to open it.
  void gate(bool open);

  /// Whether the time is noted in the log.
  void note_times(bool on) { notes_times_ = on; }

  /// Offset behind the last unit.
  [[nodiscard]] std::uint64_t end() const { return end_; }

  /// Encoded and not handed over.
  [[nodiscard]] std::size_t chunk_bytes() const { return chunk_.size(); }

  /// Gives what there is to the disk; whether it has to be told.
  bool hand_over();

  /// What follows goes into another file; between two units. Whether the disk has to be told.
  bool next_file();

  // The running unit. While attached:

  void unit_done(const UnitRecord& unit) override;

  /// Behind it, whether it did something or not; `session`: whose command it was, or null.
  void end_unit(Session* session);

  /// Without a unit: what is pushed until end_unit(nullptr) follows from whatever was before.
  void between_units() { unit_end_ = end_; }

  /// A new keyspace actor goes on.
  void forget_unit();

  // While gates():

  /// The running command reads what is no key: all of its database, or of everything.
  void reads_database(int db) { note_read(gate_.of_database(db)); }

  void reads_everything() { note_read(end_); }

  void looking_up(int db, const keyspace::Key& key) override {
    note_read(gate_.of_key(db, key.hash));
  }

  void pushed(Session& session) override;

 private:
  void note_read(std::uint64_t offset) { read_ = std::max(read_, offset); }

  UnitRecord& record_;
  ClientTable& clients_;
  LookupObserver*& lookups_;
  persistence::LogTail& tail_;
  Buffer chunk_;
  persistence::UnitEncoder encoder_;
  ReplyGate gate_;
  bool attached_ = false;
  bool notes_times_ = false;
  std::uint64_t end_ = 0;
  std::uint64_t unit_end_ = 0;      // of the running unit, once it has been encoded; else 0
  std::uint64_t read_ = 0;          // the largest offset that the running unit has read
  std::vector<SessionPtr> pushed_;  // to whom the running unit has told something
};

}  // namespace respawn::engine
