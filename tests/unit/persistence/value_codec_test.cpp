// Values there and back, and values in every layout that some Redis has written.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "persistence/dump_payload.hpp"
#include "persistence/listpack.hpp"
#include "persistence/rdb_format.hpp"
#include "persistence/value_encoder.hpp"
#include "tests/unit/persistence/old_forms.hpp"
#include "tests/unit/persistence/support.hpp"

namespace respawn::persistence {
namespace {

using keyspace::Encoding;
using test::contents;
using test::listpack;
using test::Samples;
using test::string_bytes_max;
using test::ziplist;
using test::zipmap;

/// A value's bytes word by word.
class Body {
 public:
  explicit Body(RdbType type) { writer_.byte(static_cast<std::uint8_t>(type)); }

  Body& length(std::uint64_t value) {
    writer_.length(value);
    return *this;
  }

  Body& string(std::string_view text) {
    writer_.string(text);
    return *this;
  }

  Body& number(double value) {
    writer_.number(value);
    return *this;
  }

  Body& milliseconds(std::int64_t value) {
    writer_.milliseconds(value);
    return *this;
  }

  Body& raw(std::string_view bytes) {
    bytes_ += bytes;
    return *this;
  }

  [[nodiscard]] std::optional<Value> read(const ValueLimits& limits = {}) const {
    return read_payload_body(bytes_, limits, string_bytes_max);
  }

  /// Contents of the container; nothing when it was refused.
  [[nodiscard]] std::vector<std::string> contents() const {
    const auto value = read();
    return value ? test::contents(*value->object) : std::vector<std::string>{};
  }

 private:
  std::string bytes_;
  StringSink sink_{bytes_};
  RdbWriter writer_{sink_, false};
};

using Contents = std::vector<std::string>;
const std::string without_expiry = "@" + std::to_string(keyspace::never);

TEST(ValueCodecTest, EveryValueComesBack) {
  Samples samples;
  for (const bool compress : {false, true})
    samples.for_each([&](const keyspace::Entry& entry) {
      SCOPED_TRACE(entry.key());
      const std::string payload = dump_payload(entry, compress);
      const auto body = payload_body(payload);
      ASSERT_TRUE(body);
      const auto value = read_payload_body(*body, samples.limits, string_bytes_max);
      ASSERT_TRUE(value);
      EXPECT_EQ(dumped_bytes(entry, compress), body->size() - 1);
      if (entry.type() == keyspace::Type::string) {
        keyspace::Scratch scratch;
        EXPECT_EQ(value->text, entry.bytes(scratch));
        return;
      }
      EXPECT_EQ(contents(*value->object), contents(entry.container()));
      EXPECT_EQ(value->object->encoding(), entry.encoding());
      EXPECT_TRUE(value->object->check_invariants().ok());
    });
}

TEST(ValueCodecTest, LayoutsAreThoseOfRedis70) {
  const Samples samples;
  const auto type = [&](std::string_view key) { return rdb_type_of(samples.at(key)); };
  EXPECT_EQ(type("integer 0"), RdbType::string);
  EXPECT_EQ(type("list small"), RdbType::list_quicklist_2);
  EXPECT_EQ(type("list large"), RdbType::list_quicklist_2);
  EXPECT_EQ(type("integers small"), RdbType::set_intset);
  EXPECT_EQ(type("integers large"), RdbType::set);
  EXPECT_EQ(type("set small"), RdbType::set);
  EXPECT_EQ(type("sorted set small"), RdbType::sorted_set_listpack);
  EXPECT_EQ(type("sorted set large"), RdbType::sorted_set);
  EXPECT_EQ(type("hash small"), RdbType::hash_listpack);
  EXPECT_EQ(type("hash large"), RdbType::hash);
  EXPECT_EQ(type("expiring hash small"), RdbType::hash_listpack_expiring);
  EXPECT_EQ(type("expiring hash large"), RdbType::hash_expiring);
  EXPECT_EQ(type("stream large"), RdbType::stream_2);
  EXPECT_EQ(rdb_version_of(RdbType::hash), 10);
  EXPECT_EQ(rdb_version_of(RdbType::stream_2), 10);
  EXPECT_EQ(rdb_version_of(RdbType::hash_expiring), 12);
  EXPECT_EQ(rdb_version_of(RdbType::stream_4), 13);
}

TEST(ValueCodecTest, APayloadAsRedisWritesIt) {
  Samples samples;
  EXPECT_EQ(dump_payload(*samples.db.set_text("k", nullptr, "v"), true),
            std::string("\x00\x01v\x0a\x00\x91\x08\xce\xb2\x19\x38\x8a\xce", 13));
}

TEST(ValueCodecTest, ChecksumAndVersionAreChecked) {
  const std::string good("\x00\x01v\x0a\x00\x91\x08\xce\xb2\x19\x38\x8a\xce", 13);
  EXPECT_TRUE(payload_body(good));
  for (std::size_t at = 0; at < good.size(); ++at) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0x10);
    EXPECT_FALSE(payload_body(bad)) << at;
  }
  EXPECT_FALSE(payload_body(""));
  EXPECT_FALSE(payload_body(good.substr(0, 9)));
}

