#include "keyspace/database.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <string>

#include "base/numbers.hpp"
#include "keyspace/entry_builder.hpp"
#include "tests/support/test_seed.hpp"
#include "tests/unit/keyspace/failing_memory.hpp"
#include "tests/unit/keyspace/gated_database.hpp"

namespace respawn::keyspace {
namespace {

std::string text_of(const Entry& entry) {
  Scratch scratch;
  return std::string(entry.bytes(scratch));
}

void expect_sound(const Database& database) {
  const Status status = database.check_invariants();
  EXPECT_TRUE(status.ok()) << status.error();
}

std::unique_ptr<List> list_of(std::size_t elements) {
  auto list = std::make_unique<List>();
  for (std::size_t i = 0; i < elements; ++i) list->push(End::back, std::to_string(i), {});
  return list;
}

class DatabaseTest : public ::testing::Test {
 protected:
  const Entry* set(std::string_view key, std::string_view value, std::int64_t at_ms = never) {
    return database.set_string(key, database.find(key), value, at_ms);
  }

  Databases data{2};
  Garbage& garbage = data.garbage();
  GatedDatabase database{data, 0};
};

TEST_F(DatabaseTest, FindsWhatWasSet) {
  EXPECT_EQ(database.find("key"), nullptr);
  const Entry* entry = set("key", "value");
  EXPECT_EQ(database.find("key"), entry);
  EXPECT_EQ(entry->key(), "key");
  EXPECT_EQ(text_of(*entry), "value");
  EXPECT_EQ(entry->type(), Type::string);
  EXPECT_EQ(entry->expire_at_ms(), never);
  EXPECT_FALSE(entry->expired(never));
  EXPECT_EQ(database->size(), 1U);
}

TEST_F(DatabaseTest, ChoosesEncodingsAsRedisDoes) {
  const std::pair<std::string, Encoding> cases[] = {
      {"", Encoding::embstr},
      {"0", Encoding::integer},
      {"-1", Encoding::integer},
      {"9223372036854775807", Encoding::integer},
      {"-9223372036854775808", Encoding::integer},
      {"9223372036854775808", Encoding::embstr},
      {"-0", Encoding::embstr},
      {"01", Encoding::embstr},
      {"+1", Encoding::embstr},
      {" 1", Encoding::embstr},
      {"1 ", Encoding::embstr},
      {"1.0", Encoding::embstr},
      {std::string(44, 'x'), Encoding::embstr},
      {std::string(45, 'x'), Encoding::raw},
      {std::string(1000, 'x'), Encoding::raw},
  };
  for (const auto& [value, encoding] : cases) {
    const Entry* entry = set("key", value);
    EXPECT_EQ(encoding_name(entry->encoding()), encoding_name(encoding)) << value;
    EXPECT_EQ(text_of(*entry), value);
    EXPECT_EQ(entry->length(), value.size());
    EXPECT_EQ(entry->is_integer(), encoding == Encoding::integer);
  }
  const Entry* text = database.set_text("key", database.find("key"), "10");
  EXPECT_EQ(text->encoding(), Encoding::embstr);
}

TEST_F(DatabaseTest, KeepsAnyLengthOfKeyAndValue) {
  for (const std::size_t key_length : {0, 1, 11, 60, 122, 123, 127, 128, 129, 5000, 20'000}) {
    for (const std::size_t length : {0, 1, 16, 60, 122, 127, 128, 255, 256, 257, 4096, 70'000}) {
      for (const std::int64_t at_ms : {never, std::int64_t{12345}}) {
        const std::string key(key_length, 'k');
        const std::string value(length, 'v');
        const Entry* entry = set(key, value, at_ms);
        ASSERT_EQ(entry->key(), key);
        ASSERT_EQ(text_of(*entry), value);
        ASSERT_EQ(entry->expire_at_ms(), at_ms);
        ASSERT_EQ(entry->has_expiry(), at_ms != never);
      }
    }
    expect_sound(database);
  }
}

TEST_F(DatabaseTest, TakesLittleMemoryForSmallKeys) {
  const Entry* plain = set("key:1234567", "0123456789abcdef");
  EXPECT_EQ(plain->memory_bytes(), 32U);
  const Entry* expiring = set("key:1234567", "0123456789abcdef", 1'700'000'000'000);
  EXPECT_EQ(expiring->memory_bytes(), 48U);
  const Entry* integer = set("key:1234567", "123456789012");
  EXPECT_EQ(integer->memory_bytes(), 32U);
}

TEST_F(DatabaseTest, AppendsToEveryForm) {
  const std::uint64_t seed = support::test_seed();
  SCOPED_TRACE(seed);
  Random random(seed);
  for (const char* start : {"", "12", "text"}) {
    for (const std::int64_t at_ms : {never, std::int64_t{5}}) {
      std::string model = start;
      const Entry* entry = set("key", start, at_ms);
      while (model.size() < 10'000) {
        const std::string more(random.below(model.size() / 4 + 3),
                               static_cast<char>('a' + random.below(26)));
        entry = database.append(entry, more);
        model += more;
        ASSERT_EQ(text_of(*entry), model);
        ASSERT_EQ(entry->encoding(), Encoding::raw);
        ASSERT_EQ(entry->expire_at_ms(), at_ms);
        ASSERT_EQ(database.find("key"), entry);
      }
      expect_sound(database);
    }
  }
}

TEST_F(DatabaseTest, AppendReallocatesRarely) {
  const Entry* entry = set("key", std::string(300, 'x'));
  std::size_t grown = 0;
  for (int i = 0; i < 100'000; ++i) {
    const std::size_t before = entry->memory_bytes();
    entry = database.append(entry, "y");
    if (entry->memory_bytes() != before) ++grown;
  }
  EXPECT_LT(grown, 15U);
}

TEST_F(DatabaseTest, ExtendsWithZerosToBeWrittenInPlace) {
  const Entry* entry = set("key", "12");
  entry = database.extend(entry, 5);
  EXPECT_EQ(text_of(*entry), std::string("12\0\0\0", 5));
  database.change(entry).extend(5)[4] = '!';
  EXPECT_EQ(text_of(*entry), std::string("12\0\0!", 5));
  entry = database.extend(entry, 1000);
  EXPECT_EQ(text_of(*entry), std::string("12\0\0!", 5) + std::string(995, '\0'));
  entry = database.extend(entry, 3);
  EXPECT_EQ(entry->length(), 1000U);
}

TEST_F(DatabaseTest, MakesRawStringsOfOldOnes) {
  set("key", "12", 5);
  for (const std::size_t bytes : {0, 3, 45, 256, 257, 100'000}) {
    const Entry* old = database.find("key");
    const std::string before = text_of(*old);
    const Entry* entry = database.set_raw(
        "key", old, bytes,
        [&](char* to) {
          EXPECT_EQ(text_of(*old), before);
          std::fill(to, to + bytes, 'y');
        },
        7);
    EXPECT_EQ(text_of(*entry), std::string(bytes, 'y'));
    EXPECT_EQ(entry->encoding(), Encoding::raw);
    EXPECT_EQ(entry->expire_at_ms(), 7);
    EXPECT_EQ(database.find("key"), entry);
    expect_sound(database);
  }
}

TEST_F(DatabaseTest, ReplacesAValueOfAnyType) {
  const Entry* entry = database.set_object("key", nullptr, list_of(1000), 77);
  EXPECT_EQ(entry->type(), Type::list);
  EXPECT_EQ(entry->object<List>().size(), 1000U);
  EXPECT_EQ(entry->encoding(), Encoding::listpack);
  entry = database.set_string("key", entry, "value");
  EXPECT_EQ(entry->type(), Type::string);
  EXPECT_EQ(database->expiring_count(), 0U);
  EXPECT_EQ(garbage.pending(), 1000U);
  entry = database.set_object("key", entry, list_of(3));
  EXPECT_EQ(entry->object<List>().size(), 3U);
  EXPECT_EQ(database->size(), 1U);
  expect_sound(database);
}

TEST_F(DatabaseTest, ChecksWhatItIsTold) {
  const Entry* entry = set("key", "value");
  set("other", "value");
  EXPECT_THROW(database.set_string("key", nullptr, "again"), CheckFailure);
  EXPECT_THROW(database.set_string("other", entry, "again"), CheckFailure);
  EXPECT_THROW((void)entry->object<List>(), CheckFailure);
  EXPECT_THROW((void)entry->integer(), CheckFailure);
  const Entry* list = database.set_object("list", nullptr, list_of(1));
  EXPECT_THROW(database.append(list, "x"), CheckFailure);
  expect_sound(database);
}

TEST_F(DatabaseTest, ExpiresTheEarliestFirst) {
  set("b", "1", 200);
  set("a", "1", 100);
  set("c", "1", 300);
  set("forever", "1");
  EXPECT_EQ(database->expiring_count(), 3U);
  EXPECT_EQ(database->earliest_expiry_ms(), 100);
  EXPECT_EQ(database->mean_ttl_ms(50), 150);
  EXPECT_EQ(database->mean_ttl_ms(5000), 0);
  EXPECT_EQ(database->next_expired(100), nullptr) << "lives through its last millisecond";
  EXPECT_EQ(database->next_expired(101), database.find("a"));
  std::string order;
  while (const Entry* entry = database->next_expired(1000)) {
    order += entry->key();
    database.erase(entry);
  }
  EXPECT_EQ(order, "abc");
  EXPECT_EQ(database->earliest_expiry_ms(), never);
  EXPECT_EQ(database->size(), 1U);
}

TEST_F(DatabaseTest, MovesAndClearsExpiries) {
  for (const char* value : {"5", "text", ""}) {
    const Entry* entry = set("key", value);
    entry->set_access_clock(0xabcdef);
    entry = database.set_expiry(entry, 1000);
    EXPECT_EQ(entry->expire_at_ms(), 1000);
    entry = database.set_expiry(entry, 500);
    EXPECT_EQ(database->earliest_expiry_ms(), 500);
    EXPECT_EQ(text_of(*entry), value);
    entry = database.clear_expiry(entry);
    entry = database.clear_expiry(entry);
    EXPECT_EQ(entry->expire_at_ms(), never);
    EXPECT_EQ(database->expiring_count(), 0U);
    EXPECT_EQ(text_of(*entry), value);
    EXPECT_EQ(entry->access_clock(), 0xabcdefU);
    EXPECT_EQ(database.find("key"), entry);
  }
  const Entry* list = database.set_object("list", nullptr, list_of(5));
  list = database.set_expiry(list, 9);
  EXPECT_EQ(list->object<List>().size(), 5U);
  list = database.set_expiry(list, never - 1);
  list = database.set_expiry(list, never - 2);
  EXPECT_EQ(list->expire_at_ms(), never - 2);
  EXPECT_THROW(database.set_expiry(list, never), CheckFailure);
  expect_sound(database);
}

TEST_F(DatabaseTest, EntriesStartWithTheAccessClock) {
  data.set_access_clock(1234);
  const Entry* entry = set("key", "a");
  EXPECT_EQ(entry->access_clock(), 1234U);
  entry->set_access_clock(7);
  EXPECT_EQ(set("key", std::string(500, 'x'))->access_clock(), 7U);
}

TEST_F(DatabaseTest, ClearsAtOnceAndFreesInSlices) {
  const LiveMemory before = live_memory();
  for (int i = 0; i < 5000; ++i) set("key:" + std::to_string(i), "value", i % 2 == 0 ? never : i);
  database.set_object("list", nullptr, list_of(10'000));
  database.clear();
  EXPECT_EQ(database->size(), 0U);
  EXPECT_EQ(database->expiring_count(), 0U);
  EXPECT_EQ(garbage.pending(), 7501U);
  EXPECT_EQ(garbage.pending_objects(), 5001U);
  set("key", "lives");
  std::size_t slices = 0;
  while (garbage.free_slice(100) > 0) ++slices;
  EXPECT_GT(slices, 60U);
  EXPECT_EQ(garbage.pending(), 0U);
  EXPECT_EQ(garbage.freed_objects(), 5001U);  // keys
  database.erase("key");
  EXPECT_LT(live_memory().blocks, before.blocks + 10);
}

TEST_F(DatabaseTest, AHugeValueIsOneObjectOfGarbage) {
  const Entry* entry = database.set_object("list", nullptr, list_of(10'000));
  ASSERT_NE(entry, nullptr);
  database.erase("list");
  EXPECT_EQ(garbage.pending_objects(), 1U);
  while (garbage.free_slice(100) > 0) EXPECT_LE(garbage.freed_objects(), 1U);
  EXPECT_EQ(garbage.pending_objects(), 0U);
  EXPECT_EQ(garbage.freed_objects(), 1U);
}

TEST_F(DatabaseTest, EraseOfAHugeValueIsSliced) {
  const Entry* entry = database.set_object("list", nullptr, list_of(50'000));
  database.erase(entry);
  EXPECT_EQ(garbage.pending(), 50'000U);
  EXPECT_LT(garbage.free_slice(1000), 3000U);
  EXPECT_GT(garbage.pending(), 40'000U);
  EXPECT_FALSE(database.erase("list"));
}

TEST_F(DatabaseTest, SwapExchangesContents) {
  GatedDatabase other(data, 1);
  set("a", "1", 5);
  other.set_string("b", nullptr, "2");
  data.swap(0, 1);
  EXPECT_NE(database.find("b"), nullptr);
  EXPECT_NE(other.find("a"), nullptr);
  EXPECT_EQ(other->expiring_count(), 1U);
  EXPECT_EQ(database->expiring_count(), 0U);
}

struct Expected {
  std::string text;
  std::int64_t at_ms = never;
};

TEST_F(DatabaseTest, BehavesAsAModel) {
  const std::uint64_t seed = support::test_seed();
  SCOPED_TRACE(seed);
  Random random(seed);
  std::map<std::string, Expected> model;
  for (int step = 0; step < 60'000; ++step) {
    const std::string key = "k" + std::to_string(random.below(500));
    const Entry* entry = database.find(key);
    const auto found = model.find(key);
    ASSERT_EQ(entry != nullptr, found != model.end());
    const auto at_ms = static_cast<std::int64_t>(random.below(1000));
    switch (random.below(8)) {
      case 0:
      case 1: {
        const Expected value{std::string(random.below(random.below(400) + 1), 'v'),
                             random.below(2) == 0 ? never : at_ms};
        database.set_string(key, entry, value.text, value.at_ms);
        model[key] = value;
        break;
      }
      case 2: {
        const auto number = static_cast<std::int64_t>(random.next());
        database.set_integer(key, entry, number, entry != nullptr ? entry->expire_at_ms() : never);
        model[key].text = std::to_string(number);
        break;
      }
      case 3:
        if (entry == nullptr) break;
        database.append(entry, key);
        found->second.text += key;
        break;
      case 4:
        if (entry == nullptr) break;
        database.set_expiry(entry, at_ms);
        found->second.at_ms = at_ms;
        break;
      case 5:
        if (entry == nullptr) break;
        database.clear_expiry(entry);
        found->second.at_ms = never;
        break;
      default:
        ASSERT_EQ(database.erase(key), model.erase(key) == 1);
    }
    if (step % 5000 == 0) expect_sound(database);
  }
  expect_sound(database);
  ASSERT_EQ(database->size(), model.size());
  database->for_each([&](const Entry& entry) {
    const Expected& value = model.at(std::string(entry.key()));
    EXPECT_EQ(text_of(entry), value.text);
    EXPECT_EQ(entry.expire_at_ms(), value.at_ms);
  });
}

TEST_F(DatabaseTest, StaysAsItWasWhenMemoryIsOut) {
  std::size_t failures = 0;
  const auto attempt = [&](const char* key, auto&& operation) {
    const Entry* before = database.find(key);
    const std::optional<std::string> text = before != nullptr && before->type() == Type::string
                                                ? std::optional(text_of(*before))
                                                : std::nullopt;
    const std::int64_t at_ms = before != nullptr ? before->expire_at_ms() : never;
    const std::size_t size = database->size();
    failures += fail_at_every_allocation(operation, [&] {
      expect_sound(database);
      const Entry* after = database.find(key);
      ASSERT_EQ(after != nullptr, before != nullptr);
      EXPECT_EQ(database->size(), size);
      if (after == nullptr) return;
      EXPECT_EQ(after->expire_at_ms(), at_ms);
      if (text) {
        EXPECT_EQ(text_of(*after), *text);
      }
    });
    expect_sound(database);
  };
  const auto entry = [&](const char* key) { return database.find(key); };
  attempt("a", [&] { database.set_string("a", entry("a"), "short", 5); });
  attempt("a", [&] { database.set_string("a", entry("a"), std::string_view("17"), 9); });
  attempt("a", [&] { database.append(entry("a"), "0123456789"); });
  attempt("a", [&] { database.append(entry("a"), std::string(0, 'x')); });
  attempt("a", [&] { database.extend(entry("a"), 5000); });
  attempt("a", [&] { database.extend(entry("a"), 50'000); });
  const auto zero = [](char* to) { *to = '\0'; };
  attempt("a", [&] { database.set_raw("a", entry("a"), 1, zero, 5); });
  attempt("r", [&] { database.set_raw("r", entry("r"), 1, zero, 5); });
  attempt("a", [&] { database.clear_expiry(entry("a")); });
  attempt("a", [&] { database.set_expiry(entry("a"), 100); });
  attempt("a", [&] { database.set_string("a", entry("a"), "short", never); });
  attempt("l", [&] { database.set_object("l", entry("l"), list_of(2), 5); });
  attempt("l", [&] { database.set_string("l", entry("l"), "text", 9); });
  attempt("a", [&] { database.clear(); });
  EXPECT_GT(failures, 15U);
}

TEST_F(DatabaseTest, RewriteWithAnotherExpiryIsAllOrNothing) {
  for (std::int64_t i = 0; i < 84 * 20; ++i) set("filler:" + std::to_string(i), "x", i * 2);
  std::size_t failures = 0;
  for (std::int64_t i = 0; i < 500; ++i) {
    const std::string key = "key:" + std::to_string(i);
    set(key, "first", 100'000);
    failures +=
        fail_at_every_allocation([&] { database.set_string(key, database.find(key), "other", i); },
                                 [&] {
                                   EXPECT_EQ(text_of(*database.find(key)), "first");
                                   EXPECT_EQ(database.find(key)->expire_at_ms(), 100'000);
                                 });
    EXPECT_EQ(text_of(*database.find(key)), "other");
  }
  EXPECT_GT(failures, 0U);
  expect_sound(database);
}

TEST(Databases, OwnTheWhole) {
  Databases data(16);
  EXPECT_EQ(data.count(), 16U);
  GatedDatabase(data, 0).set_string("a", nullptr, "1", 50);
  GatedDatabase(data, 3).set_string("b", nullptr, "2", 40);
  EXPECT_EQ(data.size(), 2U);
  EXPECT_EQ(data.earliest_expiry_ms(), 40);
  data.swap(0, 3);
  EXPECT_NE(data.at(0).find("b"), nullptr);
  EXPECT_THROW((void)data.at(16), CheckFailure);
  data.clear(0);
  EXPECT_EQ(data.size(), 1U);
  data.clear(3);
  EXPECT_EQ(data.size(), 0U);
}

TEST(Databases, KnowWhetherAChangeWasCutOff) {
  Databases data(1);
  GatedDatabase database(data, 0);
  EXPECT_FALSE(data.mutating());
  database.set_string("a", nullptr, "1");
  EXPECT_TRUE(data.mutating());
  data.settled();
  EXPECT_FALSE(data.mutating());
  EXPECT_THROW(database.set_string("a", nullptr, "1"), CheckFailure);
  EXPECT_TRUE(data.mutating());
  EXPECT_TRUE(data.recover().ok());
  EXPECT_FALSE(data.mutating());
}

TEST(Databases, RecoverRefusesBrokenData) {
  Databases data(2);
  GatedDatabase database(data, 1);
  database.set_object("empty", nullptr, std::make_unique<List>());
  EXPECT_FALSE(data.recover().ok());
  database.erase("empty");
  EXPECT_TRUE(data.recover().ok());
}

TEST(Garbage, FreesSmallThingsAtOnce) {
  Garbage garbage;
  garbage.take(list_of(Garbage::at_once_max_elements));
  EXPECT_EQ(garbage.pending(), 0U);
  garbage.take(list_of(Garbage::at_once_max_elements + 1));
  EXPECT_EQ(garbage.pending(), Garbage::at_once_max_elements + 1);
}

TEST(Garbage, FreesAtOnceWhenItCannotQueue) {
  const LiveMemory before = live_memory();
  Garbage garbage;
  auto list = list_of(10'000);
  {
    const FailingMemory memory(0);
    garbage.take(std::move(list));
  }
  EXPECT_EQ(garbage.pending(), 0U);
  EXPECT_EQ(live_memory().blocks, before.blocks);
}

TEST(Entry, NamesTypesAndEncodings) {
  EXPECT_EQ(type_name(Type::sorted_set), "zset");
  EXPECT_EQ(type_name(Type::stream), "stream");
  EXPECT_EQ(encoding_name(Encoding::integer), "int");
  EXPECT_EQ(encoding_name(Encoding::stream), "stream");
}

}  // namespace
}  // namespace respawn::keyspace
