// A thread on which actors live and sockets complete: a CAF execution unit with timers and byte
// streams.
#pragma once

#include <caf/execution_unit.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "net/stream.hpp"

namespace respawn::net {

class LoopActor;

/// A socket that was accepted; whoever adopts it owns the descriptor.
struct AcceptedSocket {
  int fd = -1;  // in simulation: an index of the simulated network
};

class AcceptHandler {
 public:
  virtual ~AcceptHandler() = default;
  virtual void on_accepted(AcceptedSocket socket) = 0;
  /// accept failed (EMFILE, ENFILE, ENOMEM, ...). The listener has paused itself; resume() it after
  /// a while, so that it never spins.
  virtual void on_accept_error(int error) = 0;
};

/// Accepts on a listening descriptor that it does not own (see ListeningSocket). Destroying it
/// stops accepting; the kernel's backlog stays.
class Listener {
 public:
  virtual ~Listener() = default;
  virtual void pause() = 0;
  virtual void resume() = 0;
};

class ConnectHandler {
 public:
  virtual ~ConnectHandler() = default;
  virtual void on_connected(std::unique_ptr<Stream> stream) = 0;
  virtual void on_connect_error(int error) = 0;
};

/// An attempt to connect; destroying it gives up (no handler call follows).
class Connecting {
 public:
  virtual ~Connecting() = default;
};

/// host:port or a Unix socket path ("unix:/path").
struct Address {
  std::string host;
  std::uint16_t port = 0;
};

using TimerId = std::uint64_t;  // 0 is no timer

/// The turns of a loop since its start.
struct TurnCounts {
  std::uint64_t turns = 0;
  std::uint64_t busy_ns = 0;     // in all of them, without the waits for events
  std::uint64_t longest_ns = 0;  // likewise; since somebody set it to 0
};

/// Owner: the wiring (server/ or a test), which keeps it until every actor on it has ended. All
/// members are called on the loop's thread, except exec_later(), post() and stop(), which any
/// thread may call. One turn: wait for the kernel -> completions (handlers) -> ready actors, in the
/// order they became ready, a bounded number of rounds -> due timers -> flush of what was sent. A
/// handler, timer or posted function that throws does not end the loop (it is logged through the
/// crash hook); LoopActor turns its own ones into the end of that actor.
class EventLoop : public caf::execution_unit {
 public:
  explicit EventLoop(caf::actor_system* system) : caf::execution_unit(system) {}

  /// Runs turns on the calling thread until stop().
  virtual void run() = 0;
  virtual void stop() = 0;

  /// Runs `function` on the loop's thread, in order of the calls of one thread.
  virtual void post(std::function<void()> function) = 0;

  [[nodiscard]] virtual bool on_loop_thread() const = 0;

  [[nodiscard]] virtual const Clock& clock() const = 0;

  /// When the running turn began, behind its wait for events: by the clock's stopwatch, in
  /// nanoseconds. What it delivers had arrived by then.
  [[nodiscard]] virtual std::uint64_t turn_begun_ns() const = 0;

  [[nodiscard]] virtual TurnCounts& turn_counts() = 0;

  /// Calls back once, at least `delay_us` from now (at most about a millisecond later on an idle
  /// loop); 0 = in the next turn.
  virtual TimerId call_after(std::int64_t delay_us, std::function<void()> callback) = 0;
  virtual void cancel(TimerId timer) = 0;

  virtual std::unique_ptr<Stream> adopt(AcceptedSocket socket, StreamHandler& handler) = 0;
  virtual std::unique_ptr<Listener> listen(int listening_fd, AcceptHandler& handler) = 0;
  /// Accepts whoever waits in the backlog at this moment, before the descriptor is closed: nobody
  /// listens on it any more (the last listener is paused or gone). Ends early when accept fails.
  virtual std::vector<AcceptedSocket> accept_waiting(int listening_fd) = 0;
  /// The handler becomes a StreamHandler's owner only in on_connected: `stream_handler` is what the
  /// new stream reports to.
  virtual std::unique_ptr<Connecting> connect(const Address& address, ConnectHandler& handler,
                                              StreamHandler& stream_handler) = 0;

  /// From now on the loop may wait this long for further requests once it has some to do, while
  /// many connections are busy (see Coalescer); 0 = never, as in the beginning. A loop that cannot
  /// does nothing.
  virtual void coalesce(std::uint32_t) {}

  /// "io_uring", "epoll" or "simulation", for INFO.
  [[nodiscard]] virtual const char* backend_name() const = 0;

  /// For LoopActor alone: the loop keeps a strong reference from the first to the second, so that a
  /// living actor never ends on another thread because somebody dropped the last handle there.
  virtual void actor_started(LoopActor& actor) = 0;
  virtual void actor_ended(LoopActor& actor) = 0;
};

/// What is told of an exception that left a callback which belongs to no actor. Any thread; must
/// not throw. The default prints a line to stderr.
using LoopExceptionHook = void (*)(const char* text);
void set_loop_exception_hook(LoopExceptionHook hook);

enum class Backend : std::uint8_t { automatic, io_uring, epoll };

/// A loop with the back end asked for; `automatic` takes io_uring where the kernel allows it
/// (probed by setting one up), else epoll. Asking for io_uring where it is not allowed is an error.
Result<std::unique_ptr<EventLoop>> make_event_loop(caf::actor_system& system, Backend backend);

}  // namespace respawn::net
