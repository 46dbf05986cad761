// Loads the data at start, on a thread of its own.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <thread>

#include "actors/server_context.hpp"
#include "base/clock.hpp"
#include "engine/run/environment.hpp"
#include "server/keeper.hpp"
#include "server/logging.hpp"

namespace respawn::server {

class QueuedReplay;

/// Owner: the server. Where the configuration wants an append log, that is what is loaded: its
/// commands run as LoadSteps, and the log goes on behind them. Else it reads the snapshot file into
/// databases of its own, which nobody else sees; the keyspace actor, which answers -LOADING
/// meanwhile, takes them over as a whole by a LoadStep. A file that cannot be loaded ends the
/// process with code 1, and is left as it is.
class DataLoader {
 public:
  DataLoader(actors::ServerContext& context, Keeper& keeper, const std::shared_ptr<Log>& log);
  DataLoader(const DataLoader&) = delete;
  DataLoader& operator=(const DataLoader&) = delete;

  /// Stops and waits.
  ~DataLoader();

  /// Begins if there is something to load; the store is in its loading state from now on. Before
  /// there is a keyspace actor. `loaded` is called on its thread when all is there, or at once.
  void start(std::function<void()> loaded);

  /// A crash has damaged the data: takes it from the append log again. Where no keyspace actor is;
  /// the next one takes the steps. An error says why there is nothing that it could be taken from.
  Status rebuild();

 private:
  void begin(std::function<void()> work);
  void load_snapshot(const std::string& path);
  void load_log();
  void load_log_again();
  [[nodiscard]] bool replay_log(QueuedReplay& replay);
  void log_duration(const char* from, std::int64_t begun_us);
  [[noreturn]] void end_with(const std::string& last_words);
  [[noreturn]] void give_up(const std::string& why);

  actors::ServerContext& context_;
  Keeper& keeper_;
  engine::Store& store_;
  std::shared_ptr<Log> log_;
  SystemClock clock_;
  std::shared_ptr<const config::Config> config_;
  std::shared_ptr<engine::LoadProgress> progress_;
  std::function<void()> loaded_;
  std::thread thread_;
};

}  // namespace respawn::server
