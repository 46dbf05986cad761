#include "keyspace/dict.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "tests/support/test_seed.hpp"
#include "tests/unit/keyspace/failing_memory.hpp"

namespace respawn::keyspace {
namespace {

struct Item {
  std::string key;
};

struct ItemTraits {
  using Element = Item;

  static std::string_view key(const Item& item) { return item.key; }
};

/// The dict and a model of it, which owns the items.
class ReferenceDict {
 public:
  void insert(const std::string& key) {
    if (items.contains(key)) return;
    auto item = std::make_unique<Item>(Item{key});
    dict.insert(item.get(), hash_bytes(key));
    items.emplace(key, std::move(item));
    keys.push_back(key);
  }

  /// Erases the key at a place of `keys`.
  void erase_at(std::size_t place) {
    const std::string key = keys[place];
    EXPECT_TRUE(dict.erase(items.at(key).get(), hash_bytes(key)));
    items.erase(key);
    keys[place] = keys.back();
    keys.pop_back();
  }

  [[nodiscard]] Item* find(const std::string& key) const { return dict.find(key, hash_bytes(key)); }

  void expect_equal() const {
    const Status status = dict.check_invariants();
    EXPECT_TRUE(status.ok()) << status.error();
    EXPECT_EQ(dict.size(), items.size());
    std::size_t visited = 0;
    dict.for_each([&](const Item& item) {
      ++visited;
      EXPECT_EQ(items.at(item.key).get(), &item);
    });
    EXPECT_EQ(visited, items.size());
    for (const auto& [key, item] : items) ASSERT_EQ(find(key), item.get()) << key;
  }

