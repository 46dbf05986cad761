// A consumer group of a stream: how far it has read, its consumers, and what was delivered to them
// and is not acknowledged yet.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "keyspace/types/object.hpp"
#include "keyspace/types/pending_records.hpp"

namespace respawn::keyspace {

/// Owner: its StreamGroup, which alone changes what is pending. share() copies it, but for what is
/// pending: that both hold until one changes it.
class StreamConsumer {
 public:
  StreamConsumer(std::string_view name, ConsumerIndex index, std::int64_t now_ms)
      : seen_ms(now_ms), name_(name), index_(index) {}

  [[nodiscard]] std::string_view name() const { return name_; }

  [[nodiscard]] ConsumerIndex index() const { return index_; }

  /// Of its entries.
  [[nodiscard]] std::size_t pending_count() const { return pending_.size(); }

  /// Calls visit(const StreamId&) in order, from `from` on, until it returns false.
  template <class Visitor>
  void for_each_pending(const StreamId& from, Visitor&& visit) const {
    pending_.for_each_from(from, visit);
  }

  [[nodiscard]] std::unique_ptr<StreamConsumer> share() const;

  [[nodiscard]] std::size_t memory_bytes() const;

  /// Without what others hold, too.
  [[nodiscard]] std::size_t unshared_bytes() const;

  std::int64_t seen_ms;         // when it last asked for something
  std::int64_t active_ms = -1;  // when it last got something; -1: never

 private:
  friend class StreamGroup;

  [[nodiscard]] std::size_t bytes_without_pending() const;

  std::string name_;
  ConsumerIndex index_;
  RecordList<OwnedForm> pending_;
};

/// Owner: a StreamPart, or Garbage once it was destroyed. share() makes a group that holds the same
/// records of what is pending; those that others hold, too, are copied before they change, by
/// blocks. Calls that throw std::bad_alloc leave it as it was.
/// Invariants: an entry is pending at one consumer, or at nobody; it is in the lists by ID, by time
/// and, if it has one, of its consumer.
/// Complexity: everything about one entry O(log n); about 36 bytes for a pending one.
class StreamGroup final : public Disposable {
 public:
  /// The number of entries that were read is not known.
  static constexpr std::int64_t unknown = -1;

  explicit StreamGroup(std::string_view name) : name_(name) {}

  ~StreamGroup() override;

  [[nodiscard]] std::string_view name() const { return name_; }

  StreamId last_id;                     // the last that was delivered
  std::int64_t entries_read = unknown;  // as seen from the stream's very first entry

  // Consumers.

  [[nodiscard]] std::size_t consumer_count() const { return by_name_.size(); }

  [[nodiscard]] const StreamConsumer* find_consumer(std::string_view name) const;
  [[nodiscard]] StreamConsumer* find_consumer(std::string_view name);

  /// Requires that there is none of this name.
  StreamConsumer& add_consumer(std::string_view name, std::int64_t now_ms);

  /// With all that is pending at it. O(its entries).
  void remove_consumer(StreamConsumer& consumer);

  /// Null for no_consumer.
  [[nodiscard]] const StreamConsumer* consumer(ConsumerIndex index) const {
    return index == no_consumer ? nullptr : consumers_[index].get();
  }

  /// Calls visit(const StreamConsumer&) in the order of their names.
  template <class Visitor>
  void for_each_consumer(Visitor&& visit) const {
    for (const ConsumerIndex index : by_name_) visit(*consumers_[index]);
  }

  // What is pending.

  [[nodiscard]] std::size_t pending_count() const { return by_id_.size(); }

  [[nodiscard]] std::optional<PendingEntry> find(const StreamId& id) const {
    return by_id_.find(id);
  }

  /// The first that is not below `from`.
  [[nodiscard]] std::optional<PendingEntry> first_from(const StreamId& from) const {
    return by_id_.first_from(from);
  }

  /// Requires that something is pending.
  [[nodiscard]] StreamId first_pending() const { return by_id_.first().id; }

  [[nodiscard]] StreamId last_pending() const { return by_id_.last().id; }

  /// Calls visit(const PendingEntry&) in the order of IDs, from `from` on, until it returns false.
  template <class Visitor>
  void for_each_pending(const StreamId& from, Visitor&& visit) const {
    by_id_.for_each_from(from, visit);
  }

  /// Calls visit(const Delivery&) in the order of time until it returns false: what was given back
  /// first.
  template <class Visitor>
  void for_each_delivery(Visitor&& visit) const {
    by_time_.for_each_from(first_delivery, visit);
  }

  /// The delivery that was longest ago and is not below `from`.
  [[nodiscard]] std::optional<Delivery> oldest_from(const Delivery& from) const {
    return by_time_.first_from(from);
  }

  /// The entry is pending like this from now on, whatever it was before.
  void put(const PendingEntry& entry);

  /// The entry is pending at nobody from now on, behind those that were released before and in
  /// front of all others in the order of time.
  void release(const StreamId& id, std::uint64_t deliveries);

  /// It is pending no more. Says whether it was.
  bool remove(const StreamId& id);

  /// remove() of this ID needs no memory from now on, until others come to hold what is pending.
  void prepare_removal(const StreamId& id);

  /// Whether others hold, or have held, some of what is pending.
  [[nodiscard]] bool has_shared() const { return has_shared_; }

  [[nodiscard]] std::unique_ptr<StreamGroup> clone() const;

  /// The same with the same numbers of consumers. O(consumers + pending / 16,000).
  [[nodiscard]] std::unique_ptr<StreamGroup> share() const;

  /// This object included. O(consumers).
  [[nodiscard]] std::size_t memory_bytes() const;

  /// The same without records that others hold, too. O(consumers + blocks that they do not hold).
  [[nodiscard]] std::size_t unshared_bytes() const;

  /// What is pending, thrice.
  [[nodiscard]] std::size_t size() const override;
  std::size_t free_slice(std::size_t budget) noexcept override;

  /// Walks everything; an error names what does not hold.
  [[nodiscard]] Status check_invariants() const;

 private:
  using ByName = std::vector<ConsumerIndex>;
  template <class T>
  friend class StreamPart;

  /// Times of what is pending at nobody: long before any other, in the order of release.
  static constexpr std::int64_t released_from = std::numeric_limits<std::int64_t>::min() / 2;

  [[nodiscard]] ByName::const_iterator place_of(std::string_view name) const;

  [[nodiscard]] StreamConsumer& owner(ConsumerIndex index) { return *consumers_[index]; }

  void add(const PendingEntry& entry);
  void change(const PendingEntry& before, const PendingEntry& entry);
  [[nodiscard]] std::size_t bytes_without_records() const;

  std::string name_;
  std::uint32_t holders_ = 1;  // see StreamPart
  mutable bool has_shared_ = false;
  std::int64_t next_release_ = released_from;
  RecordList<PendingForm> by_id_;
  RecordList<DeliveryForm> by_time_;
  std::vector<std::unique_ptr<StreamConsumer>> consumers_;  // null: that number is free
  ByName by_name_;
};

}  // namespace respawn::keyspace
