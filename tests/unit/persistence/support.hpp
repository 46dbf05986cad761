// A database of values of every kind, and what decoding them again needs.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "keyspace/database.hpp"
#include "keyspace/types/hash.hpp"
#include "keyspace/types/list.hpp"
#include "keyspace/types/set.hpp"
#include "keyspace/types/sorted_set.hpp"
#include "keyspace/types/stream.hpp"
#include "persistence/dump_payload.hpp"
#include "persistence/listpack.hpp"
#include "tests/unit/keyspace/gated_database.hpp"

namespace respawn::persistence::test {

inline constexpr std::uint64_t string_bytes_max = 1 << 20;

/// At the bounds of every width in which some form stores an integer.
inline const std::vector<std::int64_t> integers = {
    0,        1,          -1,         12,          13,          63,        64,       127,
    128,      -128,       -129,       255,         256,         4095,      4096,     -4096,
    -4097,    32767,      32768,      -32768,      -32769,      8388607,   8388608,  -8388608,
    -8388609, 2147483647, 2147483648, -2147483648, -2147483649, INT64_MAX, INT64_MIN};

inline const std::vector<std::string> texts = {"",
                                               "a",
                                               "01",
                                               "-0",
                                               "+1",
                                               "9223372036854775808",
                                               std::string(63, 'x'),
                                               std::string(64, 'x'),
                                               std::string(253, 'y'),
                                               std::string(254, 'y'),
                                               std::string(4095, 'z'),
                                               std::string(4096, 'z'),
                                               std::string("\0\xff\r\n", 4)};

inline std::string listpack(const std::vector<std::string>& elements) {
  ListpackWriter writer;
  for (const std::string& each : elements) writer.append(each);
  return writer.take();
}

inline std::string id_text(const keyspace::StreamId& id) {
  return std::to_string(id.ms) + "-" + std::to_string(id.seq);
}

inline void add_group(const keyspace::StreamGroup& group, std::vector<std::string>& to) {
  to.push_back("group " + std::string(group.name()) + " " + id_text(group.last_id) + " " +
               std::to_string(group.entries_read));
  group.for_each_consumer([&](const keyspace::StreamConsumer& each) {
    to.push_back("consumer " + std::string(each.name()) + " " + std::to_string(each.seen_ms));
  });
  group.for_each_pending({}, [&](const keyspace::PendingEntry& entry) {
    const keyspace::StreamConsumer* const owner = group.consumer(entry.consumer);
    to.push_back("pending " + id_text(entry.id) + " " + std::to_string(entry.delivered_ms) + " " +
                 std::to_string(entry.deliveries) + " " +
                 (owner != nullptr ? std::string(owner->name()) : ""));
    return true;
  });
}

inline void add_producers(const keyspace::StreamProducers& producers,
                          std::vector<std::string>& to) {
  to.push_back("remembers " + std::to_string(producers.limits().duration_s) + " " +
               std::to_string(producers.limits().max_size) + " of " +
               std::to_string(producers.added) + " " + std::to_string(producers.duplicates));
  producers.for_each([&](const keyspace::StreamProducers::Producer& producer) {
    producer.for_each([&](std::string_view iid, const keyspace::StreamId& id) {
      to.push_back(producer.pid() + " " + std::string(iid) + " " + id_text(id));
    });
  });
}

inline std::vector<std::string> stream_contents(const keyspace::Stream& stream) {
  std::vector<std::string> all = {id_text(stream.last_id), id_text(stream.max_deleted_id),
                                  std::to_string(stream.entries_added)};
  for (auto walk = stream.walk({}, keyspace::last_stream_id); walk.valid(); walk.next()) {
    all.push_back(id_text(walk.id()));
    walk.entry().for_each_field([&](std::string_view name, std::string_view value) {
      all.back() += " " + std::string(name) + "=" + std::string(value);
    });
  }
  stream.for_each_group([&](const keyspace::StreamGroup& group) { add_group(group, all); });
  if (stream.producers() != nullptr) add_producers(*stream.producers(), all);
  return all;
}

/// What a value is, whatever it is stored as: compared instead of the value.
inline std::vector<std::string> contents(const keyspace::Object& object) {
  std::vector<std::string> all;
  switch (object.type()) {
    case keyspace::Type::list:
      static_cast<const keyspace::List&>(object).for_range(
          0, object.size(), [&](std::string_view each) { all.emplace_back(each); });
      return all;
    case keyspace::Type::set:
      static_cast<const keyspace::Set&>(object).for_each(
          [&](std::string_view each) { all.emplace_back(each); });
      break;
    case keyspace::Type::hash:
      static_cast<const keyspace::Hash&>(object).for_each([&](const keyspace::HashField& each) {
        all.push_back(std::string(each.field) + "=" + std::string(each.value) + "@" +
                      std::to_string(each.expire_at_ms));
      });
      break;
    case keyspace::Type::stream:
      return stream_contents(static_cast<const keyspace::Stream&>(object));
    default: {
      const auto& set = static_cast<const keyspace::SortedSet&>(object);
      for (auto walk = set.walk(); walk.valid(); walk.next())
        all.push_back(std::string(walk.member()) + "=" + format_double(walk.score()));
      return all;
    }
  }
  std::sort(all.begin(), all.end());
  return all;
}

/// Owner: a test.
class Samples {
 public:
  Samples() {
    for (std::size_t i = 0; i < integers.size(); ++i)
      db.set_integer(name("integer", i), nullptr, integers[i]);
    for (std::size_t i = 0; i < texts.size(); ++i) db.set_text(name("text", i), nullptr, texts[i]);
    db.set_text("compressible", nullptr, std::string(20000, 'q'));
    for (const bool large : {false, true}) {
      const std::string suffix = large ? " large" : " small";
      add("list" + suffix, list(large));
      add("integers" + suffix, integer_set(large));
      add("set" + suffix, set(large));
      add("hash" + suffix, hash(large, false));
      add("expiring hash" + suffix, hash(large, true));
      add("sorted set" + suffix, sorted_set(large));
      add("stream" + suffix, stream(large));
      add("stream with producers" + suffix, stream_with_producers(large));
    }
    add("stream without anything", std::make_unique<keyspace::Stream>());
  }

