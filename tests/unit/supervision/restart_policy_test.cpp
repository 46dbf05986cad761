// The policy's decisions, one dialogue per clause of the contract. What it is asked to do is in
// restart_policy_requests_test.cpp.
#include "supervision/restart_policy.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/check.hpp"
#include "tests/unit/supervision/policy_cases.hpp"

namespace respawn::supervision {
namespace {

// -- start ---------------------------------------------------------------------------------------

TEST(RestartPolicy, StartsChildrenInOrderEachWhenTheOneBeforeIsUp) {
  for (const Strategy strategy :
       {Strategy::one_for_one, Strategy::one_for_all, Strategy::rest_for_one}) {
    SCOPED_TRACE(to_string(strategy));
    PolicyScript script(options(strategy), {permanent, temporary, transient});
    EXPECT_EQ(script.on(event::Begun{}), "start 0");
    EXPECT_EQ(script.started(0), "start 1");
    EXPECT_EQ(script.started(1), "start 2");
    EXPECT_EQ(script.policy().phase(), RestartPolicy::Phase::starting);
    EXPECT_EQ(script.started(2), "");
    EXPECT_EQ(script.policy().phase(), RestartPolicy::Phase::serving);
  }
}

TEST(RestartPolicy, WithoutChildrenServesAtOnce) {
  PolicyScript script(options(Strategy::one_for_all), {});
  EXPECT_EQ(script.on(event::Begun{}), "");
  EXPECT_EQ(script.policy().phase(), RestartPolicy::Phase::serving);
  EXPECT_EQ(script.shut_down(), "exit shutdown");
}

TEST(RestartPolicy, AFailedFirstStartStopsTheOthersInReverseAndExits) {
  PolicyScript script(options(Strategy::one_for_one), {permanent, permanent, permanent});
  script.on(event::Begun{});
  script.started(0);
  script.started(1);
  EXPECT_EQ(script.failed(2), "start_failed 2, stop 1");
  EXPECT_EQ(script.stopped(1), "stop 0");
  EXPECT_EQ(script.stopped(0), "exit start_failed");
  EXPECT_EQ(script.policy().phase(), RestartPolicy::Phase::done);
}

TEST(RestartPolicy, ShutdownBeforeTheBeginningExits) {
  PolicyScript script(options(Strategy::one_for_one), {permanent});
  EXPECT_EQ(script.shut_down(), "exit shutdown");
  EXPECT_EQ(script.on(event::Begun{}), "");
}

TEST(RestartPolicy, ShutdownWhileAChildStartsStopsThatChildToo) {
  PolicyScript script(options(Strategy::one_for_one), {permanent, permanent, permanent});
  script.on(event::Begun{});
  script.started(0);
  EXPECT_EQ(script.shut_down(), "stop 1");
  EXPECT_EQ(script.started(1), "");  // it came up meanwhile; its stop is under way
  EXPECT_EQ(script.stopped(1), "stop 0");
  EXPECT_EQ(script.stopped(0), "exit shutdown");
}

TEST(RestartPolicy, ShutdownWhileAChildFailsToStart) {
  PolicyScript script(options(Strategy::one_for_one), {permanent, permanent});
  script.on(event::Begun{});
  script.started(0);
  EXPECT_EQ(script.shut_down(), "stop 1");
  EXPECT_EQ(script.failed(1), "stop 0");
  EXPECT_EQ(script.stopped(0), "exit shutdown");
}

// -- restart types -------------------------------------------------------------------------------

struct ExitCase {
  ChildTraits traits;
  ExitKind exit;
  std::string expected;
};

TEST(RestartPolicy, RestartTypeAndExitDecide) {
  const std::vector<ExitCase> cases = {
      {permanent, ExitKind::normal, "child_terminated 0, start 0"},
      {permanent, ExitKind::shutdown, "child_terminated 0, start 0"},
      {permanent, ExitKind::killed, "child_terminated 0, start 0"},
      {permanent, ExitKind::error, "child_terminated 0, start 0"},
      {transient, ExitKind::normal, ""},
      {transient, ExitKind::shutdown, ""},
      {transient, ExitKind::killed, "child_terminated 0, start 0"},
      {transient, ExitKind::error, "child_terminated 0, start 0"},
      {temporary, ExitKind::normal, "forget 0"},
      {temporary, ExitKind::shutdown, "forget 0"},
      {temporary, ExitKind::killed, "child_terminated 0, forget 0"},
      {temporary, ExitKind::error, "child_terminated 0, forget 0"},
  };
  for (const ExitCase& each : cases) {
    SCOPED_TRACE(std::string(to_string(each.traits.restart)) + " " +
                 std::string(to_string(each.exit)));
    for (const Strategy strategy :
         {Strategy::one_for_one, Strategy::one_for_all, Strategy::rest_for_one}) {
      PolicyScript script(options(strategy), {each.traits});
      script.up(1);
      EXPECT_EQ(script.on(event::ChildStopped{0, each.exit}), each.expected);
    }
  }
}

// -- strategies ----------------------------------------------------------------------------------

TEST(RestartPolicy, OneForOneRestartsTheCrashedChildAlone) {
  PolicyScript script = three(Strategy::one_for_one);
  EXPECT_EQ(script.crash(1), "child_terminated 1, start 1");
  EXPECT_EQ(script.started(1), "restarted 1");
}

TEST(RestartPolicy, OneForAllStopsInReverseAndStartsInOrder) {
  PolicyScript script = three(Strategy::one_for_all);
  EXPECT_EQ(script.crash(1), "child_terminated 1, stop 2");
  EXPECT_EQ(script.stopped(2), "stop 0");
  EXPECT_EQ(script.stopped(0), "start 0");
  EXPECT_EQ(script.started(0), "restarted 0, start 1");
  EXPECT_EQ(script.started(1), "restarted 1, start 2");
  EXPECT_EQ(script.started(2), "restarted 2");
}

TEST(RestartPolicy, RestForOneLeavesTheEarlierChildrenAlone) {
  PolicyScript script = three(Strategy::rest_for_one);
  EXPECT_EQ(script.crash(1), "child_terminated 1, stop 2");
  EXPECT_EQ(script.stopped(2), "start 1");
  EXPECT_EQ(script.started(1), "restarted 1, start 2");
  EXPECT_EQ(script.started(2), "restarted 2");
  EXPECT_EQ(script.crash(2), "child_terminated 2, start 2");
}

TEST(RestartPolicy, AnEarlierCrashWidensAGroupRestart) {
  PolicyScript script = three(Strategy::rest_for_one);
  EXPECT_EQ(script.crash(1), "child_terminated 1, stop 2");
  EXPECT_EQ(script.crash(0), "child_terminated 0");
  EXPECT_EQ(script.stopped(2), "start 0");
  EXPECT_EQ(script.started(0), "restarted 0, start 1");
  EXPECT_EQ(script.crash(0), "child_terminated 0, stop 1");  // 1 is on its way up
  EXPECT_EQ(script.started(1), "");
  EXPECT_EQ(script.stopped(1), "start 0");
  EXPECT_EQ(script.started(0), "restarted 0, start 1");
}

TEST(RestartPolicy, ASecondCrashInAGroupThatIsBeingStoppedIsNotCountedAgain) {
  PolicyScript script(options(Strategy::one_for_all, {.restarts = 1, .period_ms = 1000}),
                      {permanent, permanent, permanent});
  script.up(3);
  EXPECT_EQ(script.crash(0), "child_terminated 0, stop 2");
  EXPECT_EQ(script.crash(1), "child_terminated 1");
  EXPECT_EQ(script.stopped(2), "start 0");
}

TEST(RestartPolicy, AGroupRestartDropsTemporaryChildrenAndRevivesFinishedOnes) {
  PolicyScript script(options(Strategy::one_for_all), {permanent, temporary, transient});
  script.up(3);
  EXPECT_EQ(script.on(event::ChildStopped{2, ExitKind::normal}), "");
  EXPECT_EQ(script.crash(0), "child_terminated 0, stop 1");
  EXPECT_EQ(script.stopped(1), "forget 1, start 0");
  EXPECT_EQ(script.started(0), "restarted 0, start 2");
  EXPECT_EQ(script.started(2), "restarted 2");
}

TEST(RestartPolicy, ATransientChildThatFinishesDuringAGroupRestartStaysDown) {
  PolicyScript script(options(Strategy::one_for_all), {transient, permanent, permanent});
  script.up(3);
  script.crash(1);
  script.stopped(2);
  EXPECT_EQ(script.stopped(0), "start 0");
  EXPECT_EQ(script.started(0), "restarted 0, start 1");
  EXPECT_EQ(script.on(event::ChildStopped{0, ExitKind::normal}), "");
  EXPECT_EQ(script.started(1), "restarted 1, start 2");
  EXPECT_EQ(script.started(2), "restarted 2");
}

// -- intensity and escalation --------------------------------------------------------------------

TEST(RestartPolicy, OneRestartTooManyEscalates) {
  PolicyScript script = three(Strategy::one_for_one);
  for (int restart = 0; restart < 3; ++restart) {
    script.now_ms += 100;
    EXPECT_EQ(script.crash(1), "child_terminated 1, start 1");
    script.started(1);
  }
  script.now_ms += 100;
  EXPECT_EQ(script.crash(1), "child_terminated 1, escalated 1, stop 2");
  EXPECT_EQ(script.stopped(2), "stop 0");
  EXPECT_EQ(script.stopped(0), "exit escalated");
}

TEST(RestartPolicy, ZeroIntensityEscalatesAtTheFirstCrash) {
  PolicyScript script(options(Strategy::one_for_one, {.restarts = 0, .period_ms = 1000}),
                      {permanent});
  script.up(1);
  EXPECT_EQ(script.crash(0), "child_terminated 0, escalated 0, exit escalated");
}

TEST(RestartPolicy, RestartsCountForThePeriodAndNoLonger) {
  PolicyScript script(options(Strategy::one_for_one, {.restarts = 1, .period_ms = 1000}),
                      {permanent, permanent});
  script.up(2);
  script.crash(0);
  script.started(0);
  script.now_ms = 1001;
  EXPECT_EQ(script.crash(1), "child_terminated 1, start 1");
  script.started(1);
  script.now_ms = 2001;  // 1,000 ms after the last: still counts
  EXPECT_EQ(script.crash(0), "child_terminated 0, escalated 0, stop 1");
}

TEST(RestartPolicy, AGroupRestartCountsOnce) {
  PolicyScript script(options(Strategy::one_for_all, {.restarts = 1, .period_ms = 1000}),
                      {permanent, permanent});
  script.up(2);
  script.crash(0);
  EXPECT_EQ(script.stopped(1), "start 0");
  script.started(0);
  script.started(1);
  EXPECT_EQ(script.crash(1), "child_terminated 1, stop 0");
  EXPECT_EQ(script.stopped(0), "escalated 1, exit escalated");
}

TEST(RestartPolicy, ChildrenThatCrashOnTheWayOutAreReportedAndLeftDown) {
  PolicyScript script = three(Strategy::one_for_one);
  EXPECT_EQ(script.shut_down(), "stop 2");
  EXPECT_EQ(script.crash(0), "child_terminated 0");
  EXPECT_EQ(script.crash(2), "shutdown_error 2, stop 1");
  EXPECT_EQ(script.on(event::ChildStopped{1, ExitKind::normal}), "exit shutdown");
}

// -- failed restarts -----------------------------------------------------------------------------

TEST(RestartPolicy, AFailedRestartIsQueuedAndCountedEachTime) {
  PolicyScript script(options(Strategy::one_for_one, {.restarts = 2, .period_ms = 1000}),
                      {permanent, permanent});
  script.up(2);
  EXPECT_EQ(script.crash(0), "child_terminated 0, start 0");
  EXPECT_EQ(script.failed(0), "restart_failed 0, timer 0 +0");
  EXPECT_EQ(script.fire("0"), "start 0");
  EXPECT_EQ(script.failed(0), "restart_failed 0, timer 0 +0");
  EXPECT_EQ(script.fire("0"), "escalated 0, stop 1");
  EXPECT_EQ(script.stopped(1), "exit escalated");
}

TEST(RestartPolicy, ShutdownGetsBetweenFailingRestarts) {
  for (const Strategy strategy :
       {Strategy::one_for_one, Strategy::one_for_all, Strategy::rest_for_one}) {
    SCOPED_TRACE(to_string(strategy));
    const std::string timer = strategy == Strategy::one_for_one ? "0" : "*";
    PolicyScript script(options(strategy, {.restarts = 1'000'000, .period_ms = 1000}), {permanent});
    script.up(1);
    EXPECT_EQ(script.crash(0), "child_terminated 0, start 0");
    EXPECT_EQ(script.failed(0), "restart_failed 0, timer " + timer + " +0");
    EXPECT_EQ(script.shut_down(), "cancel " + timer + ", exit shutdown");
    EXPECT_EQ(script.fire(timer), "");
  }
}

TEST(RestartPolicy, RestForOneRetriesFromTheChildThatFailed) {
  PolicyScript script = three(Strategy::rest_for_one);
  script.crash(0);
  script.stopped(2);
  EXPECT_EQ(script.stopped(1), "start 0");
  script.started(0);
  EXPECT_EQ(script.failed(1), "restart_failed 1, timer * +0");
  EXPECT_EQ(script.fire("*"), "start 1");
  EXPECT_EQ(script.started(1), "restarted 1, start 2");
}

TEST(RestartPolicy, OneForAllStopsWhatItStartedBeforeItRetries) {
  PolicyScript script = three(Strategy::one_for_all);
  script.crash(0);
  script.stopped(2);
  script.stopped(1);
  script.started(0);
  EXPECT_EQ(script.failed(1), "restart_failed 1, stop 0");
  EXPECT_EQ(script.stopped(0), "timer * +0");
  EXPECT_EQ(script.fire("*"), "start 0");
}

// -- back-off ------------------------------------------------------------------------------------

TEST(RestartPolicy, DelaysGrowToTheMaximumAndStartAnewAfterAStableTime) {
  PolicyScript script(backing_off(Strategy::one_for_one), {permanent, permanent});
  script.up(2);
  for (const char* delay : {"100", "200", "400", "800", "1000", "1000"}) {
    EXPECT_EQ(script.crash(0), "child_terminated 0, timer 0 +" + std::string(delay));
    EXPECT_EQ(script.fire("0"), "start 0");
    EXPECT_EQ(script.started(0), "restarted 0");
    script.now_ms += 4999;
  }
  EXPECT_EQ(script.crash(1), "child_terminated 1, timer 1 +100");  // each child has its own
  script.now_ms += 1;
  EXPECT_EQ(script.crash(0), "child_terminated 0, timer 0 +100");
}

TEST(RestartPolicy, JitterShortensTheDelay) {
  PolicyScript script(backing_off(Strategy::one_for_one), {permanent});
  script.up(1);
  script.random = 0.5;
  EXPECT_EQ(script.crash(0), "child_terminated 0, timer 0 +75");
}

TEST(RestartPolicy, AGroupStopsAtOnceAndStartsAfterTheDelay) {
  PolicyScript script(backing_off(Strategy::one_for_all), {permanent, permanent});
  script.up(2);
  EXPECT_EQ(script.crash(0), "child_terminated 0, stop 1");
  EXPECT_EQ(script.policy().state(0), ChildState::restarting);
  EXPECT_EQ(script.stopped(1), "timer * +100");
  EXPECT_EQ(script.policy().state(1), ChildState::restarting);
  EXPECT_EQ(script.fire("*"), "start 0");
}

TEST(RestartPolicy, ADelayedRestartIsCountedWhenItIsMade) {
  PolicyOptions slow = backing_off(Strategy::one_for_one);
  slow.intensity = {.restarts = 1, .period_ms = 50};
  PolicyScript script(slow, {permanent});
  script.up(1);
  for (int restart = 0; restart < 20; ++restart) {
    script.crash(0);
    script.now_ms += 100;  // longer than the period: never one too many
    EXPECT_EQ(script.fire("0"), "start 0");
    script.started(0);
  }
}

// -- shutdown ------------------------------------------------------------------------------------

TEST(RestartPolicy, AChildThatDoesNotStopInTimeIsKilled) {
  PolicyScript script(options(Strategy::one_for_one),
                      {permanent, {.shutdown = Shutdown::after_ms(250)}});
  script.up(2);
  EXPECT_EQ(script.shut_down(), "stop 1, timer 1 +250");
  EXPECT_EQ(script.fire("1"), "kill 1");
  EXPECT_EQ(script.on(event::ChildStopped{1, ExitKind::killed}), "shutdown_error 1, stop 0");
  EXPECT_EQ(script.stopped(0), "exit shutdown");
}

TEST(RestartPolicy, AChildThatStopsInTimeCancelsItsTimer) {
  PolicyScript script(options(Strategy::one_for_one), {{.shutdown = Shutdown::after_ms(250)}});
  script.up(1);
  script.shut_down();
  EXPECT_EQ(script.stopped(0), "cancel 0, exit shutdown");
  EXPECT_EQ(script.fire("0"), "");
}

TEST(RestartPolicy, ABrutalKillAsksNotAndIsNoError) {
  PolicyScript script(options(Strategy::one_for_one), {{.shutdown = Shutdown::kill()}});
  script.up(1);
  EXPECT_EQ(script.shut_down(), "kill 0");
  EXPECT_EQ(script.on(event::ChildStopped{0, ExitKind::killed}), "exit shutdown");
}

TEST(RestartPolicy, TheDefaultPatienceDependsOnTheType) {
  PolicyScript script(options(Strategy::one_for_one), {{}, {.type = ChildType::supervisor}});
  script.up(2);
  EXPECT_EQ(script.shut_down(), "stop 1");  // for ever
  EXPECT_EQ(script.stopped(1), "stop 0, timer 0 +5000");
}

TEST(RestartPolicy, ShutdownTakesOverAGroupRestart) {
  PolicyScript script = three(Strategy::one_for_all);
  EXPECT_EQ(script.crash(1), "child_terminated 1, stop 2");
  EXPECT_EQ(script.shut_down(), "");  // 2 is being stopped already
  EXPECT_EQ(script.stopped(2), "stop 0");
  EXPECT_EQ(script.stopped(0), "exit shutdown");
}

TEST(RestartPolicy, ASecondShutdownChangesNothing) {
  PolicyScript script = three(Strategy::one_for_one);
  script.shut_down();
  EXPECT_EQ(script.shut_down(), "");
}

// -- impossible states ---------------------------------------------------------------------------

TEST(RestartPolicy, ImpossibleEventsAreTheProgrammersFault) {
  PolicyScript script = three(Strategy::one_for_one);
  EXPECT_THROW(script.started(1), CheckFailure);
  EXPECT_THROW(script.failed(1), CheckFailure);
  EXPECT_THROW(script.crash(9), CheckFailure);
  EXPECT_THROW(script.on(event::AddChild{1, permanent, 7}), CheckFailure);
  script.on(event::TerminateChild{1, 8});
  script.stopped(1);
  EXPECT_THROW(script.stopped(1), CheckFailure);
  EXPECT_THROW(RestartPolicy(options(Strategy::dynamic), {permanent}), CheckFailure);
}

}  // namespace
}  // namespace respawn::supervision
