// A blocking RESP client for tests: commands in, replies out, pushes kept apart.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/raw_socket.hpp"

namespace respawn::support {

/// Owner: one test thread. Speaks RESP2 until hello(3). Throws std::runtime_error when the
/// connection is lost or no reply comes in time.
class RespClient {
 public:
  explicit RespClient(std::uint16_t port) : socket_(port) {}

  explicit RespClient(RawSocket socket) : socket_(std::move(socket)) {}

  /// Sends one command and returns its reply (error replies included).
  Reply command(const std::vector<std::string>& words);

  /// Sends without waiting; read() fetches the replies in order.
  void send(const std::vector<std::string>& words);

  /// The next reply; RESP3 pushes met on the way are kept for push().
  Reply read(Milliseconds deadline = patience);

  /// The next RESP3 push, already received or yet to come.
  Reply push(Milliseconds deadline = patience);

  /// Switches the protocol; throws unless the server agrees.
  void hello(int version);

  /// command(), when a certain kind of reply is a must: throws when another one comes.
  std::int64_t integer(const std::vector<std::string>& words);
  std::string text(const std::vector<std::string>& words);  // any non-null scalar but an error
  void ok(const std::vector<std::string>& words);           // +OK

  [[nodiscard]] RawSocket& socket() { return socket_; }

 private:
  RawSocket socket_;
  std::deque<Reply> pushes_;
};

/// The value of `field` in INFO's text ("connected_clients" -> "3"), or "" when it is not there.
std::string info_field(RespClient& client, const std::string& section, const std::string& field);

/// Whether this is Respawn, and not some other server put in its place by $RESPAWN_SERVER.
bool is_respawn(RespClient& client);

}  // namespace respawn::support
