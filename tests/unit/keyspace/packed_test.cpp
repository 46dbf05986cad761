#include "keyspace/types/packed.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/random.hpp"
#include "tests/support/test_seed.hpp"
#include "tests/unit/keyspace/failing_memory.hpp"

namespace respawn::keyspace {
namespace {

using ReferencePacked = std::vector<std::string>;

ReferencePacked contents(const Packed& packed) {
  ReferencePacked all;
  Scratch scratch;
  for (const char* at = packed.begin(); at != packed.end(); at = Packed::next(at))
    all.emplace_back(Packed::text(at, scratch));
  return all;
}

std::string random_element(Random& random) {
  switch (random.below(4)) {
    case 0:
      return std::to_string(static_cast<std::int64_t>(random.next()) >> random.below(64));
    case 1:
      return random.below(30) == 0 ? std::string(random.below(70'000), 'l') : "same";
    default:
      return std::string(random.below(140), static_cast<char>('a' + random.below(26)));
  }
}

TEST(Packed, BehavesAsAVector) {
  const std::uint64_t seed = support::test_seed();
  SCOPED_TRACE(seed);
  Random random(seed);
  Packed packed;
  ReferencePacked model;
  for (int step = 0; step < 10'000; ++step) {
    const std::string text = random_element(random);
    const std::string other = random_element(random);
    const std::size_t index = random.below(model.size() + 1);
    const auto place = model.begin() + static_cast<std::ptrdiff_t>(index);
    const bool growing = step / 300 % 2 == 0;
    const std::uint64_t choice = random.below(growing ? 5 : 9);
    if (choice == 0) {
      packed.append({ElementForm(text), ElementForm(other)});
      model.insert(model.end(), {text, other});
    } else if (choice < 3) {
      const char* at = packed.insert(packed.at(index), ElementForm(text));
      ASSERT_TRUE(Packed::equals(at, ElementForm(text)));
      model.insert(place, text);
    } else if (index < model.size() && choice < 5) {
      const char* at = packed.replace(packed.at(index), ElementForm(text));
      ASSERT_TRUE(Packed::equals(at, ElementForm(text)));
      *place = text;
    } else if (index < model.size()) {
      const std::size_t count = 1 + random.below(std::min<std::size_t>(model.size() - index, 4));
      const char* at = packed.erase(packed.at(index), count);
      model.erase(place, place + static_cast<std::ptrdiff_t>(count));
      ASSERT_EQ(at, packed.at(index));
    }
    ASSERT_EQ(contents(packed), model);
    ASSERT_EQ(packed.count(), model.size());
    ASSERT_TRUE(packed.check_invariants().ok());
    if (step % 50 == 0) {
      ASSERT_EQ(contents(packed.clone()), model);
    }
  }
}

TEST(Packed, FindsAtAStride) {
  Packed packed;
  for (const char* text : {"a", "1", "1", "b", "c", "1"}) packed.append(ElementForm(text));
  EXPECT_EQ(packed.find(ElementForm("1")), packed.at(1));
  EXPECT_EQ(packed.find(ElementForm("1"), 2), packed.at(2));
  EXPECT_EQ(packed.find(ElementForm("b"), 2), nullptr);
  EXPECT_EQ(packed.find(ElementForm("b"), 3), packed.at(3));
  EXPECT_EQ(packed.previous(packed.at(3)), packed.at(2));
  EXPECT_EQ(packed.previous(packed.end()), packed.at(5));
  EXPECT_EQ(Packed::integer(packed.at(1)), 1);
  EXPECT_EQ(Packed::integer(packed.at(0)), std::nullopt);
}

TEST(Packed, CountsBytesAsAListpackWould) {
  Packed packed;
  EXPECT_EQ(packed.listpack_bytes(), 7U);
  packed.append({ElementForm("abc"), ElementForm("5")});  // 1 + 3 + 1, 1 + 1
  EXPECT_EQ(packed.listpack_bytes(), 14U);
}

TEST(Packed, TakesOneByteMoreThanATextAndLessForIntegers) {
  Packed packed;
  packed.append({ElementForm("0123456789"), ElementForm("-123456789"), ElementForm("7")});
  EXPECT_EQ(packed.used(), 11U + 5U + 1U) << "the first one has a leading 0: no integer";
}

TEST(Packed, StaysAsItWasWhenMemoryIsOut) {
  const LiveMemory before = live_memory();
  std::size_t failures = 0;
  {
    Packed packed;
    for (int i = 0; i < 200; ++i) {
      const ReferencePacked old = contents(packed);
      const std::string text(static_cast<std::size_t>(i), 'x');
      failures += fail_at_every_allocation(
          [&] {
            packed.insert(packed.at(old.size() / 2), {ElementForm(text), ElementForm("1")});
          },
          [&] {
            ASSERT_EQ(contents(packed), old);
            ASSERT_TRUE(packed.check_invariants().ok());
          });
    }
    const FailingMemory memory(0);
    while (!packed.empty()) packed.erase(packed.begin());
  }
  EXPECT_GT(failures, 20U);
  EXPECT_EQ(live_memory().blocks, before.blocks);
}

}  // namespace
}  // namespace respawn::keyspace
