// Puts the keys of an RDB file into databases.
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <limits>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "keyspace/databases.hpp"
#include "persistence/rdb/file_reader.hpp"

namespace respawn::persistence {

/// What came of it.
struct FillCounts {
  std::uint64_t keys_loaded = 0;
  std::uint64_t keys_expired = 0;  // were over, and left out
  std::uint64_t keys_empty = 0;
  std::uint64_t skipped = 0;  // of kinds that are not here
};

struct FillOptions {
  /// Keys that ended before it are left out (wall clock, ms).
  std::int64_t now_ms = std::numeric_limits<std::int64_t>::min();
  bool replace = false;  // a key that is there already; else it is an error
  /// What the access clock of a key becomes of which the file says something; none: nothing.
  /// Called on the filler's thread, too.
  std::function<std::uint32_t(std::int64_t idle_s, int frequency)> access_clock = {};
  int delay_us = 0;  // per key, for tests
};

/// Keys come in batches to a thread of its own, which puts them in while the next ones are read;
/// what makes less than a batch is put in by finish(), without one. What waits is bounded in keys
/// and in bytes of strings (which are copied when they are put in; other values move).
///
/// Owner: who loads, on one thread. The databases are its own while it does: nobody else sees them,
/// or whoever does waits; once finish() was called, they are the caller's again. Errors, and what
/// is thrown, come with a later key() or with finish().
class DatabaseFiller : public RdbVisitor {
 public:
  DatabaseFiller(keyspace::Databases& databases, FillOptions options)
      : databases_(databases), options_(std::move(options)) {}

  /// Gives up what was not put in yet.
  ~DatabaseFiller() override;

  DatabaseFiller(const DatabaseFiller&) = delete;
  DatabaseFiller& operator=(const DatabaseFiller&) = delete;

  [[nodiscard]] FillCounts counts() const;

  /// Libraries of functions, in their order.
  [[nodiscard]] std::vector<std::string>& functions() { return functions_; }

  /// Puts in what it still holds; to be called when the file has been read. An error as key().
  Status finish();

  // RdbVisitor
  Status key(RdbKey& key) override;
  Status function(std::string_view code) override;

  void fact(std::string_view, std::string_view) override {}

  void skipped(std::string_view what, std::string_view name) override;

  bool advance(std::uint64_t) override { return true; }

 private:
  static constexpr std::size_t batch_keys = 256;
  static constexpr std::size_t batch_bytes = std::size_t{256} << 10;
  static constexpr std::size_t batch_count = 4;
  /// So many keys ahead the places where they belong are fetched into the cache.
  static constexpr std::size_t ahead = 16;

  struct Batch {
    std::vector<RdbKey> keys;  // the first `used` of them; the others keep their memory
    std::size_t used = 0;
    std::size_t bytes = 0;  // of their strings
  };

  Status hand_over();

  [[nodiscard]] bool in_vain() const { return thrown_ || !failed_.ok(); }

  void end_thread(bool give_up) noexcept;
  void run() noexcept;
  Status put_all(Batch& batch);
  Status put(RdbKey& key, std::uint64_t hash);

  keyspace::Databases& databases_;
  FillOptions options_;
  FillCounts counts_;  // but for keys_loaded
  std::vector<std::string> functions_;
  std::array<Batch, batch_count> batches_;  // in turn
  std::atomic<std::uint64_t> keys_loaded_{0};

  // Of both threads; handed_ is changed by the reading one alone, which needs no lock to look.
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t handed_ = 0;    // batches, to the thread; the next one is being filled
  std::uint64_t finished_ = 0;  // put in
  bool ended_ = false;          // no more will come
  bool given_up_ = false;       // and those that are here are not wanted
  Status failed_ = success();
  std::exception_ptr thrown_;
  std::thread thread_;
};

}  // namespace respawn::persistence
