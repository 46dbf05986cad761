// What a stream remembers of who added what, so that who says it twice adds it once: XADD's IDMP.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "keyspace/dict.hpp"
#include "keyspace/types/object.hpp"
#include "keyspace/types/stream_id.hpp"

namespace respawn::keyspace {

/// How long and how much of each producer is remembered; both at least 1.
struct ProducerLimits {
  std::int64_t duration_s = 100;
  std::int64_t max_size = 100;

  static constexpr std::int64_t duration_max_s = 86'400;
  static constexpr std::int64_t max_size_max = 10'000;

  friend bool operator==(const ProducerLimits&, const ProducerLimits&) = default;
};

/// What a producer calls itself (pid), and what it adds (iid). Borrowed bytes.
struct Produced {
  std::string_view pid;
  std::string_view iid;
};

/// Owner: a StreamPart, or Garbage once it was replaced. Knows no clock: what is over by an ID and
/// the time stays until it is forgotten, or until more than max_size come behind it. Errors:
/// record() and clone() throw std::bad_alloc; record() leaves it as it was then. Complexity: O(1)
/// for an iid, O(log producers) where it is a producer's newest one; out of order O(max_size).
/// About 60 bytes and the iid for each; 200 bytes and the pid for a producer. Invariants: no
/// producer without an iid, none with more than max_size; a producer's are in the order of their
/// IDs, producers in that of their newest.
class StreamProducers final : public Disposable {
 public:
  class Producer;

  explicit StreamProducers(const ProducerLimits& limits) : limits_(limits) {}

  ~StreamProducers() override;

  [[nodiscard]] const ProducerLimits& limits() const { return limits_; }

  std::uint64_t added = 0;       // entries with an iid, since the stream began
  std::uint64_t duplicates = 0;  // that were not added again

  /// The ID that the entry got, also when it is over.
  [[nodiscard]] std::optional<StreamId> find(const Produced& produced) const;

  /// Whether an iid with this ID is remembered no more at that time.
  [[nodiscard]] bool is_over(const StreamId& id, std::int64_t now_ms) const {
    const std::int64_t duration_ms = limits_.duration_s * 1000;
    return now_ms > duration_ms && id.ms <= static_cast<std::uint64_t>(now_ms - duration_ms);
  }

  /// The ID is this iid's from now on. Beyond max_size the producer's oldest one is forgotten.
  void record(const Produced& produced, const StreamId& id);

  /// Whether it was there.
  bool forget(const Produced& produced) noexcept;

  /// A few of producers of whom all is over, so that who adds pays for who is gone.
  void forget_over(std::int64_t now_ms) noexcept;

  /// A few of this producer's that are over.
  void forget_over_of(std::string_view pid, std::int64_t now_ms) noexcept;

  struct Counts {
    std::size_t producers = 0;
    std::size_t iids = 0;
  };

  /// Of what is not over. O(producers, and what of theirs is over).
  [[nodiscard]] Counts count(std::int64_t now_ms) const;

  [[nodiscard]] std::size_t producer_count() const { return producers_.size(); }

  /// Calls visit(const Producer&), the one with the newest iid last.
  template <class Visitor>
  void for_each(Visitor&& visit) const;

  /// O(iids), which are no more than producers times max_size.
  [[nodiscard]] std::unique_ptr<StreamProducers> clone() const;

  [[nodiscard]] std::size_t memory_bytes() const;

  /// Producers and iids.
  [[nodiscard]] std::size_t size() const override { return producers_.size() + records_.size(); }

  std::size_t free_slice(std::size_t budget) noexcept override;

  /// Walks everything; an error names what does not hold.
  [[nodiscard]] Status check_invariants() const;

 private:
  struct Record;
  template <class T>
  friend class StreamPart;

  struct RecordTraits {
    using Element = Record;
    static std::string_view key(const Record& record);
  };

  struct ProducerTraits {
    using Element = Producer;
    static std::string_view key(const Producer& producer);
  };

  struct ByNewest {
    bool operator()(const Producer* a, const Producer* b) const;
  };

  using Order = std::set<Producer*, ByNewest>;

  static std::string key_of(const Producer& producer, std::string_view iid);
  static Record* make(std::string_view key, const StreamId& id);
  static void destroy(Record* record) noexcept;
  static std::size_t bytes_of(const Record& record);
  static std::size_t bytes_of(const Producer& producer);
  [[nodiscard]] Producer* find_producer(std::string_view pid) const;
  void link(Producer& producer, Record& record) noexcept;
  void unlink(Producer& producer, Record& record) noexcept;
  void remove(Producer& producer, Record& record) noexcept;
  void add_producer(std::string_view pid, Record& first);
  void add_to(Producer& producer, Record& record, Record* replaced);
  [[nodiscard]] Status check_producer(const Producer& producer, std::size_t& bytes) const;

  ProducerLimits limits_;
  std::uint32_t holders_ = 1;  // see StreamPart
  Dict<RecordTraits> records_;
  Dict<ProducerTraits> producers_;
  Order order_;
  std::size_t bytes_ = 0;  // of what the tables point to
};

/// One allocation: this, a pointer to the producer, and the iid; the last two are its key.
struct StreamProducers::Record {
  Record* older = nullptr;
  Record* newer = nullptr;
  StreamId id;
  std::size_t key_bytes = 0;

  [[nodiscard]] std::string_view key() const {
    return {reinterpret_cast<const char*>(this + 1), key_bytes};
  }

  [[nodiscard]] std::string_view iid() const { return key().substr(sizeof(Producer*)); }
};

class StreamProducers::Producer {
 public:
  explicit Producer(std::string_view pid) : pid_(pid) {}

  [[nodiscard]] const std::string& pid() const { return pid_; }

  /// Of its iids.
  [[nodiscard]] std::size_t size() const { return size_; }

  /// Calls visit(std::string_view iid, const StreamId&), the oldest first.
  template <class Visitor>
  void for_each(Visitor&& visit) const {
    for (const Record* record = oldest_; record != nullptr; record = record->newer)
      visit(record->iid(), record->id);
  }

 private:
  friend class StreamProducers;

  std::string pid_;
  Record* oldest_ = nullptr;
  Record* newest_ = nullptr;
  std::size_t size_ = 0;
};

template <class Visitor>
void StreamProducers::for_each(Visitor&& visit) const {
  for (const Producer* producer : order_) visit(*producer);
}

}  // namespace respawn::keyspace
