#include "persistence/append_log/stream_commands.hpp"

#include <deque>
#include <string>
#include <vector>

#include "base/numbers.hpp"
#include "keyspace/types/stream.hpp"
#include "persistence/pending_slices.hpp"

namespace respawn::persistence {

namespace {

using keyspace::PendingEntry;
using keyspace::Stream;
using keyspace::StreamConsumer;
using keyspace::StreamEntry;
using keyspace::StreamGroup;
using keyspace::StreamId;
using keyspace::StreamProducers;

std::string text_of(const StreamId& id) {
  return std::to_string(id.ms) + "-" + std::to_string(id.seq);
}

/// Commands that are given away in one slice.
constexpr std::size_t slice_commands = 32;

/// Gives away the commands of one stream.
class StreamCommands {
 public:
  StreamCommands(std::string_view key, const CommandTaker& take) : key_(key), take_(take) {}

  Slices all(const Stream& stream) const {
    std::size_t given = 0;
    for (auto walk = stream.walk(keyspace::first_stream_id, keyspace::last_stream_id); walk.valid();
         walk.next()) {
      add(walk.entry());
      if (++given % slice_commands == 0) co_await end_of_slice;
    }
    finish(stream);
    std::vector<const StreamGroup*> groups;
    stream.for_each_group([&](const StreamGroup& group) { groups.push_back(&group); });
    for (const StreamGroup* const each : groups)
      for (Slices work = group(*each); work.next();) co_await end_of_slice;
    if (stream.producers() == nullptr) co_return;
    for (Slices work = producers(*stream.producers()); work.next();) co_await end_of_slice;
  }

 private:
  /// The counters, behind the entries.
  void finish(const Stream& stream) const {
    if (stream.length() == 0) make_empty(stream);
    const std::string last = text_of(stream.last_id);
    const std::string added = std::to_string(stream.entries_added);
    const std::string deleted = text_of(stream.max_deleted_id);
    say({"XSETID", key_, last, "ENTRIESADDED", added, "MAXDELETEDID", deleted});
  }

  Slices group(const StreamGroup& group) const {
    const std::string last = text_of(group.last_id);
    const std::string read = format_int(group.entries_read);
    say({"XGROUP", "CREATE", key_, group.name(), last, "ENTRIESREAD", read});
    group.for_each_consumer([&](const StreamConsumer& consumer) {
      say({"XGROUP", "CREATECONSUMER", key_, group.name(), consumer.name()});
    });
    const auto take = [&](const PendingEntry& entry) { claim(group, entry); };
    for (Slices claims = visit_pending<PendingEntry>(group, slice_commands, take); claims.next();)
      co_await end_of_slice;
  }

  /// What is remembered, also of entries that are gone.
  Slices producers(const StreamProducers& producers) const {
    const std::string duration = format_int(producers.limits().duration_s);
    const std::string most = format_int(producers.limits().max_size);
    say({"XCFGSET", key_, "IDMP-DURATION", duration, "IDMP-MAXSIZE", most});
    std::vector<const StreamProducers::Producer*> all;
    producers.for_each(
        [&](const StreamProducers::Producer& producer) { all.push_back(&producer); });
    for (const StreamProducers::Producer* const producer : all) {
      producer->for_each([&](std::string_view iid, const StreamId& id) {
        const std::string text = text_of(id);
        say({"XIDMPRECORD", key_, producer->pid(), iid, text});
      });
      co_await end_of_slice;
    }
  }

  void say(const std::vector<std::string_view>& words) const { take_(words); }

  void add(const StreamEntry& entry) const {
    const std::string id = text_of(entry.id);
    std::vector<std::string_view> words{"XADD", key_, id};
    std::deque<std::string> texts;  // each field lives only until the next
    entry.for_each_field([&](std::string_view name, std::string_view value) {
      words.push_back(texts.emplace_back(name));
      words.push_back(texts.emplace_back(value));
    });
    take_(words);
  }

  /// By an entry that goes again at once.
  void make_empty(const Stream& stream) const {
    const std::string id = text_of(stream.last_id.is_zero() ? StreamId{0, 1} : stream.last_id);
    say({"XADD", key_, "MAXLEN", "0", id, "x", "y"});
  }

  void claim(const StreamGroup& group, const PendingEntry& entry) const {
    const StreamConsumer* consumer = group.consumer(entry.consumer);
    const std::string id = text_of(entry.id);
    const std::string time = format_int(entry.told_ms());
    const std::string count = std::to_string(entry.deliveries);
    say({"XCLAIM", key_, group.name(), consumer ? consumer->name() : "", "0", id, "TIME", time,
         "RETRYCOUNT", count, "FORCE", "JUSTID"});
  }

  std::string_view key_;
  const CommandTaker& take_;
};

Slices all_commands(StreamCommands commands, const Stream& stream) {
  for (Slices all = commands.all(stream); all.next();) co_await end_of_slice;
}

}  // namespace

Slices stream_commands(std::string_view key, const Stream& stream, const CommandTaker& take) {
  return all_commands({key, take}, stream);
}

}  // namespace respawn::persistence