  Dict<ItemTraits> dict;
  std::unordered_map<std::string, std::unique_ptr<Item>> items;
  std::vector<std::string> keys;
};

TEST(Dict, IsEmptyAtFirst) {
  const ReferenceDict model;
  EXPECT_EQ(model.dict.size(), 0U);
  EXPECT_EQ(model.find("a"), nullptr);
  EXPECT_EQ(model.dict.memory_bytes(), 0U);
  EXPECT_EQ(model.dict.scan(0, 10, [](Item&) { FAIL(); }), 0U);
  Random random(1);
  EXPECT_EQ(model.dict.random(random), nullptr);
  EXPECT_TRUE(model.dict.check_invariants().ok());
}

TEST(Dict, BehavesAsAModelWhileItGrowsAndShrinks) {
  const std::uint64_t seed = support::test_seed();
  SCOPED_TRACE(seed);
  Random random(seed);
  ReferenceDict model;
  for (int phase = 0; phase < 8; ++phase) {
    const bool grow = phase % 2 == 0;
    const std::size_t target = grow ? 100 + random.below(30'000) : random.below(200);
    while (grow ? model.keys.size() < target : model.keys.size() > target) {
      if (model.keys.empty() || random.below(10) < (grow ? 8U : 2U))
        model.insert("key:" + std::to_string(random.below(1'000'000)));
      else
        model.erase_at(random.below(model.keys.size()));
      EXPECT_EQ(model.find("absent:" + std::to_string(random.below(1000))), nullptr);
    }
    model.expect_equal();
  }
}

TEST(Dict, ChecksOutAtEverySize) {
  ReferenceDict model;
  for (int i = 0; i < 3000; ++i) {
    model.insert(std::to_string(i));
    if (i < 300 || i % 50 == 0) model.expect_equal();
  }
  while (!model.keys.empty()) {
    model.erase_at(model.keys.size() / 2);
    if (model.keys.size() < 300 || model.keys.size() % 50 == 0) model.expect_equal();
  }
}

TEST(Dict, GivesMemoryBack) {
  ReferenceDict model;
  for (int i = 0; i < 100'000; ++i) model.insert(std::to_string(i));
  const std::size_t full = model.dict.memory_bytes();
  EXPECT_LT(full, std::size_t{100'000} * 14);
  while (model.keys.size() > 100) model.erase_at(model.keys.size() - 1);
  EXPECT_LT(model.dict.memory_bytes(), 6000U);
  model.expect_equal();
}

TEST(Dict, ReplacesInPlace) {
  ReferenceDict model;
  for (int i = 0; i < 1000; ++i) model.insert(std::to_string(i));
  Item other{"500"};
  model.dict.replace(model.find("500"), &other, hash_bytes("500"));
  EXPECT_EQ(model.find("500"), &other);
  model.dict.replace(&other, model.items.at("500").get(), hash_bytes("500"));
  model.expect_equal();
  EXPECT_THROW(model.dict.replace(&other, &other, hash_bytes("500")), CheckFailure);
}

TEST(Dict, EraseSaysWhetherItWasThere) {
  ReferenceDict model;
  Item stranger{"1"};
  EXPECT_FALSE(model.dict.erase(&stranger, hash_bytes("1")));
  model.insert("1");
  EXPECT_FALSE(model.dict.erase(&stranger, hash_bytes("1")));
  model.expect_equal();
}

/// Scans the whole dict, changing it between the calls.
template <class Change>
std::multiset<std::string> scan_all(const ReferenceDict& model, std::size_t count,
                                    Change&& change) {
  std::multiset<std::string> seen;
  std::uint64_t cursor = 0;
  do {
    cursor = model.dict.scan(cursor, count, [&](const Item& item) { seen.insert(item.key); });
    EXPECT_LT(cursor, std::uint64_t{1} << 48);
    change();
  } while (cursor != 0);
  return seen;
}

TEST(Dict, ScanVisitsEverythingOnce) {
  for (const int size : {1, 2, 10, 100, 1000, 5000, 20'000}) {
    ReferenceDict model;
    for (int i = 0; i < size; ++i) model.insert(std::to_string(i));
    const auto seen = scan_all(model, 10, [] {});
    EXPECT_EQ(seen.size(), static_cast<std::size_t>(size));
    for (const std::string& key : model.keys) EXPECT_EQ(seen.count(key), 1U) << key;
  }
}

TEST(Dict, ScanVisitsWhatStaysWhileTheDictGrows) {
  const std::uint64_t seed = support::test_seed();
  SCOPED_TRACE(seed);
  Random random(seed);
  ReferenceDict model;
  for (int i = 0; i < 2000; ++i) model.insert("stays:" + std::to_string(i));
  int more = 0;
  const auto seen = scan_all(model, 7, [&] {
    for (std::uint64_t i = random.below(300); i > 0 && more < 50'000; --i)
      model.insert(std::to_string(more++));
  });
  for (int i = 0; i < 2000; ++i) EXPECT_EQ(seen.count("stays:" + std::to_string(i)), 1U) << i;
  EXPECT_EQ(more, 50'000);
  model.expect_equal();
}

TEST(Dict, ScanVisitsWhatStaysWhileTheDictShrinks) {
  const std::uint64_t seed = support::test_seed();
  SCOPED_TRACE(seed);
  Random random(seed);
  ReferenceDict model;
  for (int i = 0; i < 60'000; ++i) model.insert(std::to_string(i));
  for (int i = 0; i < 500; ++i) model.insert("stays:" + std::to_string(i));
  const auto seen = scan_all(model, 20, [&] {
    for (std::uint64_t i = random.below(120); i > 0 && model.keys.size() > 500; --i) {
      const std::size_t place = random.below(model.keys.size());
      if (model.keys[place].rfind("stays:", 0) != 0) model.erase_at(place);
    }
  });
  for (int i = 0; i < 500; ++i) EXPECT_EQ(seen.count("stays:" + std::to_string(i)), 1U) << i;
  model.expect_equal();
}

TEST(Dict, ScanInAMovingDictVisitsEachPositionOnce) {
  const std::uint64_t seed = support::test_seed();
  SCOPED_TRACE(seed);
  Random random(seed);
  ReferenceDict model;
  for (int i = 0; i < 3000; ++i) model.insert("stays:" + std::to_string(i));
  int more = 0;
  bool grow = true;
  const auto seen = scan_all(model, 1, [&] {
    for (int i = 0; i < 200; ++i) {
      if (model.keys.size() > 20'000) grow = false;
      if (model.keys.size() < 4000) grow = true;
      if (grow) {
        model.insert(std::to_string(more++));
      } else {
        const std::size_t place = random.below(model.keys.size());
        if (model.keys[place].rfind("stays:", 0) != 0) model.erase_at(place);
      }
    }
  });
  for (int i = 0; i < 3000; ++i) EXPECT_EQ(seen.count("stays:" + std::to_string(i)), 1U) << i;
}

TEST(Dict, StretchesAndStepsVisitEachElementOnce) {
  const std::uint64_t seed = support::test_seed();
  SCOPED_TRACE(seed);
  Random random(seed);
  ReferenceDict model;
  for (int round = 0; round < 24; ++round) {
    const bool grow = round % 12 < 7;
    for (std::uint64_t i = random.below(3000); i > 0; --i)
      if (grow)
        model.insert(std::to_string(random.below(1'000'000)));
      else if (!model.keys.empty())
        model.erase_at(random.below(model.keys.size()));
    std::set<const Item*> seen;
    const auto visit = [&](const Item& item) { ASSERT_TRUE(seen.insert(&item).second); };
    for (std::uint64_t at = 0; at < Dict<ItemTraits>::position_end;) {
      const auto stretch = model.dict.stretch_at(at, 1 + random.below(600));
      Dict<ItemTraits>::visit_stretch(stretch, visit);
      at = stretch.count > 0 ? stretch.next : model.dict.walk_step(at, visit);
      ASSERT_FALSE(::testing::Test::HasFatalFailure());
    }
    ASSERT_EQ(seen.size(), model.items.size());
  }
}

TEST(Dict, AStretchBeginsWithAWholeBucket) {
  ReferenceDict model;
  for (int i = 0; i < 1000; ++i) model.insert(std::to_string(i));
  const auto first = model.dict.stretch_at(0, 1);
  EXPECT_EQ(first.count, 1U);
  EXPECT_EQ(model.dict.stretch_at(first.next - 1, 1).count, 0U);
  EXPECT_EQ(model.dict.stretch_at(1, 1).count, 0U);
  EXPECT_EQ(model.dict.walk_step(1, [](const Item&) {}), first.next);
}

TEST(Dict, ScanTakesAnyCursor) {
  ReferenceDict model;
  for (int i = 0; i < 1000; ++i) model.insert(std::to_string(i));
  Random random(7);
  for (int i = 0; i < 1000; ++i) {
    const std::uint64_t cursor = random.next() >> random.below(64);
    std::size_t seen = 0;
    const std::uint64_t next = model.dict.scan(cursor, 5, [&](Item&) { ++seen; });
    EXPECT_TRUE(next == 0 || next > cursor);
    EXPECT_TRUE(next == 0 || seen >= 5);
  }
}

TEST(Dict, ScanLooksAtABoundedNumberOfBuckets) {
  ReferenceDict model;
  for (int i = 0; i < 50'000; ++i) model.insert(std::to_string(i));
  std::size_t seen = 0;
  EXPECT_NE(model.dict.scan(0, 10, [&](Item&) { ++seen; }), 0U);
  EXPECT_LT(seen, 60U);
}

/// Chi-square of random draws against fairness, as a multiple of its expectation.
double unfairness(const ReferenceDict& model, Random& random, std::size_t draws_each) {
  std::unordered_map<const Item*, std::size_t> drawn;
  const std::size_t draws = draws_each * model.items.size();
  for (std::size_t i = 0; i < draws; ++i) ++drawn[model.dict.random(random)];
  double sum = 0;
  for (const auto& [key, item] : model.items) {
    const double difference =
        static_cast<double>(drawn[item.get()]) - static_cast<double>(draws_each);
    sum += difference * difference / static_cast<double>(draws_each);
  }
  return sum / static_cast<double>(model.items.size() - 1);
}

TEST(Dict, RandomIsFairAlsoInTheMiddleOfASweep) {
  const std::uint64_t seed = support::test_seed();
  SCOPED_TRACE(seed);
  Random random(seed);
  ReferenceDict model;
  int growing = 0;
  for (int i = 0; i < 1200; ++i) {
    model.insert(std::to_string(i));
    if (i % 100 != 50) continue;
    if (model.dict.resizing()) ++growing;
    // Of n degrees of freedom the deviation is sqrt(2 / n), 0.2 for 50: 2 is five of them.
    EXPECT_LT(unfairness(model, random, 60), i < 100 ? 2.0 : 1.6) << i;
  }
  EXPECT_GT(growing, 0);
  int shrinking = 0;
  while (model.keys.size() > 30) {
    model.erase_at(random.below(model.keys.size()));
    if (model.keys.size() % 100 != 20) continue;
    if (model.dict.resizing()) ++shrinking;
    EXPECT_LT(unfairness(model, random, 60), 1.6) << model.keys.size();
  }
  EXPECT_GT(shrinking, 0);
}

TEST(Dict, DrainTakesEachElementOnce) {
  for (const int size : {0, 1, 9, 10, 1000, 7000}) {
    ReferenceDict model;
    for (int i = 0; i < size; ++i) model.insert(std::to_string(i));
    std::set<const Item*> drained;
    while (const Item* item = model.dict.drain()) EXPECT_TRUE(drained.insert(item).second);
    EXPECT_EQ(drained.size(), static_cast<std::size_t>(size));
    EXPECT_EQ(model.dict.size(), 0U);
  }
}

TEST(Dict, FreesItsMemoryWhenLeftHalfDrained) {
  const LiveMemory before = live_memory();
  {
    ReferenceDict model;
    for (int i = 0; i < 20'000; ++i) model.insert(std::to_string(i));
    for (int i = 0; i < 9000; ++i) ASSERT_NE(model.dict.drain(), nullptr);
  }
  EXPECT_EQ(live_memory().blocks, before.blocks);
}

TEST(Dict, StaysAsItWasWhenMemoryIsOut) {
  ReferenceDict model;
  std::vector<std::unique_ptr<Item>> waiting;
  for (int i = 0; i < 6000; ++i) waiting.push_back(std::make_unique<Item>(Item{std::to_string(i)}));
  std::size_t failures = 0;
  for (auto& item : waiting) {
    const std::uint64_t hash = hash_bytes(item->key);
    bool inserted = false;
    {
      FailingMemory memory(0);
      try {
        model.dict.insert(item.get(), hash);
        inserted = true;
      } catch (const std::bad_alloc&) {
        ++failures;
      }
    }
    if (!inserted) {
      EXPECT_EQ(model.dict.find(item->key, hash), nullptr);
      model.dict.insert(item.get(), hash);
    }
    model.keys.push_back(item->key);
    model.items.emplace(item->key, std::move(item));
    if (model.keys.size() % 500 == 0) model.expect_equal();
  }
  EXPECT_GT(failures, 0U);
  while (!model.keys.empty()) {
    const std::string key = model.keys.back();
    bool erased = false;
    {
      const FailingMemory memory(0);
      erased = model.dict.erase(model.items.at(key).get(), hash_bytes(key));
    }
    ASSERT_TRUE(erased);
    model.items.erase(key);
    model.keys.pop_back();
    if (model.keys.size() % 500 == 0) model.expect_equal();
  }
}

TEST(Bucket, MatchesAsThePortableCodeDoes) {
  const std::uint64_t seed = support::test_seed();
  SCOPED_TRACE(seed);
  Random random(seed);
  for (int round = 0; round < 1000; ++round) {
    Bucket bucket{};
    const std::uint64_t count = random.below(Bucket::slots + 1);
    for (std::uint64_t i = 0; i < count; ++i)
      bucket.add(reinterpret_cast<void*>(random.next() & 0xffff'ffff'ffff),
                 static_cast<std::uint8_t>(random.below(4)));
    if (bucket.full() && random.below(2) == 0) bucket.chain_to(&bucket);
    for (unsigned wanted = 0; wanted < 5; ++wanted) {
      const auto mark = static_cast<std::uint8_t>(wanted);
      EXPECT_EQ(bucket.match(mark), bucket.match_portable(mark));
    }
  }
}

TEST(Bucket, KeepsEverySlot) {
  Bucket bucket{};
  for (unsigned i = 0; i < Bucket::slots; ++i)
    bucket.add(reinterpret_cast<void*>(0x7fff'1234'5600ULL + i), static_cast<std::uint8_t>(i));
  for (unsigned i = 0; i < Bucket::slots; ++i) {
    EXPECT_EQ(bucket.element(i), reinterpret_cast<void*>(0x7fff'1234'5600ULL + i));
    EXPECT_EQ(bucket.fingerprint(i), i);
  }
  EXPECT_TRUE(bucket.full());
}

}  // namespace
}  // namespace respawn::keyspace
