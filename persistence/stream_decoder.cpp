#include "persistence/stream_decoder.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "base/numbers.hpp"
#include "persistence/listpack.hpp"

namespace respawn::persistence {

namespace {

using keyspace::PendingEntry;
using keyspace::ProducerLimits;
using keyspace::Stream;
using keyspace::StreamConsumer;
using keyspace::StreamGroup;
using keyspace::StreamId;
using keyspace::StreamProducers;

/// Texts that outlive the reader's; their memory is used again.
class Texts {
 public:
  void clear() { size_ = 0; }

  void add(std::string_view text) {
    if (size_ == texts_.size()) texts_.emplace_back();
    texts_[size_++].assign(text);
  }

  [[nodiscard]] const std::vector<std::string_view>& views() {
    views_.assign(texts_.begin(), texts_.begin() + static_cast<std::ptrdiff_t>(size_));
    return views_;
  }

 private:
  std::vector<std::string> texts_;
  std::size_t size_ = 0;
  std::vector<std::string_view> views_;
};

/// A node: how many entries live, how many are marked as deleted, how many names, the names, 0, and
/// the entries: flags, ms and number as differences from the node's key; the number of fields, if
/// the names are its own; names and values, or values; how many elements that were.
class StreamNodeReader {
 public:
  StreamNodeReader(Stream& stream, const StreamId& base, std::string_view listpack)
      : stream_(stream), base_(base), elements_(listpack), left_(listpack.size()) {}

  /// False where it makes no sense.
  bool read() {
    const auto live = number();
    const auto deleted = number();
    const auto name_count = number();
    if (!live || !deleted || !name_count || !is_count(*live) || !is_count(*deleted)) return false;
    if (!read_texts(names_, *name_count, 1) || number() != 0) return false;
    for (std::int64_t left = *live + *deleted; left > 0; --left)
      if (!read_entry()) return false;
    if (elements_.next() || !elements_.complete() || live_ != *live) return false;
    if (live_ > 0) stream_.set_erased_in_last_block(static_cast<std::size_t>(*deleted));
    return true;
  }

 private:
  /// An element takes a byte at least.
  [[nodiscard]] bool is_count(std::int64_t count) const {
    return count >= 0 && static_cast<std::uint64_t>(count) <= left_;
  }

  std::optional<std::int64_t> number() {
    const auto element = elements_.next();
    return element ? parse_int64(*element) : std::nullopt;
  }

  bool read_texts(Texts& texts, std::int64_t count, std::int64_t each) {
    texts.clear();
    if (!is_count(count)) return false;
    for (std::int64_t left = count * each; left > 0; --left) {
      const auto element = elements_.next();
      if (!element) return false;
      texts.add(*element);
    }
    return true;
  }

  /// Names and values in turn, of an entry with the node's names.
  bool read_values() {
    fields_.clear();
    for (const std::string_view name : names_.views()) {
      fields_.add(name);
      const auto value = elements_.next();
      if (!value) return false;
      fields_.add(*value);
    }
    return true;
  }

  bool read_entry() {
    const auto flags = number();
    const auto ms = number();
    const auto seq = number();
    constexpr std::int64_t all_flags = stream_entry_deleted | stream_entry_same_names;
    if (!flags || !ms || !seq || *flags < 0 || *flags > all_flags) return false;
    const StreamId id{base_.ms + static_cast<std::uint64_t>(*ms),
                      base_.seq + static_cast<std::uint64_t>(*seq)};
    const bool same_names = (*flags & stream_entry_same_names) != 0;
    if (same_names) {
      if (!read_values()) return false;
    } else {
      const auto count = number();
      if (!count || !read_texts(fields_, *count, 2)) return false;
    }
    if (!number()) return false;
    return (*flags & stream_entry_deleted) != 0 || add(id);
  }

  bool add(const StreamId& id) {
    const auto& fields = fields_.views();
    if (fields.empty() || id < base_ || id.is_zero() || id <= stream_.last_id) return false;
    if (live_++ == 0) {
      if (base_ <= stream_.last_id && !stream_.last_id.is_zero()) return false;
      std::vector<std::string_view> named;
      for (const std::string_view name : names_.views()) {
        named.push_back(name);
        named.emplace_back();
      }
      stream_.append_block(base_, id, named, fields);
    } else {
      stream_.append(id, fields, {0, 0});
    }
    return true;
  }

