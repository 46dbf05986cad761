// Runs commands against the store: checks, handler, effects, blocked clients, expiry. Pure: no
// sockets, no CAF.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/run/execution.hpp"
#include "engine/run/lookahead.hpp"
#include "engine/run/memory_limit.hpp"

namespace respawn::engine {

/// Owner: the keyspace actor; made anew by each of its successors over the same store. When a
/// handler throws, the store's mutation marker and the session's batch say how far it came, and the
/// executor must not be used any more.
class Executor {
 public:
  enum class Outcome : std::uint8_t {
    done,     // replied
    blocked,  // the session waits; run the same command again when it is resumed, or it was
              // answered by its timeout
    close,    // nothing further of this batch is to run; the connection is closed behind what was
              // written
  };

  /// Takes over what the store holds: subscriptions and blocked clients are registered anew.
  Executor(Store& store, Services& services, const Clock& clock);

  /// The session's batch will run soon, behind those announced before: its keys are fetched
  /// meanwhile. Requires that it is not announced already.
  void announce_batch(const Session& session) { lookahead_.announce(session); }

  /// All announced batches have run.
  void end_batches() { lookahead_.reset(); }

  /// Reads the clock; to be called before the commands of the session's batch.
  void begin_batch(const Session& session);

  /// Runs the command `batch.next` of a registered session; the reply goes to the end of its
  /// batch's output. Then serves the clients that it made ready.
  Outcome execute_next(Session& session);

  /// Sessions whose wait ended (served, timed out, unblocked): their batches go on behind the
  /// blocking command.
  std::vector<SessionPtr> take_resumed() { return blocking_.take_resumed(); }

  /// To be called before the first command of a batch, and when it goes on.
  void mark_executing(Batch& batch) const;

  /// How many executors the store has had with this one.
  [[nodiscard]] std::uint64_t generation() const { return generation_; }

  /// Wall clock as last read: at the start of the batch, and behind each command.
  [[nodiscard]] std::int64_t now_us() const { return now_us_; }

  /// When the next wait is over (monotonic microseconds), or 0.
  [[nodiscard]] std::int64_t next_wait_deadline_us() const { return blocking_.next_deadline_us(); }

  /// To be called ten times a second: what INFO's instantaneous figures are made of.
  void sample_rates(std::uint64_t received_bytes, std::uint64_t sent_bytes);

  /// Answers the clients whose time is over.
  void answer_expired_waits();

  /// Removes up to `keys_max` keys whose time is over, exactly those. Returns when to call again
  /// (wall clock, ms; in the past: at once), or 0 for never.
  std::int64_t expire_keys(std::size_t keys_max);

  /// Goes on making room where maxmemory is exceeded, for a bounded time; to be called again, after
  /// others had their turn, while memory_unsettled().
  void make_room();

  [[nodiscard]] bool memory_unsettled() const { return memory_limit_.unfinished(); }

  void add_client(SessionPtr session);
  void remove_client(Session& session);

  [[nodiscard]] Environment& environment() { return environment_; }

 private:
  void read_clock();
  void renew_access_clock();
  Command* resolve(Session& session, Args args, Command* command);
  Command* reject(Session& session, Command* command, std::string_view error);
  Command* hang_up_on_http(Session& session);
  bool admit(Session& session, Command& command);
  MemoryLimit::State enforce_memory_limit();
  void remove_key(std::size_t index, keyspace::Entry* entry, int event_class,
                  std::string_view event);
  /// Whether what it replied are pushes.
  bool run(Session& session, Command& command, Args args);
  bool expire_fields(std::size_t index, std::size_t& fields_max);
  void carry_out_events();
  void serve_ready_clients();
  void run_again(Session& session);

  Store& store_;
  const Clock& clock_;
  keyspace::WaiterTable waiters_;
  Subscriptions subscriptions_;
  Blocking blocking_;
  Environment environment_;
  MemoryLimit memory_limit_;
  const std::uint64_t generation_;
  Effects effects_;
  Lookahead lookahead_;
  const Foreseen* foreseen_ = nullptr;  // about the command that runs
  // Time is read from the system once per batch; within it, from the stopwatch.
  std::int64_t batch_start_us_ = 0;
  std::uint64_t batch_start_ns_ = 0;
  std::uint64_t now_ns_ = 0;
  std::int64_t now_us_ = 0;
  std::int64_t http_logged_us_ = 0;
  std::uint32_t access_clock_ = 0;  // what new keys get
};

}  // namespace respawn::engine
