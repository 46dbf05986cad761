// A stream whose socket is watched by epoll.
#pragma once

#include "net/epoll_loop.hpp"

namespace respawn::net {

/// The descriptor is registered once, edge-triggered; a flag remembers what was reported and not
/// yet used up, so that pausing and resuming cost no system call. EPOLLOUT is asked for only while
/// a write waits: peers of a Unix socket would wake us with every read otherwise.
class EpollStream final : public StreamCore, public EpollSource {
 public:
  EpollStream(EpollLoop& loop, FileDescriptor socket, StreamHandler& handler);

  [[nodiscard]] int fd() const override { return socket_.get(); }

  void on_ready(std::uint32_t events) override;

 private:
  void start_receiving() override;
  void stop_receiving() override;
  void shut_down_sending() override;
  void drop() override;
  void transmit() override;
  void continue_receiving() override;

  /// Returns an errno.
  int watch(bool writes);

  EpollLoop& loop_;
  FileDescriptor socket_;
  int watch_error_ = 0;  // why this stream will never be told that it is readable
  bool watched_ = false;
  bool watched_writes_ = false;
  bool readable_ = false;  // a receive may find something
  bool hung_up_ = false;   // no further edge will come: receive until the end shows
};

}  // namespace respawn::net
