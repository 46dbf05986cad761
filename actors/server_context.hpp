// What the network side shares: configuration, counters, the way to the keyspace and to the
// supervisors.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "actors/append_log_link.hpp"
#include "actors/keyspace_directory.hpp"
#include "actors/load_queue.hpp"
#include "base/histogram.hpp"
#include "config/change.hpp"
#include "engine/run/services.hpp"
#include "net/event_loop.hpp"
#include "supervision/tree_board.hpp"

namespace respawn::actors {

/// The configuration in force, for actors other than the keyspace. Thread-safe.
class ConfigCell {
 public:
  explicit ConfigCell(std::shared_ptr<const config::Config> initial) { set(std::move(initial)); }

  void set(std::shared_ptr<const config::Config> config) {
    current_.store(std::move(config));
    version_.fetch_add(1, std::memory_order_release);
  }

  [[nodiscard]] std::shared_ptr<const config::Config> get() const { return current_.load(); }

  [[nodiscard]] std::uint64_t version() const { return version_.load(std::memory_order_acquire); }

 private:
  std::atomic<std::shared_ptr<const config::Config>> current_;
  std::atomic<std::uint64_t> version_{0};
};

/// One actor's way to the configuration in force: a look at a number, and a new copy where it has
/// changed. What now() returned is not kept, so nothing stale is ever used.
class ConfigReader {
 public:
  explicit ConfigReader(const ConfigCell& cell) : cell_(cell) {}

  /// Valid until the next call.
  [[nodiscard]] const config::Config& now() {
    if (const std::uint64_t version = cell_.version(); version != version_) {
      copy_ = cell_.get();
      version_ = version;
    }
    return *copy_;
  }

 private:
  const ConfigCell& cell_;
  std::shared_ptr<const config::Config> copy_;
  std::uint64_t version_ = 0;  // the cell's first is 1
};

struct NetworkCounters {
  std::atomic<std::uint64_t> next_client_id{1};
  std::atomic<std::uint64_t> connected{0};
  std::atomic<std::uint64_t> received{0};
  std::atomic<std::uint64_t> rejected{0};
  std::atomic<std::uint64_t> reads{0};
  std::atomic<std::uint64_t> writes{0};
  std::atomic<std::uint64_t> received_bytes{0};
  std::atomic<std::uint64_t> sent_bytes{0};
  /// Of large arguments that are arriving: allocated, but still to come. They take no memory yet.
  std::atomic<std::uint64_t> announced_bytes{0};
  /// Of the loop on which the keyspace actor is, which alone writes them.
  std::atomic<std::uint64_t> turns{0};
  std::atomic<std::uint64_t> turns_busy_ns{0};
  std::atomic<std::uint64_t> turn_longest_ns{0};
  /// From the arrival of requests until their replies were handed to the socket; those that waited
  /// for something left out.
  SharedHistogram reply_ns;
};

struct ServerContext;

/// One place among maxclients, and the socket until a connection actor has adopted it. Travels in a
/// start function, so that neither is lost with a supervisor that never ran it.
class Admission {
 public:
  Admission(ServerContext& context, net::AcceptedSocket socket);
  ~Admission();
  Admission(const Admission&) = delete;
  Admission& operator=(const Admission&) = delete;

  [[nodiscard]] int fd() const { return socket_.fd; }

  /// The socket; from now on it is the caller's.
  net::AcceptedSocket adopt();

  /// Whether there are more clients than `clients_max` with this one.
  [[nodiscard]] bool exceeds(std::uint64_t clients_max) const { return place_ > clients_max; }

 private:
  ServerContext& context_;
  net::AcceptedSocket socket_;
  std::uint64_t place_;
};

/// Owner: the wiring, which keeps it until every actor has ended. Everything in it is thread-safe.
struct ServerContext {
  ServerContext(std::shared_ptr<const config::Config> initial, engine::LogService& log_to)
      : config(std::move(initial)),
        board(std::make_shared<supervision::TreeBoard>()),
        log(log_to) {}

  /// A changed configuration is in force: whoever reads the cell has it from now on, and open
  /// connections are told where a change is theirs to apply.
  void take_over(std::shared_ptr<const config::Config> now,
                 std::span<const config::Change> changes);

  ConfigCell config;
  NetworkCounters counters;
  KeyspaceDirectory directory;
  AppendLogLink append_log;
  LoadQueue load_queue;
  std::shared_ptr<supervision::TreeBoard> board;
  engine::LogService& log;
  /// The loops that carry connections; constant once actors run.
  std::vector<net::EventLoop*> connection_loops;
};

}  // namespace respawn::actors
