// In processes of their own: a hard limit that was lowered stays so.
#include "server/system_limits.hpp"

#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>

namespace respawn::server {
namespace {

/// Without the right to raise a hard limit.
void give_up_rights() {
  const __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  const __user_cap_data_struct none[2]{};
  ::syscall(SYS_capset, &header, none);
}

void limit_files(rlim_t soft, rlim_t hard) {
  const rlimit limit{soft, hard};
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

rlim_t soft_limit() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

/// What `measure` returns in a child; below 2^7.
int in_child(const std::function<int()>& measure) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(measure());
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

config::Config with_clients(std::uint32_t clients) {
  config::Config config;
  config.maxclients = clients;
  return config;
}

TEST(SystemLimits, ClientsFitAsFarAsTheHardLimitGoes) {
  EXPECT_EQ(in_child([] {
              limit_files(50, 132);
              give_up_rights();
              return static_cast<int>(clients_with_room(with_clients(10'000)));
            }),
            100);
  EXPECT_EQ(in_child([] {
              limit_files(50, 132);
              give_up_rights();
              const bool room = clients_with_room(with_clients(10'000)) > 0;
              return room ? static_cast<int>(soft_limit()) : 0;
            }),
            132);
}

TEST(SystemLimits, TheLimitIsRaisedNoFurtherThanClientsNeed) {
  EXPECT_EQ(in_child([] {
              limit_files(50, 120);
              give_up_rights();
              return clients_with_room(with_clients(60)) == 60 ? static_cast<int>(soft_limit()) : 0;
            }),
            92);
}

TEST(SystemLimits, AHigherLimitStays) {
  EXPECT_EQ(in_child([] {
              limit_files(120, 120);
              return clients_with_room(with_clients(10)) == 10 ? static_cast<int>(soft_limit()) : 0;
            }),
            120);
}

TEST(SystemLimits, BelowTheReserveNobodyHasRoom) {
  EXPECT_EQ(in_child([] {
              limit_files(32, 32);
              give_up_rights();
              return static_cast<int>(clients_with_room(with_clients(10)));
            }),
            0);
  EXPECT_EQ(in_child([] {
              limit_files(33, 33);
              give_up_rights();
              return static_cast<int>(clients_with_room(with_clients(10)));
            }),
            1);
}

TEST(SystemLimits, EachLoopTakesItsDescriptorsFromTheClients) {
  config::Config config = with_clients(10);
  EXPECT_EQ(reserved_descriptors(config), 32U) << "as in Redis";
  config.io_threads = 100;
  EXPECT_GE(reserved_descriptors(config), 232U);
}

TEST(SystemLimits, ARefusalNamesTheLargestNumber) {
  EXPECT_FALSE(no_room_for_clients(with_clients(1)));
  EXPECT_EQ(in_child([] {
              limit_files(132, 132);
              give_up_rights();
              return no_room_for_clients(with_clients(20'000)) ==
                             "The operating system is not able to handle the specified number of "
                             "clients, try with 100"
                         ? 1
                         : 0;
            }),
            1);
}

TEST(SystemLimits, ABacklogThatTheKernelCutsShortIsNamed) {
  config::Config config;
  config.tcp_backlog = 1;
  EXPECT_FALSE(shortened_backlog(config));
  config.tcp_backlog = 2'147'483'647;
  const auto text = shortened_backlog(config);
  ASSERT_TRUE(text);
  EXPECT_NE(text->find("2147483647 of tcp-backlog"), std::string::npos);
}

TEST(SystemLimits, ThreadsAreCounted) {
  EXPECT_EQ(threads_possible(5), 5);
  EXPECT_TRUE(try_threads(with_clients(10)).ok());
}

}  // namespace
}  // namespace respawn::server
