// What an entry of a stream is known by: a time and a number within it.
#pragma once

#include <compare>
#include <cstdint>
#include <limits>
#include <optional>

namespace respawn::keyspace {

struct StreamId {
  std::uint64_t ms = 0;
  std::uint64_t seq = 0;

  friend constexpr bool operator==(const StreamId&, const StreamId&) = default;
  [[gnu::always_inline]] friend constexpr auto operator<=>(const StreamId&,
                                                           const StreamId&) = default;

  [[nodiscard]] constexpr bool is_zero() const { return ms == 0 && seq == 0; }

  /// The least one above; none above the last.
  [[nodiscard]] constexpr std::optional<StreamId> next() const {
    if (seq < max_part) return StreamId{ms, seq + 1};
    if (ms < max_part) return StreamId{ms + 1, 0};
    return std::nullopt;
  }

  /// The greatest one below; none below 0-0.
  [[nodiscard]] constexpr std::optional<StreamId> previous() const {
    if (seq > 0) return StreamId{ms, seq - 1};
    if (ms > 0) return StreamId{ms - 1, max_part};
    return std::nullopt;
  }

  static constexpr std::uint64_t max_part = std::numeric_limits<std::uint64_t>::max();
};

inline constexpr StreamId first_stream_id{};
inline constexpr StreamId last_stream_id{StreamId::max_part, StreamId::max_part};

}  // namespace respawn::keyspace
