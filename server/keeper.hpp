// Holds the data between one keyspace actor and the next, as an ETS heir does.
#pragma once

#include "base/result.hpp"
#include "commands/families.hpp"
#include "engine/run/environment.hpp"
#include "persistence/append_log/log_disk.hpp"
#include "server/command_names.hpp"

namespace respawn::server {

/// Owner: the server. The store lives as long as the process; keyspace actors borrow it one after
/// the other.
class Keeper {
 public:
  /// Clients call commands as the rename-command directives say, which were checked before.
  Keeper(std::shared_ptr<const config::Config> config, std::span<const config::Directive> renames)
      : store_(std::move(config), commands::every_family()) {
    RESPAWN_CHECK(rename_commands(store_.registry, renames).ok());
  }

  [[nodiscard]] engine::Store& store() { return store_; }

  /// The disk's side of the append log, which disk actors borrow one after the other.
  [[nodiscard]] persistence::LogDisk& log_disk() { return log_disk_; }

  /// Before each loan: when the last borrower died in the middle of a change, the data is trusted
  /// only if its invariants hold. O(size) then, O(1) else. An error means that it is damaged.
  Status inspect() {
    if (!store_.databases.mutating()) return success();
    return store_.databases.recover();
  }

 private:
  SystemClock clock_;
  engine::Store store_;
  persistence::LogDisk log_disk_{store_.log.tail, clock_};
};

}  // namespace respawn::server
