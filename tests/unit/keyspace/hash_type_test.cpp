#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "keyspace/types/hash.hpp"
#include "tests/support/test_seed.hpp"
#include "tests/unit/keyspace/failing_memory.hpp"

namespace respawn::keyspace {
namespace {

struct Value {
  std::string text;
  std::int64_t expire_at_ms = never;

  bool operator==(const Value&) const = default;
};

using ReferenceHash = std::map<std::string, Value>;

ReferenceHash contents(const Hash& hash) {
  ReferenceHash all;
  hash.for_each([&](const HashField& each) {
    const Value value{std::string(each.value), each.expire_at_ms};
    EXPECT_TRUE(all.emplace(each.field, value).second);
  });
  return all;
}

std::int64_t earliest(const ReferenceHash& model) {
  std::int64_t at_ms = never;
  for (const auto& [field, value] : model) at_ms = std::min(at_ms, value.expire_at_ms);
  return at_ms;
}

void expect_equal(const Hash& hash, const ReferenceHash& model) {
  const Status status = hash.check_invariants();
  ASSERT_TRUE(status.ok()) << status.error();
  ASSERT_EQ(hash.size(), model.size());
  ASSERT_EQ(contents(hash), model);
  ASSERT_EQ(hash.earliest_expiry_ms(), earliest(model));
}

std::string random_text(Random& random) {
  const std::uint64_t number = random.below(150);
  switch (random.below(3)) {
    case 0:
      return std::to_string(static_cast<std::int64_t>(number) - 70);
    case 1:
      return std::string(number, 'v');
    default:
      return "f" + std::to_string(number);
  }
}

struct HashKind {
  const char* name;
  HashLimits limits;
  bool expiring;
  Encoding last;
};

class HashModel : public ::testing::TestWithParam<HashKind> {};

TEST_P(HashModel, BehavesAsAMap) {
  const std::uint64_t seed = support::test_seed();
  SCOPED_TRACE(seed);
  Random random(seed);
  const HashKind kind = GetParam();
  Hash hash;
  ReferenceHash model;
  std::int64_t now_ms = 1'000;
  for (int step = 0; step < 8'000; ++step) {
    const std::string field = random_text(random);
    const std::uint64_t choice = random.below(10);
    if (choice < (step / 1000 % 2 == 0 ? 6U : 3U)) {
      const std::string value = random_text(random);
      const bool fresh = !model.contains(field);
      ASSERT_EQ(hash.set(MemberKey(field), value, never, kind.limits), fresh);
      model[field] = {value, never};
    } else if (choice < 8 && kind.expiring && model.contains(field)) {
      const std::int64_t at_ms =
          random.below(4) == 0 ? never : now_ms + 1 + static_cast<std::int64_t>(random.below(300));
      hash.set_expiry(MemberKey(field), at_ms);
      model[field].expire_at_ms = at_ms;
    } else {
      ASSERT_EQ(hash.erase(MemberKey(field)), model.erase(field) > 0);
    }
    if (random.below(10) == 0) {
      now_ms += 20;
      const std::size_t most = random.below(20);
      const std::size_t due =
          static_cast<std::size_t>(std::count_if(model.begin(), model.end(), [&](auto& each) {
            return now_ms > each.second.expire_at_ms;
          }));
      ASSERT_EQ(hash.erase_expired(now_ms, most), std::min(most, due));
      ASSERT_EQ(hash.erase_expired(now_ms, 1000), due - std::min(most, due));
      std::erase_if(model, [&](auto& each) { return now_ms > each.second.expire_at_ms; });
    }
    FieldScratch scratch;
    const std::string probe = random_text(random);
    const auto found = hash.find(MemberKey(probe), scratch);
    ASSERT_EQ(found.has_value(), model.contains(probe));
    if (found) {
      ASSERT_EQ(found->field, probe);
      ASSERT_EQ((Value{std::string(found->value), found->expire_at_ms}), model[probe]);
    }
    if (!model.empty()) {
      const HashField any = hash.random(random, scratch);
      ASSERT_EQ(model.at(std::string(any.field)).text, any.value);
    }
    if (step % 200 == 0) {
      ASSERT_NO_FATAL_FAILURE(expect_equal(hash, model)) << step;
      const auto copy = hash.clone();
      ASSERT_NO_FATAL_FAILURE(expect_equal(*copy, model));
      ASSERT_EQ(copy->encoding(), hash.encoding());
    }
  }
  EXPECT_EQ(hash.encoding(), kind.last);
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, HashModel,
    ::testing::Values(HashKind{"packed", {1000, 500}, false, Encoding::listpack},
                      HashKind{"packed_expiring", {1000, 500}, true, Encoding::listpackex},
                      HashKind{"usual", {}, false, Encoding::hashtable},
                      HashKind{"usual_expiring", {}, true, Encoding::hashtable},
                      HashKind{"growing", {100, 500}, true, Encoding::hashtable},
                      HashKind{"never_small", {0, 0}, true, Encoding::hashtable}),
    [](const auto& kind) { return std::string(kind.param.name); });

TEST(Hash, ChangesItsEncodingWhenALimitIsPassed) {
  const HashLimits limits{2, 5};
  Hash hash;
  hash.set(MemberKey("a"), "12345", never, limits);
  hash.set(MemberKey("b"), "1", never, limits);
  hash.set(MemberKey("b"), "2", never, limits);
  EXPECT_EQ(hash.encoding(), Encoding::listpack);
  hash.set(MemberKey("c"), "1", never, limits);
  EXPECT_EQ(hash.encoding(), Encoding::hashtable);
  for (const auto& [field, value] : {std::pair{"a", "123456"}, std::pair{"123456", "a"}}) {
    Hash other;
    other.set(MemberKey(field), value, never, limits);
    EXPECT_EQ(other.encoding(), Encoding::hashtable);
  }
  Hash many;
  many.expect(2, 5, limits);
  EXPECT_EQ(many.encoding(), Encoding::listpack);
  many.expect(3, 5, limits);
  EXPECT_EQ(many.encoding(), Encoding::hashtable);
}

TEST(Hash, KeepsExpiriesWhenItsEncodingChanges) {
  const HashLimits limits{2, 5};
  Hash hash;
  hash.set(MemberKey("a"), "1", never, limits);
  EXPECT_EQ(hash.schedule(), nullptr);
  hash.set_expiry(MemberKey("a"), 77);
  EXPECT_EQ(hash.encoding(), Encoding::listpackex);
  hash.schedule()->indexed_ms = 5;
  hash.set(MemberKey("b"), "1", never, limits);
  hash.set(MemberKey("c"), "1", never, limits);
  EXPECT_EQ(hash.encoding(), Encoding::hashtable);
  EXPECT_EQ(hash.schedule()->indexed_ms, 5);
  EXPECT_EQ(hash.earliest_expiry_ms(), 77);
  EXPECT_EQ(hash.erase_expired(77, 10), 0U);
  EXPECT_EQ(hash.erase_expired(78, 10), 1U);
  EXPECT_EQ(hash.size(), 2U);
  EXPECT_FALSE(hash.expires());
}

TEST(Hash, StoresLongAndBinaryTexts) {
  for (const std::size_t limit : {std::size_t{0}, std::size_t{1'000'000}}) {
    const HashLimits limits{limit, limit};
    Hash hash;
    ReferenceHash model;
    for (const std::size_t length : {0, 1, 126, 127, 128, 255, 300, 65'535, 65'536, 300'000}) {
      const std::string field(length, '\0');
      const std::string value(length, '\xff');
      hash.set(MemberKey(field), value, never, limits);
      model[field] = {value, never};
    }
    expect_equal(hash, model);
    for (auto& [field, value] : model) {
      hash.set_expiry(MemberKey(field), 99);
      value.expire_at_ms = 99;
    }
    expect_equal(hash, model);
  }
}

TEST(Hash, TakesLittleMemory) {
  Hash large;
  for (int i = 0; i < 200'000; ++i)
    large.set(MemberKey("field:" + std::to_string(10'000'000 + i)), "value:" + std::to_string(i),
              never, {});
  EXPECT_LT(large.memory_bytes(), 200'000U * 48);
  Hash small;
  for (int i = 0; i < 8; ++i)
    small.set(MemberKey("f" + std::to_string(i)), "value:12" + std::to_string(i), never, {});
  EXPECT_LE(small.memory_bytes(), 16U + 112);
}

TEST(Hash, FreesInSlices) {
  const LiveMemory before = live_memory();
  {
    Hash hash;
    for (int i = 0; i < 20'000; ++i) {
      const std::string field = std::to_string(i);
      hash.set(MemberKey(field), "v", i % 2 == 0 ? never : i, {});
    }
    std::size_t freed = hash.free_slice(100);
    EXPECT_EQ(freed, 100U);
    while (const std::size_t slice = hash.free_slice(1000)) freed += slice;
    EXPECT_EQ(freed, 20'000U);
  }
  EXPECT_EQ(live_memory().blocks, before.blocks);
}

TEST(Hash, KeepsItsFieldsWhenMemoryIsOut) {
  const std::uint64_t seed = support::test_seed();
  SCOPED_TRACE(seed);
  Random random(seed);
  const LiveMemory before = live_memory();
  std::size_t failures = 0;
  {
    const HashLimits limits{40, 200};
    Hash hash;
    for (int step = 0; step < 300; ++step) {
      const std::string field = random_text(random);
      const std::string value = random_text(random);
      const ReferenceHash old = contents(hash);
      const bool expire = old.contains(field) && random.below(2) == 0;
      failures += fail_at_every_allocation(
          [&] {
            if (expire) return hash.set_expiry(MemberKey(field), 100 + step);
            hash.set(MemberKey(field), value, never, limits);
          },
          [&] {
            ASSERT_TRUE(hash.check_invariants().ok());
            ASSERT_EQ(contents(hash), old);
          });
    }
    const ReferenceHash all = contents(hash);
    const FailingMemory memory(0);
    hash.erase_expired(1000, 1000);
    for (const auto& [field, value] : all)
      ASSERT_EQ(hash.erase(MemberKey(field)), value.expire_at_ms == never);
  }
  EXPECT_GT(failures, 100U);
  EXPECT_EQ(live_memory().blocks, before.blocks);
}

}  // namespace
}  // namespace respawn::keyspace
