// An event loop for tests: virtual time and sockets in memory, on the thread of the test.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "net/loop_core.hpp"

namespace respawn::net {

struct SimulatedConnection;
class SimulatedListener;

/// The test's side of a connection. Copies mean the same connection. What it does reaches the
/// stream in the loop's next turns. Must not be used after the loop is gone.
class SimulatedPeer {
 public:
  explicit SimulatedPeer(std::shared_ptr<SimulatedConnection> connection);

  /// One call is one on_received() (or several, past 16 KB).
  void write(std::string_view bytes);

  /// Takes what the stream has sent so far, which opens the receive window again.
  std::string read_all();

  /// Whether the stream's side has said that it sends no more (and everything is read).
  [[nodiscard]] bool is_closed() const;

  /// Whether the owner has closed the stream, so that nothing is read any more either.
  [[nodiscard]] bool is_gone() const;

  /// Sends no more, but reads on.
  void finish_sending();

  /// Closes: the stream receives the end, and fails to send from now on (EPIPE).
  void close();

  /// The stream receives `error` as its end, and fails to send with it.
  void reset(int error);

  /// A slow reader: at most `bytes` are taken before read_all(). Unlimited at first.
  void set_receive_window(std::size_t bytes);

 private:
  std::shared_ptr<SimulatedConnection> connection_;
};

/// Owner: a test; everything happens on the thread that made it, inside run_until_idle() and
/// advance_ms(). Only exec_later(), post() and stop() may be called from elsewhere: they queue.
/// Actors of CAF's scheduler do not run here. Deterministic: the same calls give the same order.
class SimulatedLoop final : public LoopCore {
 public:
  explicit SimulatedLoop(caf::actor_system& system);
  ~SimulatedLoop() override;

  /// Runs turns until there is nothing to do without time going on. Check fails if that never
  /// comes.
  void run_until_idle();

  /// Lets time go on; timers fire in order, each at its own time, and all runs to idle in between.
  void advance_ms(std::int64_t milliseconds) { advance_us(milliseconds * 1000); }

  void advance_us(std::int64_t microseconds);

  /// Time goes by in which the loop gets no turn, as where the machine has other things to do.
  void skip_us(std::int64_t microseconds) { manual_clock_->advance_us(microseconds); }

  /// Somebody connects to the listener of `listening_fd`, a number of the test's choice.
  SimulatedPeer connect_peer(int listening_fd);

  /// accept() fails on the listener of `listening_fd`.
  void fail_accept(int listening_fd, int error);

  /// From now on connect() to `address` succeeds; everywhere else it is refused.
  void serve(const Address& address);
  void stop_serving(const Address& address);

  /// The far side of the oldest connection to a served address not taken yet.
  std::optional<SimulatedPeer> take_connected(const Address& address);

  /// Whether stop() was called.
  [[nodiscard]] bool stopped() const { return stopped_.load(); }

  /// run_until_idle(); a simulation never waits.
  void run() override { run_until_idle(); }

  void stop() override { stopped_.store(true); }

  std::unique_ptr<Stream> adopt(AcceptedSocket socket, StreamHandler& handler) override;
  std::unique_ptr<Listener> listen(int listening_fd, AcceptHandler& handler) override;
  std::vector<AcceptedSocket> accept_waiting(int listening_fd) override;
  std::unique_ptr<Connecting> connect(const Address& address, ConnectHandler& handler,
                                      StreamHandler& stream_handler) override;

  [[nodiscard]] const char* backend_name() const override { return "simulation"; }

 protected:
  /// There is no kernel: everything that waits is in the lists of LoopCore.
  void poll(std::int64_t) override {}

  void wake() override {}

 private:
  friend class SimulatedListener;

  using Connection = std::shared_ptr<SimulatedConnection>;

  void deliver_backlog(int listening_fd);
  [[nodiscard]] AcceptedSocket accept_first(int listening_fd);
  void finish_connect(const Address& address, ConnectHandler& handler,
                      StreamHandler& stream_handler);
  [[nodiscard]] Connection make_connection(std::string stream_side, std::string peer_side);

  SimulatedLoop(caf::actor_system& system, std::unique_ptr<ManualClock> manual_clock);

  std::unique_ptr<ManualClock> manual_clock_;
  std::atomic<bool> stopped_{false};
  std::map<int, SimulatedListener*> listeners_;
  std::map<int, std::deque<Connection>> backlogs_;
  std::map<int, Connection> accepted_;  // not adopted yet
  std::map<std::string, std::deque<Connection>> served_;
  int next_socket_;
  int next_port_;
};

}  // namespace respawn::net
