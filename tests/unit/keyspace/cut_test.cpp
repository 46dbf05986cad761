// Cuts of hashes, sets and sorted sets: random changes.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <compare>
#include <new>
#include <optional>
#include <type_traits>

#include "base/check.hpp"
#include "keyspace/types/hash_cut.hpp"
#include "keyspace/types/set_cut.hpp"
#include "keyspace/types/sorted_set_cut.hpp"
#include "tests/support/test_seed.hpp"
#include "tests/support/test_steps.hpp"
#include "tests/unit/keyspace/cut_model.hpp"
#include "tests/unit/keyspace/failing_memory.hpp"

namespace respawn::keyspace {
namespace {

/// How many different elements there are.
constexpr std::uint64_t cut_kinds = 3000;

/// Integers of any size, texts that need no length, others, a few long ones.
std::string cut_name(Random& random) {
  const std::uint64_t number = random.below(cut_kinds);
  const std::string digits = std::to_string(number);
  switch (number % 6) {
    case 0:
      return digits;
    case 1:
      return "-" + digits + std::string(number % 13, '7');
    case 2:
      return digits + std::string(16 * (1 + number % 3) - digits.size(), 'e');
    case 3:
      return std::string(number % 150, 'l') + digits;
    case 4:
      return number % 100 == 4 ? std::string(5000, 'x') + digits : "m" + digits;
    default:
      return digits + ":" + digits;
  }
}

template <class Value>
void enlarge(Value& value) {
  if constexpr (std::is_same_v<Value, Hash>)
    value.expect(100'000, 0, {});
  else
    value.expect(100'000, {});
}

template <class Type, class TypeCut, class Shape, class Key>
class CutSubject {
 public:
  using Value = Type;
  using Cut = TypeCut;
  using State = Shape;

  CutSubject() { renew(); }

  Value& value() { return *value_; }

  std::map<std::string, State>& model() { return model_; }

  std::unique_ptr<Value> release() { return std::move(value_); }

  void renew() {
    value_ = std::make_unique<Value>();
    enlarge(*value_);
    model_.clear();
  }

  std::optional<std::size_t> successes;

 protected:
  /// Whether the value did change: there may be no memory for it.
  template <class Operation>
  bool attempt(Operation&& operation) {
    std::optional<FailingMemory> memory;
    if (successes) memory.emplace(*successes);
    try {
      operation();
    } catch (const std::bad_alloc&) {
      return false;
    }
    return true;
  }

  void erase(const std::string& name) {
    bool erased = false;
    attempt([&] { erased = value_->erase(Key(name)); });
    ASSERT_EQ(erased, model_.erase(name) == 1);
  }

  /// Some element, or one that there may be.
  std::string any(Random& random) {
    const auto at = model_.lower_bound(cut_name(random));
    return at == model_.end() || random.below(4) == 0 ? cut_name(random) : at->first;
  }

  std::unique_ptr<Value> value_;
  std::map<std::string, State> model_;
};

struct FieldState {
  std::string value;
  std::int64_t expire_at_ms;

  bool operator==(const FieldState&) const = default;
};

class HashSubject : public CutSubject<Hash, HashCut, FieldState, MemberKey> {
 public:
  void change(Random& random, std::size_t phase) {
    const std::string name = any(random);
    const auto at = model_.find(name);
    switch (random.below(phase % 2 == 0 ? 8 : 12)) {
      case 0:
      case 1:
        if (at != model_.end())
          return set(name, std::string(at->second.value.size(), 'o'), at->second.expire_at_ms);
        [[fallthrough]];
      case 2:
      case 3:
      case 4:
        return set(name, std::string(random.below(50) == 0 ? 3000 : random.below(40), 'v'),
                   random.below(3) == 0 ? time(random) : never);
      case 5:
      case 6:
        if (at != model_.end()) expire(name, random.below(2) == 0 ? time(random) : never);
        return;
      case 7:
        if (random.below(100) == 0) erase_expired(random);
        return;
      default:
        erase(name);
    }
  }

  template <class Visitor>
  static bool read(HashCut& cut, std::size_t elements, Visitor&& visit) {
    return cut.step(elements, [&](const HashField& field) {
      visit(std::string(field.field), FieldState{std::string(field.value), field.expire_at_ms});
    });
  }

 private:
  static std::int64_t time(Random& random) { return static_cast<std::int64_t>(random.below(1000)); }

  void set(const std::string& name, const std::string& text, std::int64_t expire_at_ms) {
    bool fresh = false;
    if (!attempt([&] { fresh = value_->set(MemberKey(name), text, expire_at_ms, {}); })) return;
    ASSERT_EQ(fresh, !model_.contains(name));
    model_.insert_or_assign(name, FieldState{text, expire_at_ms});
  }

  void expire(const std::string& name, std::int64_t expire_at_ms) {
    if (!attempt([&] { value_->set_expiry(MemberKey(name), expire_at_ms); })) return;
    model_.at(name).expire_at_ms = expire_at_ms;
  }

  void erase_expired(Random& random) {
    value_->erase_expired(time(random), 200,
                          [&](std::string_view field) { model_.erase(std::string(field)); });
  }
};

class SetSubject : public CutSubject<Set, SetCut, bool, MemberKey> {
 public:
  void change(Random& random, std::size_t phase) {
    const std::string name = any(random);
    if (random.below(10) < (phase % 2 == 0 ? 6 : 3)) {
      bool fresh = false;
      if (!attempt([&] { fresh = value_->add(name, {}); })) return;
      ASSERT_EQ(fresh, !model_.contains(name));
      model_.emplace(name, true);
    } else {
      erase(name);
    }
  }

  template <class Visitor>
  static bool read(SetCut& cut, std::size_t elements, Visitor&& visit) {
    return cut.step(elements, [&](std::string_view member) { visit(std::string(member), true); });
  }
};

class SortedSetSubject : public CutSubject<SortedSet, SortedSetCut, double, std::string_view> {
 public:
  void change(Random& random, std::size_t phase) {
    const std::string name = any(random);
    switch (random.below(phase % 2 == 0 ? 6 : 10)) {
      case 0:
      case 1:
      case 2:
      case 3:
      case 4: {
        const double score = random_score(random);
        bool fresh = false;
        if (!attempt([&] { fresh = value_->set(name, score, {}); })) return;
        ASSERT_EQ(fresh, !model_.contains(name));
        model_.insert_or_assign(name, score);
        return;
      }
      case 5:
        if (random.below(20) == 0) erase_run(random);
        return;
      default:
        erase(name);
    }
  }

  template <class Visitor>
  static bool read(SortedSetCut& cut, std::size_t elements, Visitor&& visit) {
    std::optional<std::pair<double, std::string>> last;
    return cut.step(elements, [&](const ScoredText& element) {
      std::pair<double, std::string> now{element.score, element.member};
      ASSERT_TRUE(!last || *last < now);
      visit(now.second, element.score);
      last = std::move(now);
    });
  }

 private:
  static double random_score(Random& random) {
    if (random.below(50) == 0) return random.below(2) == 0 ? HUGE_VAL : -HUGE_VAL;
    if (random.below(2) == 0) return static_cast<double>(random.below(40));
    return random.unit() * 40;
  }

  void erase_run(Random& random) {
    if (model_.empty()) return;
    const std::size_t first = random.below(model_.size());
    const std::size_t count =
        std::min<std::size_t>(random.below(random.below(5) == 0 ? 300 : 5), model_.size() - first);
    std::vector<std::string> names;
    auto walk = value_->walk(first);
    for (; names.size() < count; walk.next()) names.emplace_back(walk.member());
    attempt([&] { value_->erase(RankRange{first, count}); });
    for (const std::string& name : names) model_.erase(name);
  }
};

template <class Subject>
class CutTest : public ::testing::Test {
 protected:
  void run(bool memory_fails) {
    const std::uint64_t seed = support::test_seed();
    SCOPED_TRACE(seed);
    Random random(seed);
    const LiveMemory before = live_memory();
    {
      CutModel<Subject> model(random, memory_fails);
      model.run(support::cut_steps(15'000));
      EXPECT_GT(model.finished(), 5U);
      EXPECT_EQ(model.failures() > 0, memory_fails);
    }
    EXPECT_EQ(live_memory().blocks, before.blocks);
  }
};

using CutSubjects = ::testing::Types<HashSubject, SetSubject, SortedSetSubject>;
TYPED_TEST_SUITE(CutTest, CutSubjects);

TYPED_TEST(CutTest, ReadsWhatWasThere) {
  this->run(false);
}

TYPED_TEST(CutTest, FailsOrReadsWhatWasThereWhenMemoryIsOut) {
  this->run(true);
}

std::unique_ptr<Set> numbers(int count) {
  auto set = std::make_unique<Set>(Encoding::hashtable);
  for (int i = 0; i < count; ++i) set->add(std::to_string(i), {});
  return set;
}

std::size_t read_all(SetCut& cut) {
  std::size_t members = 0;
  while (cut.step(100, [&](std::string_view) { ++members; })) {
  }
  return members;
}

TEST(SetCutTest, ItKeepsWhatGoesToGarbage) {
  Garbage garbage;
  auto set = numbers(1000);
  SetCut first(*set, garbage);
  set->erase("1");
  SetCut second(*set, garbage);
  garbage.take(std::move(set), 3);
  EXPECT_EQ(garbage.pending_objects(), 0U);
  EXPECT_EQ(read_all(second), 999U);
  EXPECT_EQ(garbage.pending_objects(), 0U);
  EXPECT_EQ(read_all(first), 1000U);
  EXPECT_TRUE(first.done());
  EXPECT_EQ(garbage.pending_objects(), 3U);
  EXPECT_EQ(garbage.pending(), 999U);
}

TEST(SetCutTest, ItReadsWhatBecameEmpty) {
  Garbage garbage;
  auto set = numbers(1000);
  SetCut cut(*set, garbage);
  for (int i = 0; i < 1000; ++i) set->erase(std::to_string(i));
  EXPECT_GT(cut.held_bytes(), 0U);
  garbage.take(std::move(set));
  EXPECT_EQ(read_all(cut), 1000U);
  EXPECT_EQ(garbage.pending(), 0U);
}

TEST(SetCutTest, ItsRecordsAreFreedInSlices) {
  Garbage garbage;
  const auto set = numbers(1000);
  {
    const SetCut cut(*set, garbage);
    for (int i = 0; i < 500; ++i) set->erase(std::to_string(i));
  }
  EXPECT_EQ(garbage.pending(), 500U);
  EXPECT_EQ(garbage.pending_objects(), 0U);
}

TEST(SetCutTest, ItFailsWhenItsSetIsDestroyed) {
  Garbage garbage;
  auto set = numbers(1000);
  SetCut cut(*set, garbage);
  set.reset();
  EXPECT_TRUE(cut.failed());
  EXPECT_FALSE(cut.done());
  EXPECT_EQ(read_all(cut), 0U);
}

TEST(SetCutTest, ItFailsWhenAVisitorThrows) {
  Garbage garbage;
  const auto set = numbers(1000);
  SetCut cut(*set, garbage);
  EXPECT_THROW(cut.step(10, [](std::string_view) { throw std::bad_alloc(); }), std::bad_alloc);
  EXPECT_TRUE(cut.failed());
}

TEST(SetCutTest, ItIsOfHashtablesOnly) {
  Garbage garbage;
  const Set set;
  EXPECT_THROW(SetCut(set, garbage), CheckFailure);
  EXPECT_THROW(HashCut(Hash(), garbage), CheckFailure);
  EXPECT_THROW(SortedSetCut(SortedSet(), garbage), CheckFailure);
}

TEST(HashCutTest, ItKnowsTheEarliestExpiryOfItsMoment) {
  Garbage garbage;
  Hash hash;
  hash.expect(1000, 0, {});
  hash.set(MemberKey("a"), "1", 50, {});
  const HashCut cut(hash, garbage);
  hash.set(MemberKey("b"), "1", 20, {});
  EXPECT_EQ(cut.earliest_expiry_ms(), 50);
}

TEST(SortedSetCutTest, ItGoesInOrderWhateverMoves) {
  Garbage garbage;
  SortedSet set;
  set.expect(1000, {});
  for (int i = 0; i < 1000; ++i) set.set(std::to_string(i), i, {});
  SortedSetCut cut(set, garbage);
  double next = 0;
  const auto expect_next = [&](const ScoredText& element) {
    ASSERT_EQ(element.score, next);
    ASSERT_EQ(element.member, std::to_string(static_cast<int>(next)));
    ++next;
  };
  ASSERT_TRUE(cut.step(500, expect_next));
  for (int i = 0; i < 1000; i += 3) set.set(std::to_string(i), 999 - i, {});
  for (int i = 1; i < 1000; i += 7) set.erase(std::to_string(i));
  while (cut.step(10, expect_next)) {
  }
  EXPECT_EQ(next, 1000);
}

}  // namespace
}  // namespace respawn::keyspace
