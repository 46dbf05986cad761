// A stream whose socket is driven by io_uring.
#pragma once

#include <memory>

#include "net/uring_loop.hpp"

namespace respawn::net {

/// At most one receive and one send are under way. Received bytes are copied out of the kernel's
/// buffers at once, so that these are free again; the rest of something large is received where its
/// owner wants it. Receives are multishot, but single for who sent something large last, so that
/// the next large thing is noticed before many buffers of it have come. The descriptor is closed
/// with the last reference; until then shutdown() tells the peer.
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
  void arm_large();
  void make_way_for_large();
  void on_receive(const io_uring_cqe& completion);
  void take_received(const io_uring_cqe& completion);
  void take_large(std::size_t bytes);
  void on_receive_failure(int error);

  [[nodiscard]] bool nothing_held() const { return held_.empty() && held_large_ == 0; }

  [[nodiscard]] bool send_directly();
  void on_send(const io_uring_cqe& completion);
  void go_on_sending();

  UringLoop& loop_;
  FileDescriptor socket_;
  std::unique_ptr<Pieces> pieces_;
  Coalescer::Mark busy_mark_ = 0;
  bool armed_ = false;  // a receive is under way
  bool cancelling_ = false;
  bool end_held_ = false;
  int held_error_ = 0;
  Buffer held_;                 // arrived while paused
  std::size_t held_large_ = 0;  // bytes that arrived in large_ while paused
  BlockPtr large_;              // what a receive under way writes to; null: the kernel's buffers
  unsigned large_history_ = 0;  // receives to come that are single
};

}  // namespace respawn::net
