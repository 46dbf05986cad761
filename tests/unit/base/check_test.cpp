#include "base/check.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace respawn {
namespace {

TEST(CheckTest, PassesWhenTheConditionHolds) {
  EXPECT_NO_THROW(RESPAWN_CHECK(1 + 1 == 2));
}

TEST(CheckTest, NamesTheConditionAndThePlace) {
  std::string text;
  try {
    RESPAWN_CHECK(1 + 1 == 3);
  } catch (const CheckFailure& failure) {
    text = failure.what();
  }
  EXPECT_THAT(text, testing::HasSubstr("1 + 1 == 3"));
  EXPECT_THAT(text, testing::HasSubstr("check_test.cpp:"));
}

}  // namespace
}  // namespace respawn
