// Turns received bytes into commands whose arguments are views into the receive buffer.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/buffer.hpp"
#include "base/shared_block.hpp"

namespace respawn::protocol {

/// Redis's limits on a request; past one of them the request is a protocol error. A line that is
/// too long is one wherever its end arrives (in Redis only when the end is not among what a read
/// delivered). A zero byte in an inline command is a byte like any other (Redis stops looking for
/// the line's end there).
struct RequestLimits {
  std::int64_t bulk_bytes_max = 512LL * 1024 * 1024;  // proto-max-bulk-len
  std::int64_t inline_bytes_max = 64 * 1024;
  bool authenticated = true;  // without: 10 arguments, 16384 bytes a bulk
  /// A bulk of at least so many bytes that is not complete is received into a block of its own.
  std::int64_t block_bytes_min = std::numeric_limits<std::int64_t>::max();
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
  std::vector<BlockPtr> blocks;  // which large arguments lie in

  void clear() {
    arguments.clear();
    slices.clear();
    blocks.clear();
  }

  /// The block whose contents the argument is; null for one that lies in the receive buffer.
  [[nodiscard]] BlockPtr block_of(std::string_view argument) const {
    for (const BlockPtr& block : blocks)
      if (block->data() == argument.data() && block->size() == argument.size()) return block;
    return {};
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

  /// Room for the rest of a bulk that is received into a block (RequestLimits::block_bytes_min), or
  /// empty. Then the next bytes belong there: block_received() says how many came. What follows
  /// goes to the buffer again.
  [[nodiscard]] std::span<char> block_space() const {
    if (!block_) return {};
    const std::size_t there = block_->size();
    return {block_->data() + there, static_cast<std::size_t>(bulk_bytes_) - there};
  }

  /// `bytes` were written to the start of block_space().
  void block_received(std::size_t bytes) { block_->resize(block_->size() + bytes); }

  /// What the block takes beyond what has come: allocated, but never touched so far.
  [[nodiscard]] std::size_t untouched_bytes() const {
    return block_ ? block_->capacity() - block_->size() : 0;
  }

  /// What block_space() lies in, to be held by who writes there.
  [[nodiscard]] const BlockPtr& block() const { return block_; }

  /// Bytes in the buffer that belong to complete arguments of the command that is arriving.
  [[nodiscard]] std::size_t parsed_bytes() const { return next_; }

  /// Bytes still missing from the bulk argument that is arriving (its CR LF included), or 0: how
  /// much the buffer should make room for.
  [[nodiscard]] std::size_t missing_bytes() const { return missing_bytes_; }

 private:
  struct Bounds;

  /// An argument that is there, of a command that is not; from the command's first byte.
  struct Piece {
    std::size_t start;  // in_block: it is the next of blocks_
    std::size_t size;
  };

  static constexpr std::size_t in_block = std::numeric_limits<std::size_t>::max();

  [[nodiscard]] bool in_progress() const { return next_ > 0 || searched_ > 0; }

  // These return the length of the command that is now complete, or 0 (partial, or an error).
  std::size_t parse_inline(std::span<char> rest, const Bounds& bounds, RequestCommands& commands);
  std::size_t parse_multibulk(std::string_view rest, const Bounds& bounds,
                              RequestCommands& commands);

  bool read_count(std::string_view rest, const Bounds& bounds);
  bool read_bulk(std::string_view rest, const Bounds& bounds);
  bool read_block(std::size_t there);
  void divert(Buffer& buffer, std::size_t offset);
  void add_pieces(const char* command, RequestCommands& commands);
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
  BlockPtr block_;                // the argument at next_ arrives there, not in the buffer
  std::vector<BlockPtr> blocks_;  // arguments that are there
};

}  // namespace respawn::protocol
