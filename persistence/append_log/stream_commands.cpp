#include "persistence/append_log/stream_commands.hpp"

#include <deque>
#include <string>
#include <vector>

#include "base/numbers.hpp"
#include "keyspace/types/stream.hpp"

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

/// Gives away the commands of one stream.
class StreamCommands {
 public:
  StreamCommands(std::string_view key, const CommandTaker& take) : key_(key), take_(take) {}

  void entries(const Stream& stream) {
    for (auto walk = stream.walk(keyspace::first_stream_id, keyspace::last_stream_id); walk.valid();
         walk.next())
      add(walk.entry());
    if (stream.length() == 0) make_empty(stream);
    const std::string last = text_of(stream.last_id);
    const std::string added = std::to_string(stream.entries_added);
    const std::string deleted = text_of(stream.max_deleted_id);
    say({"XSETID", key_, last, "ENTRIESADDED", added, "MAXDELETEDID", deleted});
  }

  void group(const StreamGroup& group) {
    const std::string last = text_of(group.last_id);
    const std::string read = format_int(group.entries_read);
    say({"XGROUP", "CREATE", key_, group.name(), last, "ENTRIESREAD", read});
    group.for_each_consumer([&](const StreamConsumer& consumer) {
      say({"XGROUP", "CREATECONSUMER", key_, group.name(), consumer.name()});
    });
    group.for_each_pending(keyspace::first_stream_id, [&](const PendingEntry& entry) {
      claim(group, entry);
      return true;
    });
  }

  /// What is remembered, also of entries that are gone.
  void producers(const StreamProducers& producers) {
    const std::string duration = format_int(producers.limits().duration_s);
    const std::string most = format_int(producers.limits().max_size);
    say({"XCFGSET", key_, "IDMP-DURATION", duration, "IDMP-MAXSIZE", most});
    producers.for_each([&](const StreamProducers::Producer& producer) {
      producer.for_each([&](std::string_view iid, const StreamId& id) {
        const std::string text = text_of(id);
        say({"XIDMPRECORD", key_, producer.pid(), iid, text});
      });
    });
  }

 private:
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

}  // namespace

void stream_commands(const keyspace::Entry& entry, const CommandTaker& take) {
  const auto& stream = entry.object<Stream>();
  StreamCommands commands(entry.key(), take);
  commands.entries(stream);
  stream.for_each_group([&](const StreamGroup& group) { commands.group(group); });
  if (stream.producers() != nullptr) commands.producers(*stream.producers());
}

}  // namespace respawn::persistence
