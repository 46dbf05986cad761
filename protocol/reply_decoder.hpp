// Turns a server's bytes into replies, as they arrive.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/reply.hpp"

namespace respawn::protocol {

/// What a server may make its client hold; past one of them the stream is an error.
struct ReplyLimits {
  std::size_t nesting_max = 64;         // aggregates within each other
  std::int64_t elements_max = 1 << 28;  // of one aggregate (pairs of a map or an attribute)
  std::int64_t bulk_bytes_max = 512LL * 1024 * 1024;
  std::size_t line_bytes_max = 64 * 1024;  // simple strings, errors, numbers, sizes
};

/// Owner: one client connection. Incremental: a bulk that arrives in pieces is not scanned again.
/// Memory grows with what has arrived, never with what a header claims. Streamed (unsized) strings
/// and aggregates of RESP3 are not known: no Redis sends them.
class ReplyDecoder {
 public:
  explicit ReplyDecoder(const ReplyLimits& limits = {}) : limits_(limits) {}

  /// Appends the replies that `input` completes. Returns how many bytes were used; the others must
  /// be in front of the next input. After an error (see error()) nothing is used any more.
  std::size_t decode(std::string_view input, std::vector<Reply>& replies);

  /// Empty, or why the bytes are no reply: close the connection.
  [[nodiscard]] const std::string& error() const { return error_; }

  /// Bytes still missing from the bulk that is arriving (its CR LF included), or 0.
  [[nodiscard]] std::size_t missing_bytes() const { return missing_bytes_; }

 private:
  /// An aggregate whose elements are arriving.
  struct Frame {
    Reply reply;
    std::int64_t elements_left;
    bool attribute;
  };

  std::size_t read_bulk(std::string_view input, std::vector<Reply>& replies);
  std::size_t read_line(std::string_view input, std::vector<Reply>& replies);
  bool read_header(char type, std::string_view text, std::vector<Reply>& replies);
  bool read_number(char type, std::string_view text, Reply& reply);
  bool open_bulk(char type, std::string_view text, std::vector<Reply>& replies);
  bool open_aggregate(char type, std::string_view text, std::vector<Reply>& replies);
  void finish(Reply reply, std::vector<Reply>& replies);
  bool fail(std::string_view text);

  ReplyLimits limits_;
  std::string error_;
  std::size_t missing_bytes_ = 0;
  std::size_t searched_ = 0;       // no end of the line before it
  std::int64_t bulk_bytes_ = -1;   // of the bulk whose size was read; -1: none
  char bulk_type_ = 0;             // '$', '!' or '='
  std::vector<Frame> open_;        // from the outermost to the innermost
  std::vector<Reply> attributes_;  // of the next reply
};

}  // namespace respawn::protocol
