// A file that is made by a thread of its own out of what the keyspace hands it.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/file_system.hpp"
#include "base/result.hpp"
#include "persistence/byte_sink.hpp"
#include "persistence/rdb/file_sink.hpp"

namespace respawn::persistence {

/// What becomes of the bytes.
struct BackgroundFilePlan {
  FileSystem& files;
  std::string temporary;  // is written; removed when something fails
  std::string path;       // gets the whole file in its place, once that is on the medium
  FileSink::Options sink = {};
  bool compress = true;    // long strings, where that makes them shorter
  bool has_footer = true;  // eight bytes: the checksum, 0 without
  bool awaited = false;    // somebody waits for it; else others go first
  /// What may wait for the disk before the file is given up.
  std::uint64_t pending_bytes_max = std::uint64_t{256} << 20;
};

/// Compression, checksum, writing, fsync and rename happen on the thread. The other side never
/// waits for it: has_room() says when the disk is behind, and past pending_bytes_max the file has
/// failed. A failed file is not there: what was at the path stays.
///
/// Owner: who writes; write(), string() and block() are its thread's, the rest may be called there.
/// Destruction gives an unfinished file up, and waits for the thread.
class BackgroundFile final : public StringTakingSink {
 public:
  enum class State : std::uint8_t { running, done, failed };

  explicit BackgroundFile(BackgroundFilePlan plan);
  ~BackgroundFile() override;

  // StringTakingSink
  void write(std::string_view bytes) override;
  void string(std::string_view bytes) override;
  void block(BlockPtr bytes) override;

  /// Whether the disk keeps up, so that more should be made for it.
  [[nodiscard]] bool has_room() const {
    return pending_.load(std::memory_order_relaxed) < wanted_pending_bytes;
  }

  /// Bytes that wait for the disk.
  [[nodiscard]] std::uint64_t pending_bytes() const {
    return pending_.load(std::memory_order_relaxed);
  }

  [[nodiscard]] std::uint64_t written_bytes() const {
    return written_.load(std::memory_order_relaxed);
  }

  /// That was all: the thread completes the file.
  void finish();

  /// It is not wanted any more. Returns at once; state() becomes failed.
  void cancel();

  [[nodiscard]] State state() const { return state_.load(std::memory_order_acquire); }

  /// Returns when it is not running any more, or there is room.
  void wait_for_room();
  void wait();

  /// Why it failed. Requires State::failed.
  [[nodiscard]] std::string error() const;

 private:
  /// A long string that stands at this place of the bytes, without its length.
  struct Mark {
    std::size_t at = 0;
    std::size_t bytes = 0;
    BlockPtr block;  // it is not among the bytes
  };

  struct Chunk {
    std::string bytes;
    std::vector<Mark> marks;
    std::uint64_t held_bytes = 0;  // of blocks, too

    void clear();
  };

  static constexpr std::size_t chunk_bytes = std::size_t{128} << 10;
  static constexpr std::uint64_t wanted_pending_bytes = std::uint64_t{8} << 20;
  static constexpr std::size_t spare_chunks_max = 64;

  void note_growth(std::uint64_t bytes);
  void hand_over();
  void run();
  Status make();
  Status take_chunks(FileSink& sink);
  void write_chunk(const Chunk& chunk, FileSink& sink);
  bool next_chunk(Chunk& chunk);
  void give_back(Chunk chunk);
  void fail(std::string why);

  BackgroundFilePlan plan_;
  Chunk filling_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;  // a chunk came, or all of them did
  std::condition_variable drained_;  // there is room, or an end
  std::deque<Chunk> chunks_;         // to be written
  std::vector<Chunk> spare_;
  bool finished_ = false;
  std::string error_;

  std::atomic<bool> cancelled_{false};
  std::atomic<std::uint64_t> pending_{0};
  std::atomic<std::uint64_t> written_{0};
  std::atomic<State> state_{State::running};
  std::thread thread_;
};

}  // namespace respawn::persistence
