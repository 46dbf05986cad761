// Streams in the layouts that Redis 5 to 8.8 write, word by word; and what is refused.
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "persistence/rdb_format.hpp"
#include "persistence/rdb_writer.hpp"
#include "persistence/value_decoder.hpp"
#include "tests/unit/persistence/support.hpp"

namespace respawn::persistence {
namespace {

using test::string_bytes_max;
using Elements = std::vector<std::string>;
using Lines = std::vector<std::string>;

std::string raw_id(std::uint64_t ms, std::uint64_t seq) {
  std::string bytes;
  StringSink sink(bytes);
  RdbWriter writer(sink, false);
  writer.big_number(ms);
  writer.big_number(seq);
  return bytes;
}

/// A stream's bytes; the parts of a sound one, any of which a test may replace.
struct StreamBytes {
  RdbType type = RdbType::stream_2;
  std::string key = raw_id(5, 1);
  // 2 live, 1 deleted, 1 name; three entries, of which the last has names of its own.
  Elements node = {"2", "1", "1",  "f", "0",  //
                   "2", "0", "0",  "a", "4",  //
                   "3", "0", "1",  "b", "4",  //
                   "0", "2", "-1", "2", "f", "c", "12", "d", "8"};
  std::uint64_t length = 2;
  std::uint64_t last_ms = 9;
  std::uint64_t added = 4;
  std::uint64_t entries_read = 3;
  std::uint64_t pending = 1;
  std::string owned = raw_id(5, 1);
  std::string released = {};
  std::uint64_t duration_s = 100;
  std::uint64_t max_size = 100;
  std::vector<std::string> iids = {};  // of producer p
  std::uint64_t duplicates = 0;

  [[nodiscard]] std::string bytes() const {
    std::string made;
    StringSink sink(made);
    RdbWriter to(sink, false);
    to.byte(static_cast<std::uint8_t>(type));
    to.length(1);
    to.string(key);
    to.string(test::listpack(node));
    for (const std::uint64_t each : {length, last_ms, std::uint64_t{2}}) to.length(each);
    if (type != RdbType::stream)
      for (const std::uint64_t each : {5ULL, 1ULL, 5ULL, 2ULL, 0ULL + added}) to.length(each);
    to.length(1);
    to.string("g");
    for (const std::uint64_t each : {5, 2}) to.length(each);
    if (type != RdbType::stream) to.length(entries_read);
    to.length(pending);
    for (std::uint64_t i = 0; i < pending; ++i) {
      made += raw_id(5, 1);
      to.milliseconds(1234);
      to.length(7);
    }
    to.length(1);
    to.string("c");
    to.milliseconds(1111);
    if (type >= RdbType::stream_3) to.milliseconds(1222);
    to.length(owned.size() / 16);
    made += owned;
    if (type == RdbType::stream_5) {
      to.length(released.size() / 16);
      made += released;
    }
    if (type >= RdbType::stream_4) add_producers(to);
    return made;
  }

  void add_producers(RdbWriter& to) const {
    to.length(duration_s);
    to.length(max_size);
    to.length(iids.empty() ? 0 : 2);
    if (!iids.empty()) {
      to.string("p");
      to.length(iids.size());
      for (const std::string& iid : iids) {
        to.string(iid);
        for (const std::uint64_t part : {5, 1}) to.length(part);
      }
      to.string("all of it is over");
      to.length(0);
    }
    to.length(iids.size());
    to.length(duplicates);
  }

  [[nodiscard]] std::optional<Value> read() const {
    return read_payload_body(bytes(), {}, string_bytes_max);
  }

