#include "base/fiber.hpp"

#include <gtest/gtest.h>

#include <exception>
#include <stdexcept>
#include <string>

namespace respawn {

namespace {

/// What the work of these tests writes into.
struct FiberDiary {
  Fiber fiber;
  std::string text;
};

TEST(Fiber, RunsWorkToItsEnd) {
  FiberDiary diary;
  const auto work = [](void* argument) { static_cast<FiberDiary*>(argument)->text += "done"; };
  EXPECT_TRUE(diary.fiber.start(work, &diary));
  EXPECT_EQ(diary.text, "done");
  EXPECT_FALSE(diary.fiber.active());
  EXPECT_TRUE(diary.fiber.start(work, &diary));
  EXPECT_EQ(diary.text, "donedone");
}

TEST(Fiber, GoesOnWhereItLeft) {
  FiberDiary diary;
  const auto work = [](void* argument) {
    auto& mine = *static_cast<FiberDiary*>(argument);
    for (int i = 0; i < 3; ++i) {
      mine.text += static_cast<char>('0' + i);
      mine.fiber.leave();
    }
  };
  EXPECT_FALSE(diary.fiber.start(work, &diary));
  EXPECT_EQ(diary.text, "0");
  EXPECT_TRUE(diary.fiber.active());
  EXPECT_FALSE(diary.fiber.inside());
  EXPECT_FALSE(diary.fiber.enter());
  EXPECT_FALSE(diary.fiber.enter());
  EXPECT_EQ(diary.text, "012");
  EXPECT_TRUE(diary.fiber.enter());
}

TEST(Fiber, ExceptionsPassOnItsStack) {
  FiberDiary diary;
  const auto work = [](void* argument) {
    auto& mine = *static_cast<FiberDiary*>(argument);
    try {
      mine.fiber.leave();
      throw std::runtime_error("thrown behind a switch");
    } catch (const std::exception& error) {
      mine.text = error.what();
    }
  };
  EXPECT_FALSE(diary.fiber.start(work, &diary));
  EXPECT_TRUE(diary.fiber.enter());
  EXPECT_EQ(diary.text, "thrown behind a switch");
}

TEST(Fiber, WorkThatHasNotEndedIsDropped) {
  FiberDiary diary;
  const auto leaves = [](void* argument) { static_cast<FiberDiary*>(argument)->fiber.leave(); };
  EXPECT_FALSE(diary.fiber.start(leaves, &diary));
  diary.fiber.drop();
  EXPECT_FALSE(diary.fiber.active());
  const auto writes = [](void* argument) { static_cast<FiberDiary*>(argument)->text = "new"; };
  EXPECT_TRUE(diary.fiber.start(writes, &diary));
  EXPECT_EQ(diary.text, "new");
}

TEST(Fiber, IsDestroyedWithWorkOnIt) {
  FiberDiary diary;
  EXPECT_FALSE(diary.fiber.start(
      [](void* argument) { static_cast<FiberDiary*>(argument)->fiber.leave(); }, &diary));
}

}  // namespace

}  // namespace respawn
