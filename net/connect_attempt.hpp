// Connecting to an address: names are looked up off the loop, then one address after the other is
// tried.
#pragma once

#include <memory>
#include <vector>

#include "net/socket_loop.hpp"

namespace respawn::net {

/// Owner: the Connecting that the user holds; the kernel's operation holds a reference too. Loop
/// thread only. Tells its handler exactly one result, unless it is given up before.
class ConnectAttempt : public LocalCounted {
 public:
  ConnectAttempt(SocketLoop& loop, ConnectHandler& handler, StreamHandler& stream_handler)
      : loop_(loop), handler_(&handler), stream_handler_(&stream_handler) {}

  void start(const Address& address);
  void give_up();

  /// From the back end: the socket is connected (error 0), or will not be.
  void connected(FileDescriptor socket, int error);

 private:
  void resolved(const Result<std::vector<SocketAddress>>& addresses);
  void try_next();

  SocketLoop& loop_;
  ConnectHandler* handler_;  // null once given up or told
  StreamHandler* stream_handler_;
  std::vector<SocketAddress> addresses_;  // left to try, the next one last
  LocalPtr<PendingConnect> pending_;
  int error_ = 0;
};

std::unique_ptr<Connecting> start_connecting(SocketLoop& loop, const Address& address,
                                             ConnectHandler& handler,
                                             StreamHandler& stream_handler);

}  // namespace respawn::net
