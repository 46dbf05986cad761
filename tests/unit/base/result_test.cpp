#include "base/result.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace respawn {
namespace {

TEST(ResultTest, HoldsAValue) {
  Result<int> result = 7;
  EXPECT_TRUE(result.ok());
  EXPECT_EQ(*result, 7);
  EXPECT_THROW(static_cast<void>(result.error()), CheckFailure);
}

TEST(ResultTest, HoldsAnError) {
  Result<std::string> result = failure("ERR syntax error");
  EXPECT_FALSE(result);
  EXPECT_EQ(result.error(), "ERR syntax error");
  EXPECT_THROW(result.value(), CheckFailure);
}

TEST(ResultTest, GivesAMovableValueAway) {
  Result<std::unique_ptr<int>> result = std::make_unique<int>(3);
  const std::unique_ptr<int> taken = std::move(result).value();
  EXPECT_EQ(*taken, 3);
}

TEST(ResultTest, SucceedsWithoutAValue) {
  EXPECT_TRUE(success().ok());
  EXPECT_FALSE(Status(failure("no")).ok());
}

}  // namespace
}  // namespace respawn
