// The ring itself, on a pair of sockets: what waiting for several completions returns with.
#include "net/uring_ring.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <set>

#include "net/socket.hpp"

namespace respawn::net {
namespace {

constexpr std::int64_t patience_us = 1'000;
constexpr std::int64_t far_off_us = 60'000'000;

class UringRingTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!UringRing::probe().ok()) GTEST_SKIP() << "no io_uring";
    ASSERT_EQ(ring_.open(), 0);
    if (!ring_.can_linger()) GTEST_SKIP() << "this kernel cannot linger";
    ASSERT_EQ(ring_.enable(), 0);
    std::array<int, 2> pair{};
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair.data()), 0);
    near_ = FileDescriptor(pair[0]);
    far_ = FileDescriptor(pair[1]);
  }

  void prepare_send(std::uint64_t tag) {
    io_uring_sqe* sqe = ring_.entry();
    io_uring_prep_send(sqe, far_.get(), "x", 1, MSG_NOSIGNAL);
    io_uring_sqe_set_data64(sqe, tag);
  }

  void prepare_receive(std::uint64_t tag) {
    io_uring_sqe* sqe = ring_.entry();
    io_uring_prep_recv(sqe, near_.get(), &received_, 1, 0);
    io_uring_sqe_set_data64(sqe, tag);
  }

  std::multiset<std::uint64_t> completed() {
    std::multiset<std::uint64_t> tags;
    ring_.for_each_completion([&](const io_uring_cqe& completion) {
      EXPECT_EQ(completion.res, 1);
      tags.insert(completion.user_data);
    });
    return tags;
  }

  UringRing ring_;
  FileDescriptor near_;
  FileDescriptor far_;
  char received_ = 0;
};

TEST_F(UringRingTest, LingeringReturnsWithAllThatWasWanted) {
  prepare_receive(1);
  prepare_send(2);
  ring_.submit_and_linger(2, far_off_us, far_off_us);
  EXPECT_EQ(completed(), (std::multiset<std::uint64_t>{1, 2}));
}

TEST_F(UringRingTest, LingeringEndsWithItsPatienceWhenThereIsSomething) {
  prepare_send(1);
  ring_.submit_and_linger(10, patience_us, far_off_us);
  EXPECT_EQ(completed(), (std::multiset<std::uint64_t>{1}));
}

TEST_F(UringRingTest, LingeringEndsWithTheTimeoutWhenThereIsNothing) {
  prepare_receive(1);
  ring_.submit_and_linger(10, patience_us, 2 * patience_us);
  EXPECT_TRUE(completed().empty());
  prepare_send(2);
  ring_.submit_and_linger(2, far_off_us, far_off_us);
  EXPECT_EQ(completed(), (std::multiset<std::uint64_t>{1, 2}));
}

/// The queue of submissions is used round and round.
TEST_F(UringRingTest, LingeringSubmitsEveryEntryOnce) {
  for (std::uint64_t round = 0; round < 1'000; ++round) {
    prepare_receive(round);
    if (round % 3 == 0) ring_.submit_and_settle();
    prepare_send(round);
    ring_.submit_and_linger(2, far_off_us, far_off_us);
    ASSERT_EQ(completed(), (std::multiset<std::uint64_t>{round, round}));
  }
}

}  // namespace
}  // namespace respawn::net
