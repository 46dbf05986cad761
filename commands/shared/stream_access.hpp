// What the stream commands share: limits, IDs as text, entries as replies.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "commands/families.hpp"
#include "engine/run/execution.hpp"
#include "keyspace/types/stream.hpp"

namespace respawn::commands {

inline constexpr int stream_event = config::keyspace_event::stream;

[[nodiscard]] keyspace::StreamLimits stream_limits(const Execution& x);

/// The text of an ID.
class StreamIdText {
 public:
  explicit StreamIdText(const keyspace::StreamId& id) {
    char* at = write_uint(bytes_.data(), id.ms);
    *at++ = '-';
    size_ = static_cast<std::size_t>(write_uint(at, id.seq) - bytes_.data());
  }

  [[nodiscard]] std::string_view view() const { return {bytes_.data(), size_}; }

  [[nodiscard]] std::string text() const { return std::string(view()); }

 private:
  std::array<char, 2 * max_int_digits + 1> bytes_;
  std::size_t size_;
};

void reply_id(Execution& x, const keyspace::StreamId& id);

/// "5-3"; of "5" the number is `missing_seq`. Not "-" and "+".
[[nodiscard]] Result<keyspace::StreamId> to_stream_id(std::string_view text,
                                                      std::uint64_t missing_seq = 0);

/// The same, also "-" and "+".
[[nodiscard]] Result<keyspace::StreamId> to_any_stream_id(std::string_view text,
                                                          std::uint64_t missing_seq = 0);

/// What XADD is given: "5-*" leaves the number open.
struct WantedStreamId {
  std::uint64_t ms = 0;
  std::optional<std::uint64_t> seq;
};

[[nodiscard]] Result<WantedStreamId> to_wanted_stream_id(std::string_view text);

/// The ends of a range: closed, or open behind "(".
[[nodiscard]] Result<keyspace::StreamId> to_range_start(std::string_view text);
[[nodiscard]] Result<keyspace::StreamId> to_range_end(std::string_view text);

/// The IDs from argument `at` on, all of them.
[[nodiscard]] Result<std::vector<keyspace::StreamId>> to_stream_ids(Args args, std::size_t at);

/// The ID, and an array of fields and values.
void reply_entry_parts(Execution& x, const keyspace::StreamEntry& entry);

/// An array of these two.
void reply_entry(Execution& x, const keyspace::StreamEntry& entry);

/// The stream at a key to be read; null when there is none, or with failed() set.
[[nodiscard]] const keyspace::Stream* find_stream(Execution& x, const keyspace::Key& key);

[[nodiscard]] std::string no_such_group(std::string_view key, std::string_view group);
[[nodiscard]] std::string no_such_group_of_key(std::string_view key, std::string_view group);

}  // namespace respawn::commands
