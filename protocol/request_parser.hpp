// Turns received bytes into commands whose arguments are views into the receive buffer.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/buffer.hpp"

namespace respawn::protocol {

/// Redis's limits on a request; past one of them the request is a protocol error. A line that is
/// too long is one wherever its end arrives (in Redis only when the end is not among what a read
/// delivered). A zero byte in an inline command is a byte like any other (Redis stops looking for
/// the line's end there).
struct RequestLimits {
  std::int64_t bulk_bytes_max = 512LL * 1024 * 1024;  // proto-max-bulk-len
  std::int64_t inline_bytes_max = 64 * 1024;
  bool authenticated = true;  // without: 10 arguments, 16384 bytes a bulk
};

/// The commands of a batch: `slices` are runs of `arguments`. Empty commands (an empty line, "*0")
/// leave no slice.
struct RequestCommands {
  struct Slice {
    std::uint32_t first;
    std::uint32_t count;
  };

  std::vector<std::string_view> arguments;
  std::vector<Slice> slices;

  void clear() {
    arguments.clear();
    slices.clear();
  }
};

/// Owner: one connection actor. Incremental: an argument that arrives in pieces is never scanned
/// again, and nothing is copied (inline quoting is undone in place). Between two calls the buffer
/// may be moved or reallocated and bytes appended, but bytes not yet consumed must stay in order
/// and unchanged, and `offset` must be where the last call stopped.
class RequestParser {
 public:
  /// Parses complete commands from buffer[offset...] into `commands` (appended), at most
  /// `commands_max` of them. Returns the offset behind the last complete command. The views are
  /// into `buffer` and die when it changes. After an error (see error()) nothing is parsed any
  /// more; the commands before it are still good.
  ///
  /// `limits` hold for the whole call, and what one command does may change them for the next. So
  /// parsing stops behind a RESET, which may end an authentication, and a client that has yet to
  /// authenticate must be parsed one command at a time. What stands behind has not been looked at.
  std::size_t parse(Buffer& buffer, std::size_t offset, const RequestLimits& limits,
                    std::size_t commands_max, RequestCommands& commands);

  /// Empty, or the protocol error of Redis without the leading '-' ("ERR Protocol error: ..."):
  /// answer it and close.
  [[nodiscard]] const std::string& error() const { return error_; }

  /// Bytes still missing from the bulk argument that is arriving (its CR LF included), or 0: how
  /// much the buffer should make room for.
  [[nodiscard]] std::size_t missing_bytes() const { return missing_bytes_; }

 private:
  struct Bounds;

  /// An argument that is there, of a command that is not; from the command's first byte.
  struct Piece {
    std::size_t start;
    std::size_t size;
  };

  [[nodiscard]] bool in_progress() const { return next_ > 0 || searched_ > 0; }

  // These return the length of the command that is now complete, or 0 (partial, or an error).
  std::size_t parse_inline(std::span<char> rest, const Bounds& bounds, RequestCommands& commands);
  std::size_t parse_multibulk(std::string_view rest, const Bounds& bounds,
                              RequestCommands& commands);

  bool read_count(std::string_view rest, const Bounds& bounds);
  bool read_bulk(std::string_view rest, const Bounds& bounds);
  bool read_bulk_size(std::string_view rest, const Bounds& bounds);
  std::optional<std::string_view> read_line(std::string_view rest, const Bounds& bounds,
                                            std::string_view too_long);
  bool fail(std::string_view text);
  void forget_command();

  std::string error_;
  std::size_t missing_bytes_ = 0;

  // The command that is arriving; offsets are from its first byte, so that the buffer may move.
  std::size_t next_ = 0;          // where parsing goes on; 0 before the count is read
  std::size_t searched_ = 0;      // no end of line before it
  std::int64_t bulks_left_ = 0;   // arguments to come
  std::int64_t bulk_bytes_ = -1;  // of the argument at next_; -1 before its size is read
  std::vector<Piece> pieces_;
};

}  // namespace respawn::protocol