  Stream& stream_;
  StreamId base_;
  ListpackReader elements_;
  std::size_t left_;
  Texts names_;
  Texts fields_;
  std::int64_t live_ = 0;
};

/// At least 1.
std::int64_t within(std::uint64_t value, std::int64_t most) {
  const auto limit = static_cast<std::uint64_t>(most);
  return static_cast<std::int64_t>(std::clamp<std::uint64_t>(value, 1, limit));
}

StreamId read_id(RdbReader& from) {
  StreamId id;
  id.ms = from.length();
  id.seq = from.length();
  return id;
}

StreamId read_raw_id(RdbReader& from) {
  StreamId id;
  id.ms = from.big_number();
  id.seq = from.big_number();
  return id;
}

std::optional<StreamId> to_base(std::string_view key) {
  ByteCursor at(key);
  const auto ms = at.big_endian(8);
  const auto seq = at.big_endian(8);
  if (!ms || !seq || at.left() != 0) return std::nullopt;
  return StreamId{*ms, *seq};
}

bool read_nodes(RdbReader& from, Stream& stream) {
  for (std::uint64_t left = from.count_or_none(2); left > 0 && from.ok(); --left) {
    const std::string key = from.string();
    const std::string listpack = from.string();
    if (!from.ok()) return false;
    const auto base = to_base(key);
    if (!base || !StreamNodeReader(stream, *base, listpack).read()) return false;
  }
  return from.ok();
}

/// What the stream remembers of what it had.
bool read_facts(RdbType type, RdbReader& from, Stream& stream) {
  const std::uint64_t length = from.length();
  const StreamId last_id = read_id(from);
  if (!from.ok() || length != stream.length() || last_id < stream.last_entry()) return false;
  stream.last_id = last_id;
  stream.entries_added = length;
  if (type == RdbType::stream) return true;
  read_id(from);  // the first entry's
  stream.max_deleted_id = read_id(from);
  stream.entries_added = from.length();
  return from.ok() && stream.entries_added >= length &&
         stream.entries_added <= keyspace::most_counted;
}

/// What is pending, still without its consumers.
bool read_pending(RdbReader& from, StreamGroup& group) {
  constexpr std::uint64_t bytes_each = 25;
  for (std::uint64_t left = from.count_or_none(bytes_each); left > 0 && from.ok(); --left) {
    PendingEntry entry{read_raw_id(from)};
    entry.delivered_ms = std::max(from.milliseconds(), std::int64_t{0});
    entry.deliveries = from.length();
    if (!from.ok() || entry.deliveries > keyspace::most_counted || group.find(entry.id))
      return false;
    group.put(entry);
  }
  return from.ok();
}

/// Each pending entry is one consumer's.
bool read_owned(RdbReader& from, StreamGroup& group, const StreamConsumer& consumer) {
  constexpr std::uint64_t bytes_each = 16;
  for (std::uint64_t left = from.count_or_none(bytes_each); left > 0 && from.ok(); --left) {
    const StreamId id = read_raw_id(from);
    auto entry = group.find(id);
    if (!from.ok() || !entry || entry->consumer != keyspace::no_consumer) return false;
    entry->consumer = consumer.index();
    group.put(*entry);
  }
  return from.ok();
}

/// What write_consumers() had to give to a consumer without a name is nobody's again.
void give_back(StreamGroup& group) {
  StreamConsumer* const nameless = group.find_consumer("");
  if (nameless == nullptr) return;
  std::vector<PendingEntry> released;
  nameless->for_each_pending(keyspace::first_stream_id, [&](const StreamId& id) {
    const PendingEntry entry = *group.find(id);
    if (entry.delivered_ms == 0) released.push_back(entry);
    return true;
  });
  for (const PendingEntry& entry : released) group.release(entry.id, entry.deliveries);
  if (!released.empty() && nameless->pending_count() == 0 && nameless->seen_ms == 0)
    group.remove_consumer(*nameless);
}

/// What is nobody's, in the order in which it was given back.
bool read_released(RdbReader& from, StreamGroup& group, std::size_t owned) {
  constexpr std::uint64_t bytes_each = 16;
  const std::uint64_t count = from.count_or_none(bytes_each);
  if (!from.ok() || owned + count != group.pending_count()) return false;
  for (std::uint64_t left = count; left > 0; --left) {
    const StreamId id = read_raw_id(from);
    const auto entry = group.find(id);
    // Twice the same would leave another one without anybody, unseen.
    if (!from.ok() || !entry || !entry->is_released() || entry->delivered_ms < 0) return false;
    group.release(id, entry->deliveries);
  }
  return true;
}

bool read_consumers(RdbType type, RdbReader& from, StreamGroup& group) {
  constexpr std::uint64_t bytes_each = 10;
  std::size_t owned = 0;
  for (std::uint64_t left = from.count_or_none(bytes_each); left > 0 && from.ok(); --left) {
    const std::string name = from.string();
    const std::int64_t seen_ms = from.milliseconds();
    if (!from.ok() || group.find_consumer(name) != nullptr) return false;
    StreamConsumer& consumer = group.add_consumer(name, seen_ms);
    // Where it is not said, this is the best guess.
    consumer.active_ms = type >= RdbType::stream_3 ? from.milliseconds() : seen_ms;
    if (!read_owned(from, group, consumer)) return false;
    owned += consumer.pending_count();
  }
  if (type == RdbType::stream_5) return read_released(from, group, owned);
  if (!from.ok() || owned != group.pending_count()) return false;
  give_back(group);
  return true;
}

bool read_group(RdbType type, RdbReader& from, Stream& stream) {
  const std::string name = from.string();
  const StreamId last_id = read_id(from);
  if (!from.ok() || stream.find_group(name) != nullptr) return false;
  StreamGroup& group = stream.add_group(name);
  group.last_id = last_id;
  group.entries_read = type == RdbType::stream ? stream.entries_up_to(last_id)
                                               : static_cast<std::int64_t>(from.length());
  if (group.entries_read < StreamGroup::unknown) return false;
  return read_pending(from, group) && read_consumers(type, from, group);
}

/// An iid and the ID of its entry, the oldest first as a rule.
bool read_iids(RdbReader& from, StreamProducers& producers, const std::string& pid) {
  constexpr std::uint64_t bytes_each = 3;
  for (std::uint64_t left = from.count_or_none(bytes_each); left > 0 && from.ok(); --left) {
    const std::string iid = from.string();
    const StreamId id = read_id(from);
    if (!from.ok() || producers.find({pid, iid})) return false;
    producers.record({pid, iid}, id);
  }
  return from.ok();
}

/// How long (in seconds) and how many are remembered; how many producers; of each its name, how
/// many iids, and these; what was counted. Redis writes it of every stream, also where there has
/// never been a producer: then there are none here.
bool read_producers(RdbReader& from, Stream& stream) {
  constexpr std::uint64_t bytes_each = 2;
  ProducerLimits limits;
  limits.duration_s = within(from.length(), ProducerLimits::duration_max_s);
  limits.max_size = within(from.length(), ProducerLimits::max_size_max);
  auto producers = std::make_unique<StreamProducers>(limits);
  for (std::uint64_t left = from.count_or_none(bytes_each); left > 0 && from.ok(); --left) {
    const std::string pid = from.string();
    if (!read_iids(from, *producers, pid)) return false;
  }
  producers->added = from.length();
  producers->duplicates = from.length();
  if (!from.ok() || producers->added > keyspace::most_counted ||
      producers->duplicates > keyspace::most_counted)
    return false;
  if (producers->size() > 0 || producers->added > 0 || limits != ProducerLimits())
    stream.set_producers(std::move(producers));
  return true;
}

}  // namespace

std::unique_ptr<keyspace::Object> read_stream(RdbType type, RdbReader& from) {
  auto stream = std::make_unique<Stream>();
  if (!read_nodes(from, *stream) || !read_facts(type, from, *stream)) return nullptr;
  constexpr std::uint64_t bytes_each = 5;
  for (std::uint64_t left = from.count_or_none(bytes_each); left > 0; --left)
    if (!read_group(type, from, *stream)) return nullptr;
  if (type >= RdbType::stream_4 && !read_producers(from, *stream)) return nullptr;
  if (!from.ok()) return nullptr;
  return stream;
}

}  // namespace respawn::persistence