TEST(ValueCodecTest, Lists) {
  const Contents abc = {"a", "b", "5"};
  EXPECT_EQ(Body(RdbType::list).length(3).string("a").string("b").string("5").contents(), abc);
  EXPECT_EQ(Body(RdbType::list_ziplist).string(ziplist(abc)).contents(), abc);
  EXPECT_EQ(Body(RdbType::list_quicklist)
                .length(2)
                .string(ziplist({"a"}))
                .string(ziplist({"b", "5"}))
                .contents(),
            abc);
  EXPECT_EQ(Body(RdbType::list_quicklist_2)
                .length(2)
                .length(plain_node)
                .string("a")
                .length(packed_node)
                .string(listpack({"b", "5"}))
                .contents(),
            abc);
  EXPECT_FALSE(Body(RdbType::list).length(0).read());
  EXPECT_FALSE(Body(RdbType::list_quicklist_2).length(1).length(3).string("a").read());
  EXPECT_FALSE(Body(RdbType::list_quicklist_2).length(1).length(2).string(listpack({})).read());
  EXPECT_FALSE(Body(RdbType::list_quicklist).length(1).string("no ziplist").read());
}

TEST(ValueCodecTest, Sets) {
  const Contents abc = {"a", "b", "c"};
  EXPECT_EQ(Body(RdbType::set).length(3).string("a").string("b").string("c").contents(), abc);
  EXPECT_EQ(Body(RdbType::set_listpack).string(listpack(abc)).contents(), abc);
  EXPECT_FALSE(Body(RdbType::set).length(2).string("a").string("a").read());
  EXPECT_FALSE(Body(RdbType::set_listpack).string(listpack({"a", "a"})).read());
  EXPECT_FALSE(Body(RdbType::set_listpack).string(listpack({})).read());
}

std::string intset(std::uint32_t width, std::uint32_t count, const std::string& numbers) {
  std::string bytes;
  append_little_endian(bytes, width);
  append_little_endian(bytes, count);
  return bytes + numbers;
}

TEST(ValueCodecTest, Intsets) {
  const auto read = [](const std::string& bytes, const ValueLimits& limits = {}) {
    return Body(RdbType::set_intset).string(bytes).read(limits);
  };
  const std::string two_numbers("\xff\xff\x02\x00", 4);
  EXPECT_EQ(contents(*read(intset(2, 2, two_numbers))->object), (Contents{"-1", "2"}));
  ValueLimits limits;
  limits.set.max_intset_entries = 1;
  limits.set.max_listpack_entries = 1;
  EXPECT_EQ(read(intset(2, 2, two_numbers), limits)->object->encoding(), Encoding::hashtable);
  EXPECT_FALSE(read(intset(2, 0, "")));
  EXPECT_FALSE(read(intset(2, 3, two_numbers)));
  EXPECT_FALSE(read(intset(2, 0xffffffff, two_numbers)));
  EXPECT_FALSE(read(intset(3, 1, "abc")));
  EXPECT_FALSE(read(intset(2, 2, std::string("\x02\x00\x02\x00", 4))));
  EXPECT_FALSE(read(intset(2, 2, std::string("\x02\x00\xff\xff", 4))));
  EXPECT_FALSE(read(""));
}

TEST(ValueCodecTest, Hashes) {
  const std::vector<std::string> pairs = {"a", "1", "b", "text"};
  const Contents expected = {"a=1" + without_expiry, "b=text" + without_expiry};
  EXPECT_EQ(
      Body(RdbType::hash).length(2).string("a").string("1").string("b").string("text").contents(),
      expected);
  EXPECT_EQ(Body(RdbType::hash_zipmap).string(zipmap(pairs)).contents(), expected);
  EXPECT_EQ(Body(RdbType::hash_ziplist).string(ziplist(pairs)).contents(), expected);
  EXPECT_EQ(Body(RdbType::hash_listpack).string(listpack(pairs)).contents(), expected);
  for (const auto& bad : {Contents{}, Contents{"a"}, Contents{"a", "1", "a", "2"}})
    EXPECT_FALSE(Body(RdbType::hash_listpack).string(listpack(bad)).read());
  EXPECT_FALSE(
      Body(RdbType::hash).length(2).string("a").string("1").string("a").string("2").read());
}

