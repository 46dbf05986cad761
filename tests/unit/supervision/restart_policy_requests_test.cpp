// What the policy is asked to do with single children, and children that only come by request.
#include <gtest/gtest.h>

#include <string>

#include "supervision/restart_policy.hpp"
#include "tests/unit/supervision/policy_cases.hpp"

namespace respawn::supervision {
namespace {

// -- requests ------------------------------------------------------------------------------------

TEST(RestartPolicy, AddStartsBehindTheOthersAndStopsFirst) {
  PolicyScript script = three(Strategy::one_for_one);
  EXPECT_EQ(script.on(event::AddChild{3, permanent, 7}), "start 3");
  EXPECT_EQ(script.started(3), "reply 7 ok");
  EXPECT_EQ(script.shut_down(), "stop 3");
}

TEST(RestartPolicy, AnAddedChildThatFailsIsForgottenAndNoTrouble) {
  PolicyScript script = three(Strategy::one_for_one);
  script.on(event::AddChild{3, permanent, 7});
  EXPECT_EQ(script.failed(3), "reply 7 start failed, forget 3");
  EXPECT_EQ(script.on(event::AddChild{3, permanent, 8}), "start 3");
}

TEST(RestartPolicy, AChildAddedDuringAGroupRestartJoinsIt) {
  PolicyScript script = three(Strategy::one_for_all);
  script.crash(0);
  EXPECT_EQ(script.on(event::AddChild{3, permanent, 7}), "");
  script.stopped(2);
  EXPECT_EQ(script.stopped(1), "start 0");
  script.started(0);
  script.started(1);
  EXPECT_EQ(script.started(2), "restarted 2, start 3");
  EXPECT_EQ(script.started(3), "reply 7 ok");
}

TEST(RestartPolicy, AnAddedChildTerminatedBeforeItWasUpIsForgotten) {
  PolicyScript script = three(Strategy::rest_for_one);
  script.on(event::AddChild{3, permanent, 7});
  EXPECT_EQ(script.crash(1), "child_terminated 1, stop 3");
  script.on(event::AddChild{4, permanent, 8});
  EXPECT_EQ(script.on(event::TerminateChild{3, 9}), "reply 7 start failed");
  EXPECT_EQ(script.on(event::TerminateChild{4, 10}), "reply 8 start failed, reply 10 ok, forget 4");
  EXPECT_EQ(script.failed(3), "reply 9 ok, forget 3, stop 2");
}

TEST(RestartPolicy, AChildThatFailsWhileItWaitsToBeStoppedIsNoTrouble) {
  PolicyScript script = three(Strategy::rest_for_one);
  script.on(event::AddChild{3, permanent, 6});
  script.on(event::AddChild{4, permanent, 7});
  EXPECT_EQ(script.crash(1), "child_terminated 1, stop 4");
  EXPECT_EQ(script.on(event::TerminateChild{3, 8}), "reply 6 start failed");  // after 4
  EXPECT_EQ(script.failed(3), "reply 8 ok, forget 3");
  EXPECT_EQ(script.stopped(4), "stop 2");
}

TEST(RestartPolicy, TerminateStopsAChildForGood) {
  PolicyScript script = three(Strategy::one_for_one);
  EXPECT_EQ(script.on(event::TerminateChild{1, 7}), "stop 1");
  EXPECT_EQ(script.on(event::TerminateChild{1, 8}), "");
  const std::string done = script.stopped(1);
  EXPECT_TRUE(done == "reply 7 ok, reply 8 ok" || done == "reply 8 ok, reply 7 ok") << done;
  EXPECT_EQ(script.policy().state(1), ChildState::stopped);
  EXPECT_EQ(script.on(event::TerminateChild{1, 9}), "reply 9 ok");
}

TEST(RestartPolicy, TerminateEndsTheWaitForARestart) {
  PolicyScript script(backing_off(Strategy::one_for_one), {permanent});
  script.up(1);
  script.crash(0);
  EXPECT_EQ(script.on(event::TerminateChild{0, 7}), "cancel 0, reply 7 ok");
  EXPECT_EQ(script.fire("0"), "");
}

TEST(RestartPolicy, TerminateDuringAGroupRestartHoldsTheChildBack) {
  PolicyScript script = three(Strategy::one_for_all);
  script.crash(0);
  EXPECT_EQ(script.on(event::TerminateChild{1, 7}), "");
  EXPECT_EQ(script.stopped(2), "stop 1");
  EXPECT_EQ(script.stopped(1), "reply 7 ok, start 0");
  EXPECT_EQ(script.started(0), "restarted 0, start 2");
  EXPECT_EQ(script.started(2), "restarted 2");
  EXPECT_EQ(script.policy().state(1), ChildState::stopped);
}

TEST(RestartPolicy, RestartStartsAChildThatIsDown) {
  PolicyScript script = three(Strategy::one_for_one);
  EXPECT_EQ(script.on(event::RestartChild{1, 6}), "reply 6 running");
  script.on(event::TerminateChild{1, 7});
  EXPECT_EQ(script.on(event::RestartChild{1, 8}), "reply 8 running");  // still being stopped
  script.stopped(1);
  EXPECT_EQ(script.on(event::RestartChild{1, 9}), "start 1");
  EXPECT_EQ(script.started(1), "reply 9 ok");
}

TEST(RestartPolicy, ARestartByRequestThatFailsKeepsTheSpecification) {
  PolicyScript script = three(Strategy::one_for_one);
  script.on(event::TerminateChild{1, 7});
  script.stopped(1);
  script.on(event::RestartChild{1, 8});
  EXPECT_EQ(script.failed(1), "reply 8 start failed");
  EXPECT_EQ(script.on(event::RestartChild{1, 9}), "start 1");
}

TEST(RestartPolicy, RestartAndDeleteOfAChildThatWaitsForItsRestart) {
  PolicyScript script(backing_off(Strategy::one_for_one), {permanent});
  script.up(1);
  script.crash(0);
  EXPECT_EQ(script.on(event::RestartChild{0, 7}), "reply 7 restarting");
  EXPECT_EQ(script.on(event::DeleteChild{0, 8}), "reply 8 restarting");
}

TEST(RestartPolicy, DeleteForgetsAChildThatIsDown) {
  PolicyScript script = three(Strategy::rest_for_one);
  EXPECT_EQ(script.on(event::DeleteChild{1, 6}), "reply 6 running");
  script.on(event::TerminateChild{1, 7});
  script.stopped(1);
  EXPECT_EQ(script.on(event::DeleteChild{1, 8}), "reply 8 ok, forget 1");
  EXPECT_EQ(script.crash(0), "child_terminated 0, stop 2");
  EXPECT_EQ(script.stopped(2), "start 0");
  EXPECT_EQ(script.started(0), "restarted 0, start 2");
}

TEST(RestartPolicy, RequestsOnTheWayOut) {
  PolicyScript script = three(Strategy::one_for_one);
  script.on(event::AddChild{3, permanent, 5});
  EXPECT_EQ(script.shut_down(), "reply 5 shutting down, stop 3");
  EXPECT_EQ(script.on(event::AddChild{4, permanent, 6}), "reply 6 shutting down, forget 4");
  EXPECT_EQ(script.on(event::RestartChild{1, 7}), "reply 7 shutting down");
  EXPECT_EQ(script.on(event::DeleteChild{1, 8}), "reply 8 shutting down");
  EXPECT_EQ(script.on(event::TerminateChild{0, 9}), "");
  EXPECT_EQ(script.stopped(3), "forget 3, stop 2");
  script.stopped(2);
  script.stopped(1);
  EXPECT_EQ(script.stopped(0), "reply 9 ok, exit shutdown");
}

// -- dynamic -------------------------------------------------------------------------------------

TEST(RestartPolicy, DynamicChildrenComeAndGo) {
  PolicyScript script(options(Strategy::dynamic), {});
  script.up(0);
  EXPECT_EQ(script.on(event::AddChild{0, temporary, 1}), "start 0");
  EXPECT_EQ(script.started(0), "reply 1 ok");
  EXPECT_EQ(script.on(event::AddChild{1, temporary, 2}), "start 1");
  EXPECT_EQ(script.failed(1), "reply 2 start failed, forget 1");
  EXPECT_EQ(script.crash(0), "child_terminated 0, forget 0");
  EXPECT_EQ(script.policy().alive(), 0u);
  EXPECT_EQ(script.on(event::AddChild{0, temporary, 3}), "start 0");
  script.started(0);
  EXPECT_EQ(script.on(event::TerminateChild{0, 4}), "stop 0");
  EXPECT_EQ(script.stopped(0), "reply 4 ok, forget 0");
}

TEST(RestartPolicy, DynamicChildrenAreRestartedAsTheirTemplateSays) {
  PolicyScript script(options(Strategy::dynamic, {.restarts = 1, .period_ms = 1000}), {});
  script.up(0);
  for (ChildKey key = 0; key < 2; ++key) {
    script.on(event::AddChild{key, transient, key + 1u});
    script.started(key);
  }
  EXPECT_EQ(script.crash(0), "child_terminated 0, start 0");
  EXPECT_EQ(script.started(0), "restarted 0");
  EXPECT_EQ(script.on(event::RestartChild{0, 8}), "reply 8 not supported");
  EXPECT_EQ(script.on(event::DeleteChild{0, 9}), "reply 9 not supported");
  EXPECT_EQ(script.crash(0), "child_terminated 0, escalated 0, stop 1");
  EXPECT_EQ(script.stopped(1), "forget 1, exit escalated");
}

TEST(RestartPolicy, DynamicChildrenStopTogetherWithOneTimer) {
  const ChildTraits patient{.restart = RestartType::temporary, .shutdown = Shutdown::after_ms(300)};
  PolicyScript script(options(Strategy::dynamic), {});
  script.up(0);
  for (ChildKey key = 0; key < 3; ++key) {
    script.on(event::AddChild{key, patient, key + 1u});
    script.started(key);
  }
  EXPECT_EQ(script.shut_down(), "stop 0, stop 1, stop 2, timer * +300");
  EXPECT_EQ(script.stopped(1), "forget 1");
  EXPECT_EQ(script.fire("*"), "kill 0, kill 2");
  EXPECT_EQ(script.on(event::ChildStopped{2, ExitKind::killed}), "shutdown_error 2, forget 2");
  EXPECT_EQ(script.stopped(0), "forget 0, exit shutdown");
}

}  // namespace
}  // namespace respawn::supervision
