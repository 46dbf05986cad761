// Whole RDB files: written and read again; those of all versions; those that cannot be read.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.hpp"
#include "persistence/crc64.hpp"
#include "tests/fuzz/rdb_file_property.hpp"
#include "tests/support/test_seed.hpp"
#include "tests/unit/persistence/rdb_file_support.hpp"

namespace respawn::persistence {
namespace {

using test::HandMade;
using test::load;
using testing::HasSubstr;

std::string written(const keyspace::Databases& data, bool compress = true,
                    AccessNote note = AccessNote::none) {
  support::MemoryFiles files;
  std::unique_ptr<File> file;
  EXPECT_FALSE(files.open("f", FileSystem::Open::replace, file));
  FileSink sink(*file, {});
  RdbFileWriter writer(RdbWriter(sink, compress), note);
  RdbFacts facts{.server_version = "7.2.4", .created_s = 1'700'000'000};
  for (std::size_t db = 0; db < data.count(); ++db) {
    facts.fields_expire |= data.at(db).contents().expiring_hash_count() > 0;
    facts.producers_are_known |= data.at(db).contents().producer_stream_count() > 0;
  }
  writer.begin(facts);
  writer.function("#!lua name=one\nthe code");
  for (std::size_t db = 0; db < data.count(); ++db)
    if (!data.at(db).empty())
      writer.database(static_cast<int>(db), data.at(db).size(), data.at(db).expiring_count());
  for (std::size_t db = 0; db < data.count(); ++db)
    data.at(db).for_each(
        [&](const keyspace::Entry& entry) { writer.key(static_cast<int>(db), entry); });
  writer.end();
  std::string footer;
  append_little_endian(footer, sink.checksum());
  sink.write(footer);
  EXPECT_FALSE(sink.flush());
  return files.contents("f");
}

TEST(RdbFileTest, HoldsEveryValue) {
  const test::Samples samples;
  for (const bool compress : {false, true}) {
    const std::string bytes = written(samples.data_, compress);
    EXPECT_TRUE(bytes.starts_with("REDIS0013")) << "streams remember producers";
    const auto loaded = load(bytes, {.databases = 1});
    ASSERT_FALSE(loaded.failure) << loaded.failure->text();
    EXPECT_EQ(test::state_of(*loaded.data), test::state_of(samples.data_));
    EXPECT_EQ(loaded.functions, std::vector<std::string>{"#!lua name=one\nthe code"});
    EXPECT_TRUE(loaded.data->check_invariants().ok());
  }
}

TEST(RdbFileTest, IsVersionTenUntilFieldsExpire) {
  keyspace::Databases data(3);
  keyspace::GatedDatabase db(data, 2);
  db.set_string("a", nullptr, "1", 1'800'000'000'000);
  const std::string bytes = written(data);
  EXPECT_TRUE(bytes.starts_with("REDIS0010"));
  const auto loaded = load(bytes, {.databases = 3});
  ASSERT_FALSE(loaded.failure);
  EXPECT_EQ(test::state_of(*loaded.data), test::state_of(data));
}

/// Keys go through a thread by batches of 256.
TEST(RdbFileTest, ManyKeysAreReadAsOne) {
  for (const int count : {255, 256, 257, 5'000}) {
    HandMade file("REDIS0010");
    for (int i = 0; i < count; ++i) file.string_key("k" + std::to_string(i), std::to_string(i));
    const auto loaded = load(file.end());
    ASSERT_FALSE(loaded.failure) << loaded.failure->text();
    EXPECT_EQ(loaded.counts.keys_loaded, static_cast<std::uint64_t>(count));
    const test::State state = test::state_of(*loaded.data);
    EXPECT_EQ(state.size(), static_cast<std::size_t>(count));
    EXPECT_EQ(state.at("0:k254"), "254|" + std::to_string(keyspace::never));
    EXPECT_TRUE(loaded.data->check_invariants().ok());
  }
}

/// What waits for the thread is bounded in bytes as well.
TEST(RdbFileTest, LongStringsAreReadInShortBatches) {
  HandMade file("REDIS0010");
  for (int i = 0; i < 40; ++i)
    file.string_key("k" + std::to_string(i), std::string(100'000 + static_cast<std::size_t>(i),
                                                         static_cast<char>('a' + i % 26)));
  const auto loaded = load(file.end());
  ASSERT_FALSE(loaded.failure) << loaded.failure->text();
  EXPECT_EQ(loaded.counts.keys_loaded, 40U);
  for (int i = 0; i < 40; ++i) {
    const keyspace::Entry* entry = loaded.data->at(0).find("k" + std::to_string(i));
    ASSERT_NE(entry, nullptr);
    EXPECT_EQ(entry->length(), 100'000U + static_cast<std::size_t>(i));
  }
}

TEST(RdbFileTest, ADuplicateAmongManyIsFound) {
  for (const int behind : {0, 300, 3'000}) {
    HandMade file("REDIS0010");
    for (int i = 0; i < 1'000; ++i) file.string_key("k" + std::to_string(i), "v");
    file.string_key("k10", "v");
    for (int i = 0; i < behind; ++i) file.string_key("later" + std::to_string(i), "v");
    const auto loaded = load(file.end());
    ASSERT_TRUE(loaded.failure);
    EXPECT_THAT(loaded.failure->text(), HasSubstr("RDB has duplicated key 'k10' in DB 0"));
    EXPECT_EQ(loaded.data->at(0).find("later2999"), nullptr);
  }
}

TEST(RdbFileTest, ManyKeysMayBeGivenUp) {
  HandMade file("REDIS0010");
  for (int i = 0; i < 2'000; ++i) file.string_key("k" + std::to_string(i), "v");
  std::string bytes = file.end();
  bytes.resize(bytes.size() - 10);  // in the middle of the last value
  const auto loaded = load(bytes);
  ASSERT_TRUE(loaded.failure);
  EXPECT_LE(loaded.counts.keys_loaded, 1'999U);
  EXPECT_TRUE(loaded.data->check_invariants().ok());
}

TEST(RdbFileTest, KeysThatAreOverAreLeftOut) {
  keyspace::Databases data(1);
  keyspace::GatedDatabase db(data, 0);
  db.set_string("over", nullptr, "1", 999);
  db.set_string("lives", nullptr, "1", 1000);
  const auto loaded = load(written(data), {.databases = 1}, {.now_ms = 1000});
  ASSERT_FALSE(loaded.failure);
  EXPECT_EQ(loaded.counts.keys_expired, 1U);
  EXPECT_EQ(loaded.counts.keys_loaded, 1U);
  EXPECT_NE(loaded.data->at(0).find("lives"), nullptr);
}

TEST(RdbFileTest, SaysHowKeysAreUsed) {
  keyspace::Databases data(1);
  keyspace::GatedDatabase db(data, 0);
  db.set_string("k", nullptr, "v")->set_access_clock(0x000177);
  for (const AccessNote note : {AccessNote::idle, AccessNote::frequency}) {
    std::int64_t idle = -1;
    int frequency = -1;
    const FillOptions fill = {.access_clock = [&](std::int64_t idle_s, int counted) {
      idle = idle_s;
      frequency = counted;
      return 0x42U;
    }};
    const auto loaded = load(written(data, true, note), {.databases = 1}, fill);
    ASSERT_FALSE(loaded.failure);
    EXPECT_EQ(loaded.data->at(0).find("k")->access_clock(), 0x42U);
    EXPECT_EQ(frequency, note == AccessNote::frequency ? 0x77 : -1);
    if (note == AccessNote::idle) {
      EXPECT_EQ(idle, (0 - 0x177) & 0xFFFFFF);
    }
  }
}

// ---- Files of others ----------------------------------------------------------------------------

TEST(RdbFileTest, OldOnesHaveNoChecksumAndSeconds) {
  HandMade file("REDIS0001");
  file.opcode(expiry_s_opcode);
  for (const int byte : {0x40, 0x42, 0x0f, 0x00}) file.opcode(static_cast<std::uint8_t>(byte));
  const auto loaded = load(file.string_key("k", "v").end(false));
  ASSERT_FALSE(loaded.failure) << loaded.failure->text();
  EXPECT_EQ(loaded.data->at(0).find("k")->expire_at_ms(), 1'000'000'000);
}

TEST(RdbFileTest, AChecksumOfZeroIsNone) {
  HandMade file("REDIS0010");
  std::string bytes = file.string_key("k", "v").end(false);
  bytes.append(8, '\0');
  EXPECT_FALSE(load(bytes).failure);
  bytes.back() = 'x';
  const auto loaded = load(bytes);
  ASSERT_TRUE(loaded.failure);
  EXPECT_THAT(loaded.failure->text(), HasSubstr("RDB CRC error"));
  EXPECT_FALSE(load(bytes, {.verify_checksum = false}).failure);
}

TEST(RdbFileTest, TellsValkeysHashFromThatOfARedisThatNeverWas) {
  const auto with_hash = [](const char* magic, bool of_valkey) {
    HandMade file(magic);
    RdbWriter& to = file.opcode(22).writer();
    to.string("h");
    to.length(1);
    if (!of_valkey) to.length(5000);
    to.string("f");
    to.string("v");
    if (of_valkey) to.milliseconds(5000);
    return file.end();
  };
  for (const bool of_valkey : {false, true}) {
    const auto loaded = load(with_hash(of_valkey ? "VALKEY080" : "REDIS0012", of_valkey));
    ASSERT_FALSE(loaded.failure) << loaded.failure->text();
    EXPECT_THAT(test::contents(loaded.data->at(0).find("h")->container()),
                testing::ElementsAre("f=v@5000"));
  }
}

TEST(RdbFileTest, SlotsOfAClusterArePassedOver) {
  HandMade redis("REDIS0012");
  redis.opcode(slot_opcode);
  for (int i = 0; i < 3; ++i) redis.writer().length(7);
  EXPECT_FALSE(load(redis.string_key("k", "v").end()).failure);
  HandMade valkey("VALKEY081");
  RdbWriter& to = valkey.opcode(metadata_opcode).writer();
  to.string("job");
  to.length(1);
  to.length(0);
  to.length(100);
  EXPECT_FALSE(load(valkey.string_key("k", "v").end()).failure);
}

TEST(RdbFileTest, EmptyCollectionsArePassedOver) {
  HandMade file("REDIS0009");
  for (const int type : {1, 2, 4, 5, 14}) {
    file.opcode(static_cast<std::uint8_t>(type)).writer().string("empty");
    file.writer().length(0);
  }
  file.opcode(16).writer().string("empty");
  file.writer().string(test::listpack({}));
  const auto loaded = load(file.string_key("k", "v").end());
  ASSERT_FALSE(loaded.failure) << loaded.failure->text();
  EXPECT_EQ(loaded.counts.keys_empty, 6U);
  EXPECT_EQ(loaded.data->size(), 1U);
}

std::string with_module_data() {
  HandMade file("REDIS0011");
  file.string_key("first", "1");
  RdbWriter& to = file.opcode(module_type).writer();
  to.string("other");
  for (const int number : {77, 2, 5, 4}) to.length(static_cast<std::uint64_t>(number));
  to.number(0.5);
  to.length(5);
  to.string("text");
  to.length(0);
  return file.string_key("last", "2").end();
}

TEST(RdbFileTest, WhatIsNotHereIsRefusedByNameOrSkipped) {
  const std::string bytes = with_module_data();
  const auto refused = load(bytes);
  ASSERT_TRUE(refused.failure);
  EXPECT_THAT(refused.failure->text(), HasSubstr("module"));
  EXPECT_THAT(refused.failure->text(), HasSubstr("key 'other'"));
  const auto skipped = load(bytes, {.skip_unknown = true});
  ASSERT_FALSE(skipped.failure) << skipped.failure->text();
  EXPECT_EQ(skipped.counts.skipped, 1U);
  EXPECT_EQ(skipped.data->size(), 2U);
}

TEST(RdbFileTest, SaysWhereItEnds) {
  const std::string bytes = HandMade("REDIS0010").string_key("key", std::string(100, 'x')).end();
  const auto loaded = load(bytes.substr(0, 60));
  ASSERT_TRUE(loaded.failure);
  EXPECT_THAT(loaded.failure->text(), HasSubstr("key 'key'"));
  for (const char* magic : {"REDIS0017", "REDIS0000", "VALKEY012", "REDIS00a1", "SIDER0010"})
    EXPECT_TRUE(load(HandMade(magic).end()).failure) << magic;
  const auto twice = load(HandMade("REDIS0010").string_key("k", "1").string_key("k", "2").end());
  ASSERT_TRUE(twice.failure);
  EXPECT_THAT(twice.failure->text(), HasSubstr("RDB has duplicated key 'k' in DB 0"));
}

TEST(RdbFileTest, ADatabaseThatIsNotThereIsRefused) {
  HandMade file("REDIS0010");
  file.opcode(select_opcode).writer().length(16);
  const auto loaded = load(file.end());
  ASSERT_TRUE(loaded.failure);
  EXPECT_THAT(loaded.failure->text(), HasSubstr("more than 16 databases"));
}

// ---- Faults of every shape ----------------------------------------------------------------------

void mutate_file(std::string& bytes, Random& random) {
  constexpr unsigned char likely[] = {0, 1, 0x40, 0x80, 0x81, 0xc3, 0xf5, 0xfa, 0xfb, 0xfe, 0xff};
  if (bytes.size() <= 9) return;
  const std::size_t at = 9 + random.below(bytes.size() - 9);
  switch (random.below(5)) {
    case 0:
      bytes.erase(at, random.below(9));
      return;
    case 1:
      bytes.resize(at);
      return;
    case 2:
      bytes.insert(at, 1 + random.below(3), static_cast<char>(likely[random.below(sizeof likely)]));
      return;
    case 3:
      bytes[at] = static_cast<char>(likely[random.below(sizeof likely)]);
      return;
    default:
      bytes[at] = static_cast<char>(random.below(256));
  }
}

TEST(RdbFileTest, NoFileDoesHarm) {
  const std::uint64_t seed = support::test_seed();
  SCOPED_TRACE("RESPAWN_TEST_SEED=" + std::to_string(seed));
  Random random(seed);
  keyspace::Databases data(2);
  keyspace::GatedDatabase db(data, 1);
  const test::Samples samples;
  samples.for_each([&](const keyspace::Entry& entry) {
    if (entry.key().ends_with("small")) {
      auto value = read_payload_body(*payload_body(dump_payload(entry, false)), {}, 1 << 20);
      keyspace::Change change = db.change(entry.key(), nullptr);
      store_value(change, std::move(*value), 5000);
    }
  });
  db.set_string("s", nullptr, std::string(300, 'q'));
  const std::vector<std::string> seeds = {written(data), written(data, false, AccessNote::idle),
                                          with_module_data()};
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  constexpr int rounds = 20'000;  // it takes ten times as long there
#else
  constexpr int rounds = 100'000;
#endif
  for (int round = 0; round < rounds; ++round) {
    std::string bytes = seeds[random.below(seeds.size())];
    for (std::uint64_t i = 0; i <= random.below(3); ++i) mutate_file(bytes, random);
    SCOPED_TRACE(round);
    ASSERT_NO_THROW(fuzz::check_rdb_file(bytes));
  }
}

}  // namespace
}  // namespace respawn::persistence