  /// Every entry; the view ends with the next change.
  template <class Visitor>
  void for_each(Visitor&& visit) const {
    db->for_each([&](const keyspace::Entry& entry) { visit(entry); });
  }

  [[nodiscard]] const keyspace::Entry& at(std::string_view key) const { return *db.find(key); }

 private:
  static std::string name(const char* what, std::size_t index) {
    return std::string(what) + " " + std::to_string(index);
  }

  void add(const std::string& key, std::unique_ptr<keyspace::Object> object) {
    db.set_object(key, nullptr, std::move(object));
  }

  static std::string text(std::size_t i) { return i < texts.size() ? texts[i] : name("item", i); }

  std::unique_ptr<keyspace::Object> list(bool large) const {
    auto made = std::make_unique<keyspace::List>();
    const auto push = [&](std::string_view value) {
      made->push(keyspace::End::back, value, limits.list);
    };
    for (const std::int64_t value : integers) push(format_int(value));
    for (std::size_t i = 0; large && i < 3000; ++i) push(text(i));
    return made;
  }

  std::unique_ptr<keyspace::Object> integer_set(bool large) const {
    auto made = std::make_unique<keyspace::Set>();
    for (std::int64_t i = 0; i < (large ? 1000 : 5); ++i)
      made->add(format_int(i * i - 3), limits.set);
    return made;
  }

  std::unique_ptr<keyspace::Object> set(bool large) const {
    auto made = std::make_unique<keyspace::Set>();
    for (std::size_t i = 0; i < (large ? 500 : 7); ++i) made->add(text(i), limits.set);
    return made;
  }

  std::unique_ptr<keyspace::Object> hash(bool large, bool expires) const {
    auto made = std::make_unique<keyspace::Hash>();
    for (std::size_t i = 0; i < (large ? 1000 : 7); ++i) {
      const std::int64_t at_ms = expires && i % 3 != 0
                                     ? 1'700'000'000'000 - static_cast<std::int64_t>(i)
                                     : keyspace::never;
      made->set(keyspace::MemberKey(text(i)), name("value", i), at_ms, limits.hash);
    }
    return made;
  }

  std::unique_ptr<keyspace::Object> sorted_set(bool large) const {
    auto made = std::make_unique<keyspace::SortedSet>();
    made->set("highest", std::numeric_limits<double>::infinity(), limits.sorted_set);
    made->set("lowest", -std::numeric_limits<double>::infinity(), limits.sorted_set);
    for (std::size_t i = 0; i < (large ? 500 : 7); ++i)
      made->set(text(i), static_cast<double>(i) * 1.25 - 3, limits.sorted_set);
    return made;
  }

  static std::unique_ptr<keyspace::Object> stream(bool large) {
    auto made = std::make_unique<keyspace::Stream>();
    for (std::size_t i = 0; i < (large ? 1000 : 7); ++i) {
      const std::string first = text(i);
      const std::string second = i < integers.size() ? format_int(integers[i]) : "v";
      std::vector<std::string_view> fields = {"a", first, "b", second};
      if (i % 5 == 4) fields.push_back(first), fields.emplace_back("own");
      made->append({1'700'000'000'000 + i / 3, i % 3}, fields, {});
    }
    made->erase({1'700'000'000'001, 1}, {});
    made->max_deleted_id = {1'700'000'000'001, 1};
    made->last_id = {1'700'000'000'500, 7};
    for (const char* name : {"empty", "reading"}) {
      keyspace::StreamGroup& group = made->add_group(name);
      group.last_id = {1'700'000'000'001, 0};
    }
    keyspace::StreamGroup& group = *made->find_group("reading");
    group.entries_read = 4;
    const char* const names[] = {"one", "two", "idle"};
    for (const char* name : names) group.add_consumer(name, 1'700'000'000'123);
    for (std::size_t i = 0; i < (large ? 500 : 4); ++i)
      group.put({{1'700'000'000'000 + i / 3, i % 3},
                 static_cast<std::int64_t>(1'700'000'000'000 + i),
                 1 + i % 4,
                 group.find_consumer(names[i % 2])->index()});
    return made;
  }

  static std::unique_ptr<keyspace::Object> stream_with_producers(bool large) {
    auto made = stream(large);
    auto producers =
        std::make_unique<keyspace::StreamProducers>(keyspace::ProducerLimits{3600, 50});
    producers->added = 12'345;
    producers->duplicates = 67;
    for (std::size_t i = 0; i < (large ? 500 : 3); ++i)
      producers->record({name("producer", i % 7), text(i)}, {1'700'000'000'000 + i, i % 3});
    static_cast<keyspace::Stream&>(*made).set_producers(std::move(producers));
    return made;
  }

 public:
  ValueLimits limits;
  keyspace::Databases data_{1};
  keyspace::GatedDatabase db{data_, 0};
};

}  // namespace respawn::persistence::test
