#include "net/coalescer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace respawn::net {
namespace {

class CoalescerTest : public testing::Test {
 protected:
  /// A turn in which the next `count` of `connections` receive something, one after another.
  unsigned turn(unsigned count, std::size_t connections) {
    marks_.resize(connections);
    for (unsigned i = 0; i < count; ++i) coalescer_.note_receive(marks_[next_++ % connections]);
    return coalescer_.plan();
  }

  Coalescer coalescer_;
  std::vector<Coalescer::Mark> marks_;
  std::size_t next_ = 0;
};

TEST_F(CoalescerTest, WaitsForNothingAtFirst) {
  EXPECT_EQ(coalescer_.plan(), 0U);
  EXPECT_EQ(turn(5, 50), 0U);
}

TEST_F(CoalescerTest, NeverWaitsForFewConnections) {
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(turn(3, 7), 0U);
}

TEST_F(CoalescerTest, ComesToWaitForHalfOfTheBusyConnections) {
  unsigned wanted = 2;
  for (int i = 0; i < 1000; ++i) wanted = turn(std::max(wanted, 2U), 50);
  EXPECT_EQ(wanted, 25U);
}

TEST_F(CoalescerTest, HasAnUpperLimit) {
  unsigned wanted = 2;
  for (int i = 0; i < 1000; ++i) wanted = turn(std::max(wanted, 2U), 5000);
  EXPECT_EQ(wanted, 32U);
}

TEST_F(CoalescerTest, WantsNoMoreThanCameWhenTheTimeWasUp) {
  unsigned wanted = 2;
  for (int i = 0; i < 1000; ++i) wanted = turn(std::max(wanted, 2U), 50);
  EXPECT_EQ(turn(9, 50), 9U);
  EXPECT_EQ(turn(9, 50), 11U);
}

TEST_F(CoalescerTest, StopsWhenRequestsComeAlone) {
  unsigned wanted = 2;
  for (int i = 0; i < 1000; ++i) wanted = turn(std::max(wanted, 2U), 50);
  EXPECT_EQ(turn(1, 50), 0U);
  EXPECT_EQ(turn(1, 50), 0U);
  EXPECT_EQ(turn(2, 50), 4U);
}

TEST_F(CoalescerTest, ForgetsConnectionsThatFellSilent) {
  unsigned wanted = 2;
  for (int i = 0; i < 1000; ++i) wanted = turn(std::max(wanted, 2U), 50);
  for (int i = 0; i < 300; ++i) wanted = turn(3, 3);
  EXPECT_EQ(wanted, 0U);
}

}  // namespace
}  // namespace respawn::net
