// A snapshot of everything as commands.
#pragma once

#include <span>
#include <string_view>

#include "base/buffer.hpp"
#include "persistence/append_log/value_commands.hpp"
#include "persistence/snapshot/snapshot.hpp"

namespace respawn::persistence {

class CommandSnapshot final : public Snapshot {
 public:
  struct Options {
    std::string_view head;  // how the file begins: an annotation, or nothing
    int delay_us = 0;       // per key, for tests
    WalkKind walk = WalkKind::beside_changes;
  };

  CommandSnapshot(keyspace::Databases& data, BackgroundFilePlan plan, const Functions& functions,
                  const Options& options);

 private:
  void entry(int db, const keyspace::Entry& entry) override;
  Slices entry(EntryCut& cut) override;
  void select(int db);
  void take(std::span<const std::string_view> words);
  void hand_over();

  const CommandTaker taker_ = [this](std::span<const std::string_view> words) { take(words); };
  Buffer bytes_;
  int db_ = -1;
};

}  // namespace respawn::persistence
