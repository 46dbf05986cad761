// What is known of an entry that was delivered and not acknowledged, packed for each order in which
// it is looked for.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "keyspace/types/record_list.hpp"
#include "keyspace/types/stream_id.hpp"

namespace respawn::keyspace {

/// The number of a consumer within its group.
using ConsumerIndex = std::uint32_t;

/// Of what XNACK gave back: it is nobody's.
inline constexpr ConsumerIndex no_consumer = std::numeric_limits<ConsumerIndex>::max();

/// What streams count is told and stored as a signed number: no more are counted.
inline constexpr auto most_counted =
    static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

inline void count_one(std::uint64_t& number) {
  if (number < most_counted) ++number;
}

struct PendingEntry {
  StreamId id;
  std::int64_t delivered_ms = 0;  // the last time
  std::uint64_t deliveries = 0;
  ConsumerIndex consumer = no_consumer;

  /// XNACK gave it back: when it was delivered is of no meaning.
  [[nodiscard]] bool is_released() const { return consumer == no_consumer; }

  /// Since it was delivered; -1 when it was given back.
  [[nodiscard]] std::int64_t idle_ms(std::int64_t now_ms) const {
    if (is_released()) return -1;
    return now_ms > delivered_ms ? now_ms - delivered_ms : 0;
  }

  /// Whether somebody else may have it.
  [[nodiscard]] bool is_idle(std::int64_t min_ms, std::int64_t now_ms) const {
    return is_released() || min_ms == 0 || now_ms - delivered_ms >= min_ms;
  }

  /// As it is told.
  [[nodiscard]] std::int64_t told_ms() const { return is_released() ? 0 : delivered_ms; }
};

/// A narrow number counts from a base half of its range below the first one, so that later and
/// earlier ones fit.
inline constexpr std::uint64_t narrow_range = std::uint64_t{1} << 32;

inline std::uint64_t narrow_base(std::uint64_t number) {
  return number < narrow_range / 2 ? 0 : number - narrow_range / 2;
}

inline bool is_narrow(std::uint64_t base, std::uint64_t number) {
  return number - base < narrow_range;  // what is below the base wraps round to far above it
}

/// All of them, by ID: 16 bytes each as a rule.
struct PendingForm {
  using Record = PendingEntry;
  using Key = StreamId;

  struct Base {
    std::uint64_t ms;
    std::uint64_t delivered_ms;
  };

  static constexpr std::size_t narrow_bytes = 16;
  static constexpr std::size_t wide_bytes = 36;
  static constexpr std::size_t max_records = 126;

  static Key key(const Record& record) { return record.id; }

  static Base make_base(const Record& record) {
    return {narrow_base(record.id.ms),
            narrow_base(static_cast<std::uint64_t>(record.delivered_ms))};
  }

  static bool fits(const Base& base, const Record& record) {
    return is_narrow(base.ms, record.id.ms) && record.id.seq < narrow_range &&
           is_narrow(base.delivered_ms, static_cast<std::uint64_t>(record.delivered_ms)) &&
           record.deliveries < narrow_count &&
           (record.consumer < narrow_count - 1 || record.consumer == no_consumer);
  }

  static void put_narrow(const Base& base, char* at, const Record& record) {
    at = PackedNumber<std::uint32_t>::put(at, record.id.ms - base.ms);
    at = PackedNumber<std::uint32_t>::put(at, record.id.seq);
    at = PackedNumber<std::uint32_t>::put(
        at, static_cast<std::uint64_t>(record.delivered_ms) - base.delivered_ms);
    at = PackedNumber<std::uint16_t>::put(at, record.deliveries);
    PackedNumber<std::uint16_t>::put(at, record.consumer);
  }

  static Record take_narrow(const Base& base, const char* at) {
    Record record;
    record.id.ms = base.ms + PackedNumber<std::uint32_t>::take(at);
    record.id.seq = PackedNumber<std::uint32_t>::take(at);
    record.delivered_ms =
        static_cast<std::int64_t>(base.delivered_ms + PackedNumber<std::uint32_t>::take(at));
    record.deliveries = PackedNumber<std::uint16_t>::take(at);
    const std::uint64_t consumer = PackedNumber<std::uint16_t>::take(at);
    record.consumer =
        consumer == narrow_count - 1 ? no_consumer : static_cast<ConsumerIndex>(consumer);
    return record;
  }

  static void put_wide(char* at, const Record& record) {
    at = PackedNumber<std::uint64_t>::put(at, record.id.ms);
    at = PackedNumber<std::uint64_t>::put(at, record.id.seq);
    at = PackedNumber<std::uint64_t>::put(at, static_cast<std::uint64_t>(record.delivered_ms));
    at = PackedNumber<std::uint64_t>::put(at, record.deliveries);
    PackedNumber<std::uint32_t>::put(at, record.consumer);
  }

