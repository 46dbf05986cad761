// Lists that share their blocks: each has its own elements, whatever becomes of the others.
#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/random.hpp"
#include "keyspace/garbage.hpp"
#include "keyspace/types/list.hpp"
#include "tests/support/test_seed.hpp"
#include "tests/support/test_steps.hpp"
#include "tests/unit/keyspace/failing_memory.hpp"

namespace respawn::keyspace {
namespace {

using SharedModel = std::deque<std::string>;

/// A list, and what is in it.
struct Twin {
  std::unique_ptr<List> list = std::make_unique<List>();
  SharedModel model;
};

void expect_twin(const Twin& twin) {
  const Status status = twin.list->check_invariants();
  ASSERT_TRUE(status.ok()) << status.error();
  ASSERT_EQ(twin.list->size(), twin.model.size());
  std::size_t index = 0;
  std::size_t node = 0;
  std::size_t left = 0;
  for (auto walk = twin.list->walk(); walk.valid(); walk.next()) {
    if (left == 0) {
      left = walk.node_size();
      ASSERT_EQ(left, twin.list->node_size(node++));
    }
    --left;
    ASSERT_EQ(walk.value(), twin.model[index]) << index;
    ++index;
  }
  ASSERT_EQ(index, twin.model.size());
  ASSERT_EQ(node, twin.list->node_count());
  ASSERT_LE(twin.list->unshared_bytes(), twin.list->memory_bytes());
}

std::string shared_value(Random& random) {
  switch (random.below(8)) {
    case 0:
      return std::to_string(static_cast<std::int64_t>(random.next()) >> random.below(64));
    case 1:
      return "same";
    case 2:
      return random.below(40) == 0 ? std::string(random.below(20'000), 'l') : std::string(127, 'e');
    case 3:
      return std::string(random.below(1500), 'm');
    default:
      return std::string(random.below(60), static_cast<char>('a' + random.below(26)));
  }
}

std::size_t remove_from(SharedModel& model, std::int64_t count, const std::string& value) {
  const auto most = count == 0 ? model.size() : static_cast<std::size_t>(std::abs(count));
  SharedModel kept;
  std::size_t removed = 0;
  const auto pass = [&](const std::string& each) {
    if (each != value || removed == most) return true;
    ++removed;
    return false;
  };
  if (count >= 0) {
    for (const std::string& each : model)
      if (pass(each)) kept.push_back(each);
  } else {
    for (auto at = model.rbegin(); at != model.rend(); ++at)
      if (pass(*at)) kept.push_front(*at);
  }
  model.swap(kept);
  return removed;
}

/// Changes lists and models in the same way, at random.
class Changes {
 public:
  Changes(Random& random, Garbage& garbage) : random_(random), garbage_(garbage) {}

  /// Mostly of the same limits; others now and then.
  void run(Twin& twin, const ListLimits& usual, bool growing) {
    const ListLimits limits = random_.below(50) == 0 ? ListLimits{-1 - below(5)} : usual;
    growing || random_.below(3) == 0 ? add(twin, limits) : remove(twin, limits);
  }

  void add(Twin& twin, const ListLimits& limits) {
    List& list = *twin.list;
    SharedModel& model = twin.model;
    const std::string value = shared_value(random_);
    const std::size_t index = model.empty() ? 0 : random_.below(model.size());
    const auto place = model.begin() + static_cast<std::ptrdiff_t>(index);
    switch (random_.below(6)) {
      case 0: {
        const std::vector<std::string_view> several(1 + random_.below(20), value);
        list.push_all(End::front, several, limits);
        model.insert(model.begin(), several.begin(), several.end());
        return;
      }
      case 1:
        list.push(End::front, value, limits);
        return model.push_front(value);
      case 2:
        if (model.empty()) return;
        list.set(index, value, limits);
        *place = value;
        return;
      case 3:
        list.insert(index, value, limits);
        return void(model.insert(place, value));
      default:
        list.push(End::back, value, limits);
        return model.push_back(value);
    }
  }

  void remove(Twin& twin, const ListLimits& limits) {
    List& list = *twin.list;
    SharedModel& model = twin.model;
    const std::size_t size = model.size();
    const std::size_t count = random_.below(std::min<std::size_t>(size, few()) + 1);
    const std::size_t index = random_.below(size - count + 1);
    const auto at = [&](std::size_t i) { return model.begin() + static_cast<std::ptrdiff_t>(i); };
    switch (random_.below(5)) {
      case 0:
        list.drop(End::front, count, limits);
        return void(model.erase(at(0), at(count)));
      case 1:
        list.drop(End::back, count, limits);
        return void(model.erase(at(size - count), model.end()));
      case 2: {
        const std::int64_t most = below(7) - 3;
        const std::string value = random_.below(2) == 0 ? "same" : std::string(127, 'e');
        ASSERT_EQ(list.remove(most, value, limits), remove_from(model, most, value));
        return;
      }
      case 3: {
        const std::size_t front = random_.below(count + 1);
        list.trim(front, size - count, limits, garbage_);
        model.erase(at(front + size - count), model.end());
        return void(model.erase(at(0), at(front)));
      }
      default:
        list.erase(index, count, limits);
        model.erase(at(index), at(index + count));
    }
  }

 private:
  /// Elements, rarely very many.
  std::size_t few() { return random_.below(30) == 0 ? 4000 : 30; }

  int below(std::uint64_t limit) { return static_cast<int>(random_.below(limit)); }

  Random& random_;
  Garbage& garbage_;
};

class ListSharing : public ::testing::TestWithParam<int> {
 protected:
  static constexpr std::size_t shares_max = 4;

  /// A share of any of them takes a free place, or one of them goes.
  void share_or_drop() {
    const std::size_t from = random.below(twins.size());
    if (twins.size() <= shares_max && random.below(3) != 0) {
      ASSERT_NO_FATAL_FAILURE(expect_twin(twins[from]));
      Twin twin{twins[from].list->share(), twins[from].model};
      ASSERT_EQ(twin.list->encoding(), twins[from].list->encoding());
      twins.push_back(std::move(twin));
    } else if (twins.size() > 1) {
      ASSERT_NO_FATAL_FAILURE(expect_twin(twins[from]));
      if (random.below(2) == 0) garbage.take(std::move(twins[from].list));
      twins.erase(twins.begin() + static_cast<std::ptrdiff_t>(from));
    }
  }

  std::uint64_t seed = support::test_seed();
  Random random{seed};
  Garbage garbage;
  std::vector<Twin> twins = std::vector<Twin>(1);
};

TEST_P(ListSharing, EachHasItsOwnElements) {
  SCOPED_TRACE(seed);
  const ListLimits limits{GetParam()};
  Changes changes(random, garbage);
  const std::uint64_t steps = support::cut_steps(4000);
  for (std::uint64_t step = 0; step < steps; ++step) {
    // The first one changes most; what a cut has does not change as a rule.
    const std::size_t which = random.below(4) == 0 ? random.below(twins.size()) : 0;
    ASSERT_NO_FATAL_FAILURE(changes.run(twins[which], limits, step / 800 % 2 == 0)) << step;
    if (random.below(40) == 0) {
      ASSERT_NO_FATAL_FAILURE(share_or_drop()) << step;
    }
    if (random.below(10) == 0) garbage.free_slice(100);
    if (step % 200 == 0)
      for (const Twin& twin : twins) {
        ASSERT_NO_FATAL_FAILURE(expect_twin(twin)) << step;
      }
  }
  while (!twins.empty()) {
    for (const Twin& twin : twins) ASSERT_NO_FATAL_FAILURE(expect_twin(twin));
    twins.erase(twins.begin() + static_cast<std::ptrdiff_t>(random.below(twins.size())));
  }
}

INSTANTIATE_TEST_SUITE_P(Limits, ListSharing, ::testing::Values(-2, -1, 1, 4, 128));

/// `count` elements of 10 bytes.
std::unique_ptr<List> long_list(int count, const ListLimits& limits = {}) {
  auto list = std::make_unique<List>();
  for (int i = 0; i < count; ++i)
    list->push(End::back, "item:" + std::to_string(10'000 + i), limits);
  return list;
}

TEST(ListShares, CostLittleUntilTheyChange) {
  const LiveMemory before = live_memory();
  {
    const auto list = long_list(300'000);
    const std::size_t whole = list->memory_bytes();
    EXPECT_GT(list->unshared_bytes() + 1000, whole);
    const LiveMemory without = live_memory();
    auto cut = list->share();
    EXPECT_LT(live_memory().bytes - without.bytes, 400U);
    EXPECT_EQ(cut->memory_bytes() / 1000, whole / 1000);
    EXPECT_EQ(list->unshared_bytes(), 0U);
    EXPECT_EQ(cut->unshared_bytes(), 0U);
    list->set(150'000, "other text", {});
    EXPECT_LT(live_memory().bytes - without.bytes, 16'000U);
    EXPECT_LT(cut->unshared_bytes(), 16'000U);
    EXPECT_GT(cut->unshared_bytes(), 8000U);
    Scratch scratch;
    EXPECT_EQ(cut->at(150'000, scratch), "item:160000");
    list->erase(0, 300'000, {});
    EXPECT_EQ(cut->unshared_bytes() / 1000, (cut->memory_bytes() - 200) / 1000);
    cut.reset();
  }
  EXPECT_EQ(live_memory().blocks, before.blocks);
}

TEST(ListShares, ChangeWithinASmallBudget) {
  const auto list = long_list(300'000);
  std::vector<std::unique_ptr<List>> cuts;
  const auto costs = [&](auto&& change) {
    cuts.push_back(list->share());
    const std::size_t before = live_memory().bytes;
    change();
    return live_memory().bytes - before;
  };
  EXPECT_LT(costs([&] { list->drop(End::front, 1, {}); }), 13'000U);
  EXPECT_LT(costs([&] { list->drop(End::back, 1, {}); }), 13'000U);
  EXPECT_LT(costs([&] { list->push(End::front, "x", {}); }), 16'000U);
  EXPECT_LT(costs([&] { list->set(200'000, "item:10000", {}); }), 16'000U);
  EXPECT_TRUE(list->check_invariants().ok());
}

TEST(ListShares, AreFreedAChunkAtATime) {
  auto list = long_list(300'000);
  const auto cut = list->share();
  EXPECT_GT(list->free_slice(1), 50'000U) << "what is shared is let go of by whole chunks";
  while (list->free_slice(1000) > 0) {
  }
  EXPECT_EQ(list->size(), 0U);
  EXPECT_EQ(cut->size(), 300'000U);
  EXPECT_LT(cut->free_slice(1), 1000U);
}

TEST(ListShares, ATrimLeavesBlocksToTheGarbage) {
  const LiveMemory before = live_memory();
  {
    Garbage garbage;
    const auto list = long_list(300'000);
    list->trim(100'000, 50'000, {}, garbage);
    EXPECT_TRUE(list->check_invariants().ok());
    EXPECT_GT(garbage.pending(), 245'000U);
    Scratch scratch;
    EXPECT_EQ(list->at(0, scratch), "item:110000");
    EXPECT_EQ(list->peek(End::back, scratch), "item:159999");
    list->trim(0, 0, {}, garbage);
    EXPECT_EQ(garbage.pending_objects(), 0U) << "these are no objects of the keyspace";
    EXPECT_EQ(list->encoding(), Encoding::listpack);
    EXPECT_TRUE(list->empty());
    const FailingMemory memory(0);
    const auto freed = garbage.free_slice(1000);
    EXPECT_GE(freed, 1000U);
  }
  EXPECT_EQ(live_memory().blocks, before.blocks);
}

/// What one change needs, drawn before memory fails.
struct PlannedChange {
  PlannedChange(Random& random, std::size_t size)
      : kind(random.below(7)),
        count(random.below(size / 2 + 1)),
        index(random.below(size - count)),
        value(random.below(2) == 0 ? "same" : shared_value(random)) {}

  void apply(List& list, Garbage& garbage) const {
    switch (kind) {
      case 0:
        return list.push(End::front, value, {});
      case 1:
        return list.insert(index, value, {});
      case 2:
        return list.set(index, value, {});
      case 3:
        return list.erase(index, count, {});
      case 4:
        return list.trim(index, count, {}, garbage);
      case 5:
        return list.drop(End::back, count % 3, {});
      default:
        list.remove(static_cast<std::int64_t>(count % 5), "same", {});
    }
  }

  void apply(SharedModel& model) const {
    const auto at = [&](std::size_t i) { return model.begin() + static_cast<std::ptrdiff_t>(i); };
    switch (kind) {
      case 0:
        return model.push_front(value);
      case 1:
        return void(model.insert(at(index), value));
      case 2:
        return void(*at(index) = value);
      case 3:
        return void(model.erase(at(index), at(index + count)));
      case 4:
        model = SharedModel(at(index), at(index + count));
        return;
      case 5:
        return void(model.erase(at(model.size() - count % 3), model.end()));
      default:
        remove_from(model, static_cast<std::int64_t>(count % 5), "same");
    }
  }

  std::uint64_t kind;
  std::size_t count;
  std::size_t index;
  std::string value;
};

TEST(ListShares, StayAsTheyWereWhenMemoryIsOut) {
  const std::uint64_t seed = support::test_seed();
  SCOPED_TRACE(seed);
  ASSERT_NO_FATAL_FAILURE(expect_twin({}));  // it allocates when it is used for the first time
  const LiveMemory before = live_memory();
  std::size_t failures = 0;
  {
    Random random(seed);
    Garbage garbage;
    Changes changes(random, garbage);
    Twin twin;
    for (int step = 0; step < 400; ++step) {
      for (int i = 0; i < 10; ++i) changes.add(twin, ListLimits{-1});
      std::unique_ptr<List> cut;
      const SharedModel old = twin.model;
      const Encoding encoding = twin.list->encoding();
      failures += fail_at_every_allocation([&] { cut = twin.list->share(); }, [] {});
      const PlannedChange change(random, old.size());
      failures += fail_at_every_allocation([&] { change.apply(*twin.list, garbage); },
                                           [&] {
                                             ASSERT_NO_FATAL_FAILURE(expect_twin(twin));
                                             ASSERT_EQ(twin.list->encoding(), encoding);
                                           });
      change.apply(twin.model);
      ASSERT_NO_FATAL_FAILURE(expect_twin(twin));
      ASSERT_NO_FATAL_FAILURE(expect_twin({std::move(cut), old}));
    }
  }
  EXPECT_GT(failures, 100U);
  EXPECT_EQ(live_memory().blocks, before.blocks);
}

TEST(ListShares, OwnsAnEndBeforeItIsDropped) {
  for (const int count : {3, 5000}) {
    const auto list = long_list(count);
    const auto cut = list->share();
    list->own(End::back);
    list->push(End::front, "x", {});
    const FailingMemory memory(0);
    list->drop(End::back, 1, {});
    EXPECT_EQ(list->size(), static_cast<std::size_t>(count));
  }
}

TEST(ListShares, ABlockIsCopiedWhenItIsSharedTooOften) {
  Block* block = Block::create(100);
  std::size_t references = 1;
  while (block->retain()) ++references;
  EXPECT_EQ(references, (std::size_t{1} << 24) - 1);
  EXPECT_TRUE(block->shared());
  for (; references > 1; --references) Block::release(block);
  EXPECT_FALSE(block->shared());
  Block::release(block);
}

}  // namespace
}  // namespace respawn::keyspace
