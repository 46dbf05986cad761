// A connected byte stream on an event loop (TCP or Unix socket), behind one completion-style
// interface.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "base/buffer.hpp"

namespace respawn::net {

/// What a stream tells its owner. All calls come on the loop's thread, never from inside a call of
/// the owner into the stream, and never after close().
class StreamHandler {
 public:
  virtual ~StreamHandler() = default;

  /// Where the next received bytes go; `bytes` are there. Room for less (but one) is fine: then the
  /// rest is asked for again. The loop writes and then calls on_received(). Called directly before
  /// the bytes arrive, so that an idle connection needs no buffer.
  virtual std::span<char> receive_space(std::size_t bytes) = 0;

  /// `bytes` were written to the start of the last receive_space(), or of large_space().
  virtual void on_received(std::size_t bytes) = 0;

  /// Room for something large of which the owner knows that it comes next, and what keeps that
  /// memory alive: the loop may have it received right there, without a buffer between, and may be
  /// at it when the owner has gone. Empty: nothing of the kind. Only looks; may be called at any
  /// time.
  struct LargeSpace {
    std::span<char> bytes;
    BlockPtr block;
  };

  [[nodiscard]] virtual LargeSpace large_space() const { return {}; }

  /// Nothing more will be received: 0 = the peer closed its side, else an errno. The stream can
  /// still send (unless it failed).
  virtual void on_receive_end(int error) = 0;

  /// The kernel has taken a part of what was handed to send().
  virtual void on_progress() {}

  /// Everything handed to send() has been given to the kernel.
  virtual void on_sent() = 0;

  /// Sending failed with an errno; nothing more will be sent.
  virtual void on_send_error(int error) = 0;
};

/// Owner: one connection or client actor, which destroys it on its loop's thread (from any place,
/// also from inside a StreamHandler call). Kernel operations under way keep their own memory alive
/// until they complete.
class Stream {
 public:
  virtual ~Stream() = default;

  /// Starts (or resumes) receiving. A new stream does not receive until it is told to.
  virtual void resume_receiving() = 0;

  /// Back-pressure: no more on_received() until resume_receiving() (at most what the kernel has
  /// already delivered to this process is kept and handed over on resume).
  virtual void pause_receiving() = 0;

  /// Takes the bytes (the argument is left empty, possibly with recycled capacity) and writes them
  /// at the end of this loop turn; several sends of one turn go out together and in order.
  virtual void send(Buffer&& bytes) = 0;

  /// Bytes taken by send() that the kernel has not taken yet.
  [[nodiscard]] virtual std::size_t unsent_bytes() const = 0;

  /// Closes at once: unsent bytes are dropped, no handler call follows. Idempotent; the destructor
  /// does it too.
  virtual void close() = 0;

  /// shutdown(SHUT_WR) after everything handed to send() is out.
  virtual void finish_sending() = 0;

  [[nodiscard]] virtual int fd() const = 0;  // -1 in simulation
  /// "127.0.0.1:6379", "[::1]:6379", or "/path/of.sock:0" as CLIENT LIST prints them.
  [[nodiscard]] virtual const std::string& peer_address() const = 0;
  [[nodiscard]] virtual const std::string& local_address() const = 0;
};

}  // namespace respawn::net
