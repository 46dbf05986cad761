// Runs commands against the store. Pure: no sockets, no CAF.
#pragma once

#include <algorithm>
#include <cstdint>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include "engine/run/aftermath.hpp"
#include "engine/run/client_eviction.hpp"
#include "engine/run/lookahead.hpp"
#include "engine/run/runner.hpp"
#include "engine/run/upkeep.hpp"

namespace respawn::engine {

/// What became of a client's command.
enum class Outcome : std::uint8_t {
  done,       // replied
  held,       // by a pause; run the same command when it is over
  blocked,    // the session waits; run the same command again when it is resumed, or it was
              // answered by its timeout
  close,      // nothing further of this batch is to run; the connection is closed behind what was
              // written
  yielded,    // others have their turn before the next command of the batch
  suspended,  // it goes on later, in slices; the batch stays with the keyspace until then
};

/// Puts the parts together that decide: may a command run (Admission), what it does (Runner), what
/// follows (Aftermath), what is done without a command (Upkeep).
///
/// Owner: the keyspace actor; made anew by each of its successors over the same store. When
/// anything here throws, the store's mutation mark, its unit and the session's batch say how far
/// it came, and the executor must not be used any more.
class Executor {
 public:
  /// Takes over what the store holds: subscriptions and blocked clients are registered anew, what a
  /// unit that was cut off had propagated by then is told.
  Executor(Store& store, Services& services, const Clock& clock);

  /// The session's batch will run soon, behind those announced before: its keys are fetched
  /// meanwhile. Requires that it is not announced already.
  void announce_batch(const Session& session) { lookahead_.announce(session); }

  /// All announced batches have run.
  void end_batches() { lookahead_.reset(); }

  /// Reads the clock; to be called before the commands of the session's batch.
  void begin_batch(const Session& session);

  /// Runs the command `batch.next` of a registered session and, unless it waits or is suspended,
  /// steps behind it; the reply goes to the end of its batch's output. Then serves the clients that
  /// it made ready. While a unit is suspended: requires busy().
  Outcome execute_next(Session& session);

  /// Whether a unit is suspended: nothing else may change the data, so what others sent waits until
  /// it has ended or is busy().
  [[nodiscard]] bool suspended() const { return long_unit_.suspended(); }

  /// Whether it has run for longer than busy-reply-threshold: others are answered that they must
  /// wait, or what may be answered meanwhile.
  [[nodiscard]] bool busy() const { return store_.busy; }

  /// Whether the suspended unit waits for what its client says.
  [[nodiscard]] bool waits_for(const SessionPtr& session) const {
    return long_unit_.waits() && suspended_session_ == session;
  }

  /// Whether the suspended unit wants a slice: not one that waits for its client.
  [[nodiscard]] bool wants_slice() const { return !long_unit_.waits() || long_unit_.woken(); }

  /// No slice tells of a unit that waits that it has become busy().
  void look_at_time() { note_time(); }

  /// Whether it waits for its client no longer.
  [[nodiscard]] bool woken() const { return long_unit_.woken(); }

  /// Runs the suspended unit for one more slice. The outcome is that of execute_next() of
  /// suspended_session(). Requires wants_slice().
  Outcome go_on_suspended();

  /// The client of the suspended unit is gone. From now on it is one like any other.
  void leave_suspended() {
    long_unit_.leave_client();
    if (long_unit_.woken()) store_.busy = false;
  }

  /// Whose command is suspended, or was until the last go_on_suspended(); null: nobody's yet.
  [[nodiscard]] const SessionPtr& suspended_session() const { return suspended_session_; }

  /// To be called once at the beginning: serves those for whom something came just before a crash.
  void serve_ready_clients() { aftermath_.serve_ready_clients(); }

  /// Serves those whose wait for the disk (WAITAOF) is over. Not while a unit is suspended.
  void serve_disk_waiters() {
    if (store_.log.has_waiters()) [[unlikely]]
      aftermath_.serve_disk_waiters();
  }

  /// Sessions whose wait ended (served, timed out, unblocked): their batches go on behind the
  /// blocking command.
  std::vector<SessionPtr> take_resumed() { return blocking_.take_resumed(); }

  /// A session that is held while there is no pause any more, or null: its batch is to go on with
  /// the command that was held, and it is to be forgotten by holding() then.
  [[nodiscard]] Session* next_released() {
    return store_.pause.active() ? nullptr : blocking_.holding().first();
  }

  [[nodiscard]] Holding& holding() { return blocking_.holding(); }

  /// How many executors the store has had with this one.
  [[nodiscard]] std::uint64_t generation() const { return store_.generation; }

  /// Wall clock as last read: at the start of the batch, and behind each command.
  [[nodiscard]] std::int64_t now_us() const { return clock_.now_us(); }

  /// The same of the stopwatch.
  [[nodiscard]] std::uint64_t now_ns() const { return clock_.now_ns(); }

  /// When the next wait, or the pause, is over (monotonic microseconds), or 0.
  [[nodiscard]] std::int64_t next_wait_deadline_us() const {
    const std::int64_t wait_us = blocking_.next_deadline_us();
    if (!store_.pause.is_timed()) return wait_us;
    const std::int64_t pause_us = store_.pause.until_us();
    return wait_us == 0 ? pause_us : std::min(wait_us, pause_us);
  }

  [[nodiscard]] Upkeep& upkeep() { return upkeep_; }

  [[nodiscard]] ClientEviction& client_eviction() { return client_eviction_; }

  ~Executor() { store_.databases.stop_telling(waiters_); }

  void add_client(SessionPtr session);
  void remove_client(Session& session);

  [[nodiscard]] Environment& environment() { return environment_; }

 private:
  /// What is done with a command that does not run as it comes.
  enum class Decision : std::uint8_t { run, hold, answered };

  /// What runs on the stack of the long unit. One that talks outlives the batch that it came in: it
  /// has a copy of its words, and replies into a buffer of its own.
  struct LongCommand {
    Session* session = nullptr;
    Command* command = nullptr;
    Args args;
    Buffer* output = nullptr;
    HashedKey key;
    Ran ran;
    std::exception_ptr failure;
    std::int64_t unit_now_us = 0;
    std::vector<std::string> kept;
    std::vector<std::string_view> kept_args;
    Buffer told;
    bool in_hand = false;  // a command of its client is to be answered
  };

  Decision consider(Session& session, Command& command, Args args);
  void queue(Session& session, Command& command, Args args, Flags flags);
  Outcome run_long(Session& session, Command& command, const HashedKey& key);
  Outcome go_on_with(Session& session);
  Outcome behind_slice(bool ended);
  void note_time();
  Outcome pause_long();
  Outcome wait_for_client();
  Outcome end_long();
  void keep_words(Args args);
  Outcome end_command(Session& session, Command* command, const Ran& ran);
  Outcome run_beside(Session& session, Command* command, Decision decision);

  Store& store_;
  UnitClock clock_;
  keyspace::WaiterTable waiters_;
  Subscriptions subscriptions_;
  Blocking blocking_;
  LongUnit long_unit_;
  Environment environment_;
  MemoryLimit memory_limit_;
  Admission admission_;
  Runner runner_;
  Runner aside_;  // what is answered while a unit is suspended in runner_
  Aftermath aftermath_;
  Upkeep upkeep_;
  ClientEviction client_eviction_{environment_};
  Lookahead lookahead_;
  LongCommand long_;
  SessionPtr suspended_session_;
};

}  // namespace respawn::engine
