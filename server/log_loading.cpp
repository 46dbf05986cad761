#include "server/log_loading.hpp"

#include <utility>

#include "engine/run/log_replay.hpp"
#include "engine/run/rdb_loading.hpp"

namespace respawn::server {

QueuedReplay::QueuedReplay(actors::LoadQueue& queue, const engine::Store& store,
                           engine::LogService& log, const Clock& clock)
    : queue_(queue),
      store_(store),
      log_(log),
      clock_(clock),
      config_(store.config),
      progress_(store.loading.progress),
      session_(engine::make_applying_session(store)),
      piece_(std::make_shared<Piece>()) {}

bool QueuedReplay::apply(std::span<const std::string_view> words) {
  if (!engine::logged_command(store_, words)) return false;
  for (const std::string_view word : words) {
    piece_->bytes += word;
    piece_->word_ends.push_back(piece_->bytes.size());
  }
  piece_->word_counts.push_back(words.size());
  if (piece_->bytes.size() >= piece_bytes) flush();
  return true;
}

void QueuedReplay::flush() {
  if (piece_->word_counts.empty()) return;
  queue_.push([piece = std::exchange(piece_, std::make_shared<Piece>()),
               session = session_](engine::Executor& executor) { run(executor, *piece, session); });
}

void QueuedReplay::run(engine::Executor& executor, const Piece& piece,
                       const std::shared_ptr<engine::Session>& session) {
  engine::LogReplay replay(executor.environment(), session);
  std::vector<std::string_view> words;
  std::size_t word = 0;
  std::size_t begin = 0;
  for (std::size_t count : piece.word_counts) {
    words.clear();
    for (; count > 0; --count) {
      const std::size_t end = piece.word_ends[word++];
      words.push_back(std::string_view(piece.bytes).substr(begin, end - begin));
      begin = end;
    }
    replay.apply(words);
  }
}

Result<std::uint64_t> QueuedReplay::load_rdb(File& file, const std::string&) {
  flush();
  std::uint64_t bytes = 0;
  if (std::error_code failed = file.size(bytes)) return failure(failed.message());
  const auto databases = std::make_shared<keyspace::Databases>(store_.databases.count());
  auto loaded = engine::load_rdb({.file = file,
                                  .end = bytes,
                                  .config = config_,
                                  .packed_threshold_bytes = store_.list_packed_threshold_bytes,
                                  .log = log_,
                                  .clock = clock_,
                                  .progress = *progress_,
                                  .drop_expired = false},
                                 *databases);
  if (!loaded) return failure(loaded.error());
  queue_.push([databases, counts = loaded->counts](engine::Executor& executor) {
    engine::Store& store = executor.environment().store;
    store.databases.adopt(*databases);
    store.loading.keys_loaded = counts.keys_loaded;
    store.loading.keys_expired = counts.keys_expired;
  });
  for (const std::string& code : loaded->functions) {
    const std::string_view words[] = {"FUNCTION", "LOAD", "REPLACE", code};
    if (!apply(words)) return failure(std::string("a library of functions cannot be loaded"));
  }
  return loaded->end;
}

void QueuedReplay::say(bool is_warning, const std::string& text) {
  log_.write(is_warning ? engine::LogLevel::warning : engine::LogLevel::notice, text);
}

void QueuedReplay::progress(std::uint64_t bytes) {
  progress_->loaded_bytes.fetch_add(bytes, std::memory_order_relaxed);
}

}  // namespace respawn::server