  [[nodiscard]] Lines contents() const {
    const auto value = read();
    return value ? test::contents(*value->object) : Lines{};
  }
};

Lines stream_lines(const std::string& deleted, const std::string& added, const std::string& read) {
  return {"9-2",
          deleted,
          added,
          "5-1 f=a",
          "7-0 f=c 12=d",
          "group g 5-2 " + read,
          "consumer c 1111",
          "pending 5-1 1234 7 c"};
}

TEST(StreamCodecTest, EveryLayoutIsRead) {
  StreamBytes bytes;
  EXPECT_EQ(bytes.contents(), stream_lines("5-2", "4", "3"));
  bytes.type = RdbType::stream_3;
  EXPECT_EQ(bytes.contents(), stream_lines("5-2", "4", "3"));
  bytes.type = RdbType::stream_4;
  EXPECT_EQ(bytes.contents(), stream_lines("5-2", "4", "3"));
  bytes.type = RdbType::stream_5;
  EXPECT_EQ(bytes.contents(), stream_lines("5-2", "4", "3"));
  bytes.type = RdbType::stream;  // how far the group has read is not known then
  EXPECT_EQ(bytes.contents(), stream_lines("0-0", "2", "-1"));
}

TEST(StreamCodecTest, WhenAConsumerWasActiveIsReadOrGuessed) {
  const auto active = [](RdbType type) {
    StreamBytes bytes;
    bytes.type = type;
    const auto value = bytes.read();
    const auto& stream = static_cast<const keyspace::Stream&>(*value->object);
    return stream.find_group("g")->find_consumer("c")->active_ms;
  };
  EXPECT_EQ(active(RdbType::stream_3), 1222);
  EXPECT_EQ(active(RdbType::stream_2), 1111);
}

TEST(StreamCodecTest, ProducersAreRead) {
  StreamBytes bytes;
  bytes.type = RdbType::stream_4;
  const auto producers = [](const std::optional<Value>& value) {
    return static_cast<const keyspace::Stream&>(*value->object).producers();
  };
  // Redis writes of every stream how much it would remember.
  const auto plain = bytes.read();
  ASSERT_TRUE(plain);
  EXPECT_EQ(producers(plain), nullptr);
  bytes.iids = {"one", "two"};
  bytes.duplicates = 7;
  const auto value = bytes.read();
  ASSERT_TRUE(value);
  const keyspace::StreamProducers& found = *producers(value);
  EXPECT_EQ(found.find({"p", "two"}), (keyspace::StreamId{5, 1}));
  EXPECT_EQ(found.producer_count(), 1U);
  EXPECT_EQ(found.added, 2U);
  EXPECT_EQ(found.duplicates, 7U);
  bytes.iids = {};
  bytes.duration_s = 0;
  bytes.max_size = 99'999;
  const auto odd = bytes.read();
  EXPECT_EQ(producers(odd)->limits(), (keyspace::ProducerLimits{1, 10'000}));
  bytes.iids = {"one", "one"};
  EXPECT_FALSE(bytes.read());
  bytes.iids = {"one"};
  bytes.duplicates = std::uint64_t{1} << 63;
  EXPECT_FALSE(bytes.read());
}

TEST(StreamCodecTest, WhatIsNobodysIsRead) {
  StreamBytes bytes;
  bytes.type = RdbType::stream_5;
  bytes.owned = "";
  EXPECT_FALSE(bytes.read());
  bytes.released = raw_id(5, 1);
  const auto value = bytes.read();
  ASSERT_TRUE(value);
  const auto& stream = static_cast<const keyspace::Stream&>(*value->object);
  EXPECT_TRUE(stream.find_group("g")->find({5, 1})->is_released());
  EXPECT_EQ(stream.find_group("g")->find({5, 1})->deliveries, 7U);
  bytes.owned = raw_id(5, 1);  // somebody's as well
  EXPECT_FALSE(bytes.read());
  bytes.owned = "";
  bytes.released = raw_id(5, 2);
  EXPECT_FALSE(bytes.read());
}

TEST(StreamCodecTest, NodesAreChecked) {
  const auto accepts = [](std::size_t at, const std::string& element) {
    StreamBytes bytes;
    bytes.node[at] = element;
    return bytes.read().has_value();
  };
  ASSERT_TRUE(accepts(0, "2"));
  for (const std::size_t at : {0, 1, 2, 4, 5, 6, 7, 9, 15, 16, 17, 18})
    EXPECT_FALSE(accepts(at, "x")) << at;
  for (const char* count : {"-1", "0", "1", "3", "9223372036854775807"}) {
    EXPECT_FALSE(accepts(0, count)) << count;
    EXPECT_FALSE(accepts(2, count) && std::string(count) != "1") << count;
    EXPECT_FALSE(accepts(18, count)) << count;
  }
  EXPECT_FALSE(accepts(5, "4"));   // no such flags
  EXPECT_FALSE(accepts(6, "-1"));  // below the node's own ID
  EXPECT_FALSE(accepts(16, "0"));  // not above the one before it
  EXPECT_FALSE(accepts(15, "1"));  // another number of those that are deleted
}

TEST(StreamCodecTest, FactsAreChecked) {
  const auto accepts = [](auto&& change) {
    StreamBytes bytes;
    change(bytes);
    return bytes.read().has_value();
  };
  EXPECT_FALSE(accepts([](StreamBytes& b) { b.key = "short"; }));
  EXPECT_FALSE(accepts([](StreamBytes& b) { b.length = 3; }));
  EXPECT_FALSE(accepts([](StreamBytes& b) { b.last_ms = 6; }));
  EXPECT_FALSE(accepts([](StreamBytes& b) { b.added = 1; }));
  EXPECT_FALSE(accepts([](StreamBytes& b) { b.added = std::uint64_t{1} << 63; }));
  EXPECT_FALSE(accepts([](StreamBytes& b) { b.entries_read = std::uint64_t{1} << 63; }));
  EXPECT_TRUE(accepts([](StreamBytes& b) { b.entries_read = ~std::uint64_t{0}; }));
  EXPECT_FALSE(accepts([](StreamBytes& b) { b.pending = 2; }));  // the same one twice
  EXPECT_FALSE(accepts([](StreamBytes& b) { b.pending = 0; }));  // the consumer's is not there
  EXPECT_FALSE(accepts([](StreamBytes& b) { b.owned = ""; }));   // nobody's
  EXPECT_FALSE(accepts([](StreamBytes& b) { b.owned += raw_id(5, 1); }));
}

}  // namespace
}  // namespace respawn::persistence
