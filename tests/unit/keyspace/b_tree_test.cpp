#include "keyspace/types/b_tree.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "tests/support/test_seed.hpp"
#include "tests/unit/keyspace/failing_memory.hpp"

namespace respawn::keyspace {
namespace {

struct InOrder {
  bool operator()(const ScoredMember* a, const ScoredMember* b) const {
    return ordered_before(a->score, a->text(), b->score, b->text());
  }
};

/// A tree, and what should be in it. Owns the members.
struct World {
  World() = default;
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  ~World() {
    for (ScoredMember* member : model) ScoredMember::destroy(member);
  }

  /// All or nothing.
  void add(double score, const std::string& text) {
    ScoredMember* member = ScoredMember::create(text, score);
    bool fresh = false;
    try {
      fresh = model.insert(member).second;
      if (fresh) tree.insert(score, member);
    } catch (...) {
      if (fresh) model.erase(member);
      ScoredMember::destroy(member);
      throw;
    }
    if (!fresh) ScoredMember::destroy(member);
  }

  [[nodiscard]] ScoredMember* pick(std::size_t rank) const {
    return *std::next(model.begin(), static_cast<std::ptrdiff_t>(rank));
  }

  void remove(ScoredMember* member) {
    tree.erase(member->score, member);
    model.erase(member);
    ScoredMember::destroy(member);
  }

  void remove_run(std::size_t first, std::size_t count) {
    std::vector<ScoredMember*> gone;
    tree.erase_run(first, count, [&](ScoredMember* member) { gone.push_back(member); });
    const auto from = std::next(model.begin(), static_cast<std::ptrdiff_t>(first));
    const auto to = std::next(from, static_cast<std::ptrdiff_t>(count));
    ASSERT_EQ(gone, std::vector<ScoredMember*>(from, to));
    model.erase(from, to);
    for (ScoredMember* member : gone) ScoredMember::destroy(member);
  }

  void expect_sound() const {
    const Status status = tree.check_invariants();
    ASSERT_TRUE(status.ok()) << status.error();
    ASSERT_EQ(tree.size(), model.size());
    if (model.empty()) return;
    BTree::Place place = tree.at(0);
    for (ScoredMember* member : model) {
      ASSERT_EQ(&BTree::member_at(place), member);
      ASSERT_EQ(BTree::score_at(place), member->score);
      place = BTree::next(place);
    }
    ASSERT_EQ(place.leaf, nullptr);
    place = tree.at(model.size() - 1);
    for (auto it = model.rbegin(); it != model.rend(); ++it, place = BTree::previous(place))
      ASSERT_EQ(&BTree::member_at(place), *it);
    ASSERT_EQ(place.leaf, nullptr);
  }

  BTree tree;
  std::set<ScoredMember*, InOrder> model;
};

std::string text_of(Random& random) {
  std::string text = std::to_string(random.below(100'000));
  if (random.below(20) == 0) text.resize(random.below(300), 'x');
  return text;
}

void change_at_random(World& world, Random& random, bool growing) {
  const std::size_t size = world.model.size();
  const double score = static_cast<double>(random.below(60)) - 30;
  switch (size == 0 || growing ? 0 : random.below(4)) {
    case 0:
    case 1:
      for (int i = 0; i < 5; ++i) world.add(score + random.unit(), text_of(random));
      world.add(score, text_of(random));
      break;
    case 2:
      for (int i = 0; i < 4 && !world.model.empty(); ++i)
        world.remove(world.pick(random.below(world.model.size())));
      break;
    default: {
      const std::size_t first = random.below(size);
      const std::size_t most = random.below(10) == 0 ? 400 : 30;
      world.remove_run(first, random.below(std::min(size - first, most) + 1));
    }
  }
}

TEST(BTree, BehavesAsAnOrderedSet) {
  const std::uint64_t seed = support::test_seed();
  SCOPED_TRACE(seed);
  Random random(seed);
  World world;
  for (int step = 0; step < 4000; ++step) {
    change_at_random(world, random, step < 800 || (step / 500 % 3 == 0));
    if (step % 50 == 0) {
      ASSERT_NO_FATAL_FAILURE(world.expect_sound()) << step;
    }
    if (world.model.empty()) continue;
    const std::size_t rank = random.below(world.model.size());
    ScoredMember* member = world.pick(rank);
    ASSERT_EQ(&BTree::member_at(world.tree.at(rank)), member);
    ASSERT_EQ(world.tree.rank(member->score, *member), rank);
    const double bound = member->score;
    const auto below = [&](double score, const auto&) { return score < bound; };
    const auto expected = std::count_if(world.model.begin(), world.model.end(),
                                        [&](const ScoredMember* m) { return m->score < bound; });
    ASSERT_EQ(world.tree.count_while(below), static_cast<std::size_t>(expected));
  }
  world.remove_run(0, world.model.size());
  world.expect_sound();
  EXPECT_EQ(world.tree.memory_bytes(), 0U);
}

TEST(BTree, RescoresInPlaceOnlyBetweenItsNeighbours) {
  World world;
  for (int i = 0; i < 1000; ++i) world.add(i * 10, "m" + std::to_string(i));
  for (const std::size_t rank : {0U, 1U, 61U, 62U, 63U, 500U, 999U}) {
    ScoredMember* member = world.pick(rank);
    const double old_score = member->score;
    ASSERT_TRUE(world.tree.rescore(old_score, old_score + 5, member)) << rank;
    member->score = old_score + 5;
    ASSERT_NO_FATAL_FAILURE(world.expect_sound()) << rank;
    if (rank < 999) {
      EXPECT_FALSE(world.tree.rescore(member->score, old_score + 15, member));
    }
    if (rank > 0) {
      EXPECT_FALSE(world.tree.rescore(member->score, old_score - 15, member));
    }
  }
}

TEST(BTree, OrderedInsertionFillsLeaves) {
  for (const int direction : {1, -1}) {
    World world;
    for (int i = 0; i < 20'000; ++i) world.add(i * direction, std::to_string(i));
    world.expect_sound();
    EXPECT_LT(world.tree.memory_bytes(), 20'000U * 18) << direction;
  }
}

TEST(BTree, RandomInsertionSharesBeforeItSplits) {
  Random random(7);
  World world;
  for (int i = 0; i < 50'000; ++i) world.add(random.unit(), std::to_string(i));
  EXPECT_LT(world.tree.memory_bytes(), 50'000U * 23);
}

TEST(BTree, InsertThatFailsLeavesItAsItWas) {
  World world;
  Random random(3);
  for (int i = 0; i < 3000; ++i) {
    const std::string text = std::to_string(random.below(1'000'000));
    const double score = static_cast<double>(random.below(5));
    if (world.model.size() > 1500) break;
    fail_at_every_allocation([&] { world.add(score, text); },
                             [&] { ASSERT_EQ(world.tree.size(), world.model.size()); });
    if (i % 100 == 0) {
      ASSERT_NO_FATAL_FAILURE(world.expect_sound());
    }
  }
  world.expect_sound();
}

}  // namespace
}  // namespace respawn::keyspace
