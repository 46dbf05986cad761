// Loads the append log at start, on the loading thread, in steps that the keyspace actor takes.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "actors/load_queue.hpp"
#include "base/clock.hpp"
#include "engine/run/loading.hpp"
#include "persistence/append_log/log_loader.hpp"

namespace respawn::server {

/// Owner: the loading thread. Reads and takes apart on it; commands go to the keyspace in pieces of
/// a quarter of a megabyte, the base's databases as a whole.
class QueuedReplay final : public persistence::LogReceiver {
 public:
  QueuedReplay(actors::LoadQueue& queue, const engine::Store& store, engine::LogService& log,
               const Clock& clock);

  /// What is still here goes to the keyspace.
  void flush();

  // persistence::LogReceiver
  bool apply(std::span<const std::string_view> words) override;
  Result<std::uint64_t> load_rdb(File& file, const std::string& name) override;
  void say(bool is_warning, const std::string& text) override;
  void progress(std::uint64_t bytes) override;

 private:
  static constexpr std::size_t piece_bytes = std::size_t{256} << 10;

  /// Commands, one behind the other.
  struct Piece {
    std::string bytes;
    std::vector<std::size_t> word_ends;    // in `bytes`
    std::vector<std::size_t> word_counts;  // of each command
  };

  static void run(engine::Executor& executor, const Piece& piece,
                  const std::shared_ptr<engine::Session>& session);

  actors::LoadQueue& queue_;
  const engine::Store& store_;
  engine::LogService& log_;
  const Clock& clock_;
  std::shared_ptr<const config::Config> config_;
  std::shared_ptr<engine::LoadProgress> progress_;
  std::shared_ptr<engine::Session> session_;
  std::shared_ptr<Piece> piece_;
};

}  // namespace respawn::server
