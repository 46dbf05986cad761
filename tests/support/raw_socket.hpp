// A blocking client socket with a deadline on everything it does, for tests that send raw bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/reply.hpp"
#include "tests/support/wait_until.hpp"

namespace respawn::support {

/// Owner: one test thread. Every member throws std::runtime_error when its deadline passes or the
/// peer breaks the connection (where that is not what was waited for).
class RawSocket {
 public:
  struct Options {
    std::string host = "127.0.0.1";  // numeric, IPv4 or IPv6
    int receive_buffer_bytes = 0;    // SO_RCVBUF before connecting; 0: the kernel's choice
  };

  explicit RawSocket(std::uint16_t port);
  RawSocket(std::uint16_t port, const Options& options);
  static RawSocket connect_unix(const std::string& path);

  RawSocket(RawSocket&& other) noexcept;
  RawSocket& operator=(RawSocket&& other) noexcept;
  RawSocket(const RawSocket&) = delete;
  RawSocket& operator=(const RawSocket&) = delete;
  ~RawSocket();

  void write(std::string_view bytes);

  /// Writes as much as the peer takes at once and says how much that was.
  std::size_t write_some(std::string_view bytes);

  /// Whether the kernel takes bytes within `time`.
  bool writable_within(Milliseconds time);

  std::string read_exactly(std::size_t bytes);

  /// The next reply, or the next `count` of them.
  Reply read_reply(Milliseconds deadline = patience);
  std::vector<Reply> read_replies(std::size_t count, Milliseconds deadline = patience);

  /// The next reply if all of it is there; waits for nothing.
  std::optional<Reply> take_arrived();

  /// Everything up to the end of the stream; a reset counts as the end.
  std::string read_until_end(Milliseconds deadline = patience);

  /// Whether nothing arrives within `time`.
  bool silent_for(Milliseconds time);

  /// Whether the peer closes within `deadline`; what arrives meanwhile is dropped.
  bool closed_within(Milliseconds deadline);

  /// No further bytes will be sent.
  void finish_writing();

  /// Closes with a reset, as a client that crashed.
  void reset();
  void close();

  /// This end as the server shows it, "127.0.0.1:40000".
  [[nodiscard]] std::string local_address() const;

  [[nodiscard]] int descriptor() const { return fd_; }

 private:
  explicit RawSocket(int fd) : fd_(fd) {}

  /// One read; 0 at the end of the stream, -1 when the deadline passed.
  long receive(SteadyClock::time_point deadline);

  int fd_ = -1;
  std::string received_;  // not yet handed out
};

}  // namespace respawn::support
