#include "server/loops.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>

#include "net/simulated_loop.hpp"

namespace respawn::server {
namespace {

using config::NetworkBackend;
using net::Backend;
using testing::ElementsAre;
using testing::HasSubstr;

/// A kernel that has only so many rings.
class LoopsTest : public testing::Test {
 protected:
  Result<Loops> loops(NetworkBackend wanted, std::size_t count) {
    return make_loops(
        wanted, count, [this](Backend backend) -> Result<std::unique_ptr<net::EventLoop>> {
          asked.push_back(backend);
          std::size_t& left = backend == Backend::io_uring ? rings : epolls;
          if (left == 0) return failure("no more memory");
          --left;
          return std::unique_ptr<net::EventLoop>(std::make_unique<net::SimulatedLoop>(system));
        });
  }

  std::size_t rings = 100;
  std::size_t epolls = 100;
  std::vector<Backend> asked;
  caf::actor_system_config config;
  caf::actor_system system{config};
};

TEST_F(LoopsTest, AllAreRingsWhereTheKernelHasThem) {
  auto made = loops(NetworkBackend::automatic, 3);
  ASSERT_TRUE(made.ok());
  EXPECT_EQ(made->loops.size(), 3U);
  EXPECT_EQ(made->fallback_reason, "");
  EXPECT_THAT(asked, ElementsAre(Backend::io_uring, Backend::io_uring, Backend::io_uring));
}

TEST_F(LoopsTest, AllAreEpollsWhenOneRingIsMissing) {
  rings = 1;
  auto made = loops(NetworkBackend::automatic, 2);
  ASSERT_TRUE(made.ok());
  EXPECT_EQ(made->loops.size(), 2U);
  EXPECT_THAT(made->fallback_reason, HasSubstr("no more memory"));
  EXPECT_THAT(asked,
              ElementsAre(Backend::io_uring, Backend::io_uring, Backend::epoll, Backend::epoll));
}

TEST_F(LoopsTest, ARingThatIsInsistedOnIsAnErrorWithItsReason) {
  rings = 2;
  auto made = loops(NetworkBackend::io_uring, 3);
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.error(), "no more memory; event loops made before it: 2 of 3 (see io-threads)");
}

TEST_F(LoopsTest, WithoutEitherThereIsAnError) {
  rings = epolls = 0;
  auto made = loops(NetworkBackend::automatic, 1);
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.error(), "no more memory");
}

TEST_F(LoopsTest, EpollIsTakenAsAskedFor) {
  auto made = loops(NetworkBackend::epoll, 1);
  ASSERT_TRUE(made.ok());
  EXPECT_EQ(made->fallback_reason, "");
  EXPECT_THAT(asked, ElementsAre(Backend::epoll));
}

}  // namespace
}  // namespace respawn::server
