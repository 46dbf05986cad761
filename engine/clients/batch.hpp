// What one read of a socket delivered, on its way between connection and keyspace.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/buffer.hpp"
#include "protocol/request_parser.hpp"

namespace respawn::engine {

/// Owner: travels between one connection actor and the keyspace actor; `state` says who holds it.
/// Only the holder touches the rest; each hand-over is a release store of `state`, which the other
/// side loads (acquire) before it takes up the batch. Invariant: commands' views point into
/// `input`; slices before `next` have been executed, their replies are in `output` or were sent
/// ahead.
struct Batch {
  enum class State : std::uint8_t {
    idle,       // with the connection
    queued,     // under way to the keyspace, which waits for its turn; `output` is empty
    executing,  // its commands are running right now; if their actor failed (see generation): with
                // the connection, once that hears of the successor
    parked,     // its next command blocks; the keyspace's tables hold it
    answered,   // its blocking command has its reply in `output`; the keyspace goes on with it in
                // its turn; survives the keyspace actor
    done,       // under way back, or held by the connection until its reader keeps up
  };

  std::atomic<State> state{State::idle};
  /// Which keyspace actor began to execute last; written before `state` becomes executing. Tells a
  /// command that failed with its actor from one that the successor is running.
  std::atomic<std::uint64_t> generation{0};
  Buffer input;
  protocol::RequestCommands commands;
  std::size_t next = 0;
  /// Whether the command `next` has begun to run, and is neither answered nor waiting.
  bool running = false;
  Buffer output;
  std::size_t reply_start = 0;  // where the running command's reply begins in `output`
  /// When its bytes arrived, by the stopwatch; 0: not known. The connection writes it before it
  /// submits the batch.
  std::uint64_t arrived_ns = 0;
  std::uint64_t ran_ns = 0;  // its commands so far; the keyspace's
  bool waited = false;       // for more than its turn: how long says nothing about the server

  /// The arguments of the command `next`. Requires that there is one.
  [[nodiscard]] std::span<const std::string_view> next_command() const {
    const auto& slice = commands.slices[next];
    return std::span(commands.arguments).subspan(slice.first, slice.count);
  }

  /// To be called before its first command runs, and when it goes on.
  void begin_executing(std::uint64_t keyspace_generation) {
    generation.store(keyspace_generation, std::memory_order_relaxed);
    state.store(State::executing, std::memory_order_release);
  }
};

}  // namespace respawn::engine
