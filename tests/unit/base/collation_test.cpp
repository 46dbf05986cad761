#include "base/collation.hpp"

#include <gtest/gtest.h>

namespace respawn {
namespace {

TEST(CollationTest, ByBytesInTheBeginningAndWithoutALocale) {
  Collation collation;
  for (const char* const name : {"C", "nosuch_LOCALE", "C", "POSIX"}) {
    EXPECT_LT(collation.compare("B", "a"), 0) << name;
    EXPECT_LT(collation.compare("a", "a b"), 0) << name;
    EXPECT_LT(collation.compare("z", "\xe9"), 0) << name;
    EXPECT_EQ(collation.compare("", ""), 0) << name;
    EXPECT_GT(collation.compare("a", ""), 0) << name;
    collation.select(name);
  }
}

TEST(CollationTest, TheEnvironmentsIsOneOfThem) {
  Collation collation;
  collation.select("");
  EXPECT_LT(collation.compare("a", "b"), 0);
  EXPECT_GT(collation.compare("b", "a"), 0);
}

}  // namespace
}  // namespace respawn
