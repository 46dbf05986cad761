// The reply of XREAD and XREADGROUP, stream by stream, and how much goes into it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "commands/shared/stream_access.hpp"

namespace respawn::commands {

/// 0: no limit.
struct ReadLimits {
  std::uint64_t count = 0;      // entries of each stream
  std::uint64_t max_count = 0;  // entries of all of them
  std::uint64_t max_bytes = 0;  // the reply takes no further entry then; the first one always fits
};

/// Owner: a handler, on its stack. How many streams there are, and entries of one, is known in the
/// end. Invariant: a stream that was begun gets an entry, if it has one.
class ReadReply {
 public:
  ReadReply(Execution& x, const ReadLimits& limits)
      : x_(x), limits_(limits), from_(x.reply.buffer().size()) {}

  /// Whether no stream gets a further entry.
  [[nodiscard]] bool is_spent() const {
    if (all_entries_ == 0) return false;
    return (limits_.max_count != 0 && all_entries_ >= limits_.max_count) ||
           (limits_.max_bytes != 0 && x_.reply.buffer().size() - from_ >= limits_.max_bytes);
  }

  /// Whether this one does not.
  [[nodiscard]] bool is_full() const {
    return entries_ != 0 && (entries_ == limits_.count || is_spent());
  }

  /// How many entries the next stream may have by their number; 0: any.
  [[nodiscard]] std::uint64_t room() const {
    if (limits_.max_count == 0) return limits_.count;
    const std::uint64_t left = limits_.max_count - all_entries_;
    return limits_.count == 0 ? left : std::min(limits_.count, left);
  }

  /// Of one stream; its entries follow, as an array. Requires that it is not spent.
  void begin(std::string_view key) {
    if (streams_++ == 0) place_ = x_.reply.announce();
    if (!x_.reply.resp3()) x_.reply.array(2);
    x_.reply.bulk(key);
    entries_at_ = x_.reply.announce();
    entries_ = 0;
  }

  void add(const keyspace::StreamEntry& entry) {
    reply_entry(x_, entry);
    count();
  }

  /// With how long ago it was delivered, and how often.
  void add_with_history(const keyspace::StreamEntry& entry, std::int64_t idle_ms,
                        std::uint64_t deliveries) {
    x_.reply.array(4);
    reply_entry_parts(x_, entry);
    x_.reply.integer(idle_ms);
    x_.reply.integer(static_cast<std::int64_t>(deliveries));
    count();
  }

  /// One that is pending, but is no more.
  void add_deleted(const keyspace::StreamId& id) {
    x_.reply.array(2);
    reply_id(x_, id);
    x_.reply.null_array();
    count();
  }

  void end() { x_.reply.settle(entries_at_, protocol::ReplyWriter::Aggregate::array, entries_); }

  /// False when there was nothing.
  bool finish() {
    if (streams_ == 0) return false;
    using Aggregate = protocol::ReplyWriter::Aggregate;
    x_.reply.settle(place_, x_.reply.resp3() ? Aggregate::map : Aggregate::array, streams_);
    return true;
  }

 private:
  void count() {
    ++entries_;
    ++all_entries_;
  }

  Execution& x_;
  ReadLimits limits_;
  std::size_t from_;  // of the reply, in the buffer
  std::size_t place_ = 0;
  std::size_t streams_ = 0;
  std::size_t entries_at_ = 0;
  std::uint64_t entries_ = 0;  // of the stream
  std::uint64_t all_entries_ = 0;
};

}  // namespace respawn::commands