TEST(ValueCodecTest, HashesWhoseFieldsExpire) {
  const Contents expected = {"a=1@1000", "b=2" + without_expiry};
  EXPECT_EQ(Body(RdbType::hash_listpack_expiring)
                .milliseconds(1000)
                .string(listpack({"a", "1", "1000", "b", "2", "0"}))
                .contents(),
            expected);
  EXPECT_EQ(Body(RdbType::hash_expiring)
                .milliseconds(990)
                .length(2)
                .length(11)
                .string("a")
                .string("1")
                .length(0)
                .string("b")
                .string("2")
                .contents(),
            expected);
  for (const std::string time : {"-1", "x", "281474976710656"})
    EXPECT_FALSE(Body(RdbType::hash_listpack_expiring)
                     .milliseconds(0)
                     .string(listpack({"a", "1", time}))
                     .read());
  for (const std::int64_t earliest_ms : {std::int64_t{-1}, field_expiry_max_ms, INT64_MAX})
    EXPECT_FALSE(Body(RdbType::hash_expiring)
                     .milliseconds(earliest_ms)
                     .length(1)
                     .length(2)
                     .string("a")
                     .string("1")
                     .read());
}

TEST(ValueCodecTest, SortedSets) {
  const std::vector<std::string> pairs = {"a", "1", "b", "2.5", "c", "inf"};
  const Contents expected = {"a=1", "b=2.5", "c=inf"};
  EXPECT_EQ(Body(RdbType::sorted_set_ziplist).string(ziplist(pairs)).contents(), expected);
  EXPECT_EQ(Body(RdbType::sorted_set_listpack).string(listpack(pairs)).contents(), expected);
  EXPECT_EQ(Body(RdbType::sorted_set).length(1).string("a").number(1).contents(), Contents{"a=1"});
  EXPECT_EQ(Body(RdbType::sorted_set_text)
                .length(2)
                .string("a")
                .raw("\x03"
                     "1.5")
                .string("b")
                .raw("\xff")
                .contents(),
            (Contents{"b=-inf", "a=1.5"}));
  for (const auto& bad : {Contents{}, Contents{"a"}, Contents{"a", "x"}, Contents{"a", "nan"},
                          Contents{"a", "1", "a", "2"}})
    EXPECT_FALSE(Body(RdbType::sorted_set_listpack).string(listpack(bad)).read());
  EXPECT_FALSE(Body(RdbType::sorted_set)
                   .length(1)
                   .string("a")
                   .number(std::numeric_limits<double>::quiet_NaN())
                   .read());
}

TEST(ValueCodecTest, ValuesAreStoredByTheLimits) {
  ValueLimits limits;
  limits.hash.max_listpack_entries = 1;
  limits.sorted_set.max_listpack_entries = 1;
  limits.set.max_listpack_entries = 1;
  limits.list.max_listpack_size = 1;
  const std::vector<std::string> pairs = {"a", "1", "b", "2"};
  const auto encoding = [&](RdbType type) {
    return Body(type).string(listpack(pairs)).read(limits)->object->encoding();
  };
  EXPECT_EQ(encoding(RdbType::hash_listpack), Encoding::hashtable);
  EXPECT_EQ(encoding(RdbType::sorted_set_listpack), Encoding::skiplist);
  EXPECT_EQ(encoding(RdbType::set_listpack), Encoding::hashtable);
  EXPECT_EQ(Body(RdbType::list_ziplist).string(ziplist(pairs)).read(limits)->object->encoding(),
            Encoding::quicklist);
}

TEST(ValueCodecTest, WhatWeDoNotKnow) {
  for (const int type : {6, 7, 8, 22, 23, 28, 255})
    EXPECT_FALSE(Body(static_cast<RdbType>(type)).length(1).string("a").read()) << type;
  EXPECT_FALSE(read_payload_body("", ValueLimits{}, string_bytes_max));
  EXPECT_FALSE(Body(RdbType::string).string("a").raw("more").read());
}

}  // namespace
}  // namespace respawn::persistence
