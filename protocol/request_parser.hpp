// Turns received bytes into commands whose arguments are views into the receive buffer.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/buffer.hpp"

namespace respawn::protocol {

/// Redis's limits on a request; past one of them the request is a protocol error.
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
/// and unchanged.
class RequestParser {
 public:
  /// Parses complete commands from buffer[offset...] into `commands` (appended), at most
  /// `commands_max` of them. Returns the offset behind the last complete command. The views are
  /// into `buffer` and die when it changes. After an error (see error()) nothing is parsed any
  /// more.
  std::size_t parse(Buffer& buffer, std::size_t offset, const RequestLimits& limits,
                    std::size_t commands_max, RequestCommands& commands);

  /// Empty, or the protocol error of Redis without the leading '-' ("ERR Protocol error: ..."):
  /// answer it and close.
  [[nodiscard]] const std::string& error() const { return error_; }

  /// Bytes still missing from the bulk argument that is arriving (its CR LF included), or 0: how
  /// much the buffer should make room for.
  [[nodiscard]] std::size_t missing_bytes() const { return missing_bytes_; }

 private:
  std::string error_;
  std::size_t missing_bytes_ = 0;
};

}  // namespace respawn::protocol