  static Record take_wide(const char* at) {
    Record record;
    record.id.ms = PackedNumber<std::uint64_t>::take(at);
    record.id.seq = PackedNumber<std::uint64_t>::take(at);
    record.delivered_ms = static_cast<std::int64_t>(PackedNumber<std::uint64_t>::take(at));
    record.deliveries = PackedNumber<std::uint64_t>::take(at);
    record.consumer = static_cast<ConsumerIndex>(PackedNumber<std::uint32_t>::take(at));
    return record;
  }

 private:
  static constexpr std::uint64_t narrow_count = std::uint64_t{1} << 16;
};

/// Those of a consumer, by ID: 8 bytes each as a rule.
struct OwnedForm {
  using Record = StreamId;
  using Key = StreamId;

  struct Base {
    std::uint64_t ms;
  };

  static constexpr std::size_t narrow_bytes = 8;
  static constexpr std::size_t wide_bytes = 16;
  static constexpr std::size_t max_records = 126;

  static Key key(const Record& record) { return record; }

  static Base make_base(const Record& record) { return {narrow_base(record.ms)}; }

  static bool fits(const Base& base, const Record& record) {
    return is_narrow(base.ms, record.ms) && record.seq < narrow_range;
  }

  static void put_narrow(const Base& base, char* at, const Record& record) {
    at = PackedNumber<std::uint32_t>::put(at, record.ms - base.ms);
    PackedNumber<std::uint32_t>::put(at, record.seq);
  }

  static Record take_narrow(const Base& base, const char* at) {
    Record record;
    record.ms = base.ms + PackedNumber<std::uint32_t>::take(at);
    record.seq = PackedNumber<std::uint32_t>::take(at);
    return record;
  }

  static void put_wide(char* at, const Record& record) {
    at = PackedNumber<std::uint64_t>::put(at, record.ms);
    PackedNumber<std::uint64_t>::put(at, record.seq);
  }

  static Record take_wide(const char* at) {
    Record record;
    record.ms = PackedNumber<std::uint64_t>::take(at);
    record.seq = PackedNumber<std::uint64_t>::take(at);
    return record;
  }
};

/// When an entry was delivered, and which.
struct Delivery {
  std::int64_t delivered_ms = 0;
  StreamId id;

  friend constexpr bool operator==(const Delivery&, const Delivery&) = default;
  [[gnu::always_inline]] friend constexpr auto operator<=>(const Delivery&,
                                                           const Delivery&) = default;
};

inline constexpr Delivery first_delivery{std::numeric_limits<std::int64_t>::min(), {}};

/// All of them, those first that have been waiting longest: 12 bytes each as a rule.
struct DeliveryForm {
  using Record = Delivery;
  using Key = Delivery;

  struct Base {
    std::uint64_t delivered_ms;
    std::uint64_t ms;
  };

  static constexpr std::size_t narrow_bytes = 12;
  static constexpr std::size_t wide_bytes = 24;
  static constexpr std::size_t max_records = 126;

  static Key key(const Record& record) { return record; }

  static Base make_base(const Record& record) {
    return {narrow_base(static_cast<std::uint64_t>(record.delivered_ms)),
            narrow_base(record.id.ms)};
  }

  static bool fits(const Base& base, const Record& record) {
    return is_narrow(base.delivered_ms, static_cast<std::uint64_t>(record.delivered_ms)) &&
           is_narrow(base.ms, record.id.ms) && record.id.seq < narrow_range;
  }

  static void put_narrow(const Base& base, char* at, const Record& record) {
    at = PackedNumber<std::uint32_t>::put(
        at, static_cast<std::uint64_t>(record.delivered_ms) - base.delivered_ms);
    at = PackedNumber<std::uint32_t>::put(at, record.id.ms - base.ms);
    PackedNumber<std::uint32_t>::put(at, record.id.seq);
  }

  static Record take_narrow(const Base& base, const char* at) {
    Record record;
    record.delivered_ms =
        static_cast<std::int64_t>(base.delivered_ms + PackedNumber<std::uint32_t>::take(at));
    record.id.ms = base.ms + PackedNumber<std::uint32_t>::take(at);
    record.id.seq = PackedNumber<std::uint32_t>::take(at);
    return record;
  }

  static void put_wide(char* at, const Record& record) {
    at = PackedNumber<std::uint64_t>::put(at, static_cast<std::uint64_t>(record.delivered_ms));
    at = PackedNumber<std::uint64_t>::put(at, record.id.ms);
    PackedNumber<std::uint64_t>::put(at, record.id.seq);
  }

  static Record take_wide(const char* at) {
    Record record;
    record.delivered_ms = static_cast<std::int64_t>(PackedNumber<std::uint64_t>::take(at));
    record.id.ms = PackedNumber<std::uint64_t>::take(at);
    record.id.seq = PackedNumber<std::uint64_t>::take(at);
    return record;
  }
};

}  // namespace respawn::keyspace
