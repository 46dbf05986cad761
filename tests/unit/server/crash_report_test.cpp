// In processes of their own, which end.
#include "server/crash_report.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <thread>

namespace respawn::server {
namespace {

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

void prepare() {
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  report_crashes_to(STDERR_FILENO);
}

/// Until there is no stack left. What is read behind the call keeps it from becoming a loop.
int descend(int depth) {
  if (depth < 0) return 0;
  volatile char frame[4096];
  frame[0] = static_cast<char>(depth);
  return descend(depth + 1) + frame[0];
}

TEST(CrashReportDeathTest, AnOverflowingStackIsReportedInTheMainThread) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(
      {
        prepare();
        const AlternateStack stack;
        std::exit(descend(0));
      },
      testing::KilledBySignal(SIGSEGV), "crashed by signal: 11 .SIGSEGV.");
}

TEST(CrashReportDeathTest, AnOverflowingStackIsReportedInAnotherThread) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(
      {
        prepare();
        std::thread([] {
          const AlternateStack stack;
          std::exit(descend(0));
        }).join();
      },
      testing::KilledBySignal(SIGSEGV), "END OF CRASH REPORT");
}

TEST(CrashReportDeathTest, SeveralThreadsThatCrashAtOnceLeaveOneReport) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(
      {
        prepare();
        std::thread first([] { std::raise(SIGFPE); });
        std::thread second([] { std::raise(SIGFPE); });
        first.join();
        second.join();
      },
      testing::KilledBySignal(SIGFPE),
      "^=== CRASH REPORT[^=]*===[^=]*=== END OF CRASH REPORT ===\n$");
}

TEST(CrashReportDeathTest, AnExceptionThatNobodyCatchesIsReported) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(
      {
        prepare();
        std::thread([] { throw 1; }).join();
      },
      testing::KilledBySignal(SIGABRT), "crashed by signal: 6 .SIGABRT.");
}

TEST(CrashReportDeathTest, SwitchedOffItLeavesNone) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(
      {
        prepare();
        stop_reporting_crashes();
        std::raise(SIGSEGV);
      },
      testing::KilledBySignal(SIGSEGV), "^$");
}

#endif

}  // namespace
}  // namespace respawn::server
