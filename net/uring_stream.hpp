// A stream whose socket is driven by io_uring.
#pragma once

#include <memory>

#include "net/uring_loop.hpp"

namespace respawn::net {

/// At most one receive (multishot) and one send are under way. Received bytes are copied out of the
/// kernel's buffers at once, so that these are free again. The descriptor is closed with the last
/// reference; until then shutdown() tells the peer.
class UringStream final : public StreamCore, public UringTarget {
 public:
  UringStream(UringLoop& loop, FileDescriptor socket, StreamHandler& handler);
  ~UringStream() override;

  [[nodiscard]] int fd() const override { return socket_.get(); }

  void on_completion(UringOperation operation, const io_uring_cqe& completion) override;

  [[nodiscard]] LocalCounted& counted() override { return *this; }

 private:
  struct Pieces;  // what a send of several buffers points to

  void start_receiving() override;
  void stop_receiving() override;
  void shut_down_sending() override;
  void drop() override;
  void transmit() override;
  void continue_receiving() override;

  void arm_receive();
  void on_receive(const io_uring_cqe& completion);
  void on_send(const io_uring_cqe& completion);

  UringLoop& loop_;
  FileDescriptor socket_;
  std::unique_ptr<Pieces> pieces_;
  Coalescer::Mark busy_mark_ = 0;
  bool armed_ = false;  // a receive is under way
  bool cancelling_ = false;
  bool end_held_ = false;
  int held_error_ = 0;
  Buffer held_;  // arrived while paused
};

}  // namespace respawn::net
