// The loop's half of a stream: what all back ends do alike, and the handle that the owner holds.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "net/local_ptr.hpp"
#include "net/output_queue.hpp"
#include "net/stream.hpp"

namespace respawn::net {

class LoopCore;

/// Both ends of a connection as text.
struct StreamAddresses {
  std::string peer;
  std::string local;
};

/// Owner: counted; the owner's handle, kernel operations in flight and the loop's lists each hold a
/// reference, so it (its buffers, its descriptor) outlives the handle until the last operation has
/// completed. Loop thread only. Invariant: no handler call once closed().
class StreamCore : public LocalCounted {
 public:
  StreamCore(LoopCore& loop, StreamHandler& handler) : loop_(loop), handler_(&handler) {}

  void resume_receiving();
  void pause_receiving();
  void send(Buffer& bytes);
  void finish_sending();
  void close();

  [[nodiscard]] std::size_t unsent_bytes() const { return output_.size_bytes(); }

  [[nodiscard]] const StreamAddresses& addresses() const { return addresses_; }

  [[nodiscard]] virtual int fd() const = 0;

  /// Called by the loop at the end of a turn in which something was sent.
  void flush();

  /// Called by the loop in the turn after continue_later().
  void continue_now();

 protected:
  // What a back end does. None of these calls the handler.
  virtual void start_receiving() = 0;
  virtual void stop_receiving() = 0;
  virtual void shut_down_sending() = 0;
  /// Closes, or has the descriptor closed as soon as no operation uses it.
  virtual void drop() = 0;

  /// Sends from output(), which is neither empty nor sending; ends in sent() or send_failed(), now
  /// or later.
  virtual void transmit() = 0;
  /// The loop's answer to continue_later().
  virtual void continue_receiving() = 0;

  // What a back end reports. Each may end in the handler destroying the owner's handle, so the
  // caller holds a reference.
  void deliver(std::string_view bytes);
  /// So many bytes are in what was the owner's large_space().
  void deliver_large(std::size_t bytes);
  void deliver_end(int error);
  /// A part of output() is out.
  void sent_some();
  /// Everything in output() is out.
  void sent();
  void send_failed(int error);

  /// Has continue_receiving() called in the next turn, which then does not block.
  void continue_later();
  /// Has flush() called at the end of this turn (or of the next one, within a flush).
  void flush_later();

  /// Where the owner wants what comes next.
  [[nodiscard]] StreamHandler::LargeSpace large_space() const {
    return receiving() ? handler_->large_space() : StreamHandler::LargeSpace{};
  }

  [[nodiscard]] bool closed() const { return closed_; }

  [[nodiscard]] bool receiving() const { return receiving_ && !closed_; }

  [[nodiscard]] LoopCore& loop() const { return loop_; }

  [[nodiscard]] OutputQueue& output() { return output_; }

  void set_addresses(StreamAddresses addresses) { addresses_ = std::move(addresses); }

 private:
  LoopCore& loop_;
  StreamHandler* handler_;
  OutputQueue output_;
  StreamAddresses addresses_;
  bool receiving_ = false;
  bool receive_ended_ = false;
  bool closed_ = false;
  bool send_failed_ = false;
  bool finish_asked_ = false;
  bool finished_ = false;
  bool in_flush_list_ = false;
  bool in_continue_list_ = false;
};

/// The owner's handle to `core`.
std::unique_ptr<Stream> make_stream(LocalPtr<StreamCore> core);

}  // namespace respawn::net
