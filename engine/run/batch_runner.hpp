// The loop over the commands of a client's batch, and what becomes of the batch.
#pragma once

#include <vector>

#include "engine/run/executor.hpp"

namespace respawn::engine {

/// Where batches go from here; the keyspace actor's side of it, and a plain one in tests.
class BatchPort {
 public:
  virtual ~BatchPort() = default;

  /// The batch is done, or has more output than should be held: back to the connection, which
  /// closes behind it if told so.
  virtual void give_back(Session& session, bool close) = 0;

  /// The replies so far go to the client before the batch is through; not empty.
  virtual void send_ahead(Session& session, Buffer&& replies) = 0;

  /// The rest of the batch (state: queued) is to be submitted again behind the other work.
  virtual void yield(const SessionPtr& session) = 0;

  /// To be called behind each batch: pushes, closed clients, timers.
  virtual void settle() = 0;

  /// A command is suspended: BatchRunner::go_on_suspended() is to be called behind the other work.
  virtual void go_on_soon() = 0;
};

/// Owner: the keyspace actor, beside its executor. Batches run in the order of their submission;
/// one that takes longer than keyspace-slice-us yields between two of its commands.
class BatchRunner {
 public:
  BatchRunner(Store& store, Executor& executor, BatchPort& port)
      : store_(store), executor_(executor), port_(port) {}

  /// Collects batches, so that the keys of one are fetched while those before it run. False when
  /// the batch is not queued (any more).
  bool submit(const SessionPtr& session);

  /// Runs what was submitted since the last time, then tells what has changed below the prefixes of
  /// CLIENT TRACKING. Whatever depends on the data or on the order of a client's messages calls it
  /// first.
  void run_submitted();

  /// Behind what happened without a batch: those whose wait is over go on; clients that track
  /// prefixes are told; port.settle().
  void go_on();

  /// A command that takes long runs for a further slice. Batches that come meanwhile wait; once it
  /// makes the server busy they are answered that, and when it has ended they run.
  void go_on_suspended();

  /// The client's connection holds more than it said before.
  void grew(Session& session);

  /// The client is gone: nothing is left of it; a batch that waits is given back.
  void leave(const SessionPtr& session);

 private:
  bool broadcast();
  void run(const SessionPtr& session);
  void run_batch(const SessionPtr& session);
  void suspend(Session& session);
  void end_suspended(Outcome outcome);
  void delay(Session& session);
  void run_delayed();
  Outcome run_commands(Session& session);
  void note_run_time(Batch& batch);
  void run_on(const SessionPtr& session);
  void go_on_with_released();
  void go_on_with_resumed();
  void park(Session& session);
  void send_ahead(Session& session);
  void give_back(Session& session, bool close);

  Store& store_;
  Executor& executor_;
  BatchPort& port_;
  std::vector<SessionPtr> submitted_;
  std::vector<SessionPtr> delayed_;  // submitted while a command is suspended; their state: queued
  std::uint64_t turn_commands_ = 0;  // that have run since run_submitted() began
  bool suspended_left_ = false;      // the client of the suspended command is gone
};

}  // namespace respawn::engine
