// A connection of a SimulatedLoop: two queues in memory.
#pragma once

#include <deque>
#include <memory>
#include <string>

#include "net/simulated_loop.hpp"

namespace respawn::net {

class SimulatedStream;

/// Owner: shared by the stream and its peers, on the test's thread.
struct SimulatedConnection {
  StreamAddresses addresses;
  SimulatedStream* stream = nullptr;  // null before it is adopted and after it is destroyed

  // Towards the stream.
  std::deque<std::string> fragments;
  bool peer_finished = false;
  int receive_error = 0;  // what the stream receives instead of what is queued
  int send_error = 0;     // why it can send no more

  // Towards the peer.
  std::string unread;
  std::size_t window_bytes = std::string::npos;
  bool stream_finished = false;
  bool stream_closed = false;
};

class SimulatedStream final : public StreamCore {
 public:
  SimulatedStream(SimulatedLoop& loop, std::shared_ptr<SimulatedConnection> connection,
                  StreamHandler& handler);
  ~SimulatedStream() override;

  [[nodiscard]] int fd() const override { return -1; }

  /// The peer has done something.
  void peer_changed();

 private:
  void start_receiving() override { continue_later(); }

  void stop_receiving() override {}

  void shut_down_sending() override;
  void drop() override;
  void transmit() override;
  void continue_receiving() override;

  [[nodiscard]] bool something_to_receive() const;

  std::shared_ptr<SimulatedConnection> connection_;
};

}  // namespace respawn::net
