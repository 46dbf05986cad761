// The supervisor actor on CAF's testing scheduler: every crash, kill and failed start it must
// survive.
#include "supervision/supervisor.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/test_seed.hpp"
#include "tests/unit/supervision/supervisor_world.hpp"

namespace respawn::supervision {
namespace {

class SupervisorTest : public testing::Test, public SupervisorWorld {
 protected:
  /// Every test ends with an orderly shutdown that leaves nothing behind.
  void TearDown() override {
    if (root) caf::anon_send(root, StopSupervisor{});
    settle();
    EXPECT_EQ(diary->population(), 0);
    EXPECT_EQ(diary->overlaps, 0);
    EXPECT_EQ(runtime->pending(), 0u);
    EXPECT_EQ(running_actors(), 0u);
    root = nullptr;
  }

  SupervisorSpec abc(Strategy strategy, Intensity intensity = {.restarts = 3, .period_ms = 1000}) {
    return {.path = "root",
            .strategy = strategy,
            .intensity = intensity,
            .children = {worker("a"), worker("b"), worker("c")}};
  }
};

// -- life and death of children ------------------------------------------------------------------

TEST_F(SupervisorTest, StartsInOrderAndStopsInReverse) {
  run(abc(Strategy::one_for_one));
  EXPECT_EQ(diary->take(), "+a +b +c");
  send("root", StopSupervisor{});
  EXPECT_EQ(diary->take(), "-c -b -a");
  EXPECT_EQ(ending, "shutdown");
  EXPECT_EQ(take_reports(), "");
  EXPECT_TRUE(board->tree().empty());
}

TEST_F(SupervisorTest, OneForOne) {
  run(abc(Strategy::one_for_one));
  diary->take();
  send("b", Crash{"no such file"});
  EXPECT_EQ(diary->take(), "-b +b");
  EXPECT_EQ(take_reports(),
            "child_terminated root/b: std::runtime_error: no such file\n"
            "restarted root/b: std::runtime_error: no such file\n");
}

TEST_F(SupervisorTest, OneForAll) {
  run(abc(Strategy::one_for_all));
  diary->take();
  send("b", Crash{});
  EXPECT_EQ(diary->take(), "-b -c -a +a +b +c");
}

TEST_F(SupervisorTest, RestForOne) {
  run(abc(Strategy::rest_for_one));
  diary->take();
  send("b", Crash{});
  EXPECT_EQ(diary->take(), "-b -c +b +c");
}

TEST_F(SupervisorTest, AKilledChildComesBack) {
  run(abc(Strategy::one_for_one));
  diary->take();
  kill("root/c");
  settle();
  EXPECT_EQ(diary->take(), "-c +c");
  EXPECT_EQ(take_reports(), "child_terminated root/c: killed\nrestarted root/c: killed\n");
}

TEST_F(SupervisorTest, RestartTypes) {
  run({.path = "root",
       .intensity = {.restarts = 9, .period_ms = 1000},
       .children = {worker("permanent"), worker("transient", RestartType::transient),
                    worker("temporary", RestartType::temporary)}});
  diary->take();
  send("permanent", Finish{});
  EXPECT_EQ(diary->take(), "-permanent +permanent");
  send("temporary", Crash{});
  EXPECT_EQ(diary->take(), "-temporary");
  EXPECT_FALSE(board->find("temporary"));
  send("transient", Crash{});
  EXPECT_EQ(diary->take(), "-transient +transient");
  send("transient", Finish{});
  EXPECT_EQ(diary->take(), "-transient");
  EXPECT_EQ(board->children("root")->back().state, ChildState::stopped);
}

TEST_F(SupervisorTest, AChildThatIsDeadWhenItsStartReturnsIsACrash) {
  ChildSpec dead = worker("dead", RestartType::temporary);
  dead.start = [start = dead.start, this] {
    Result<caf::actor> child = start();
    caf::anon_send(*child, Crash{"stillborn"});
    settle();
    return child;
  };
  run({.path = "root", .children = {}});
  EXPECT_EQ(ask_text(StartChild{dead}), "dead ok");
  EXPECT_EQ(take_reports(), "child_terminated root/dead: std::runtime_error: stillborn\n");
}

// -- failed starts -------------------------------------------------------------------------------

TEST_F(SupervisorTest, AFailedFirstStartEndsTheSupervisor) {
  failing_starts["c"] = 1;
  run(abc(Strategy::one_for_one));
  EXPECT_EQ(diary->take(), "+a +b -b -a");
  EXPECT_EQ(ending, "c: no luck with c");
  EXPECT_EQ(take_reports(), "start_failed root/c: no luck with c\n");
}

TEST_F(SupervisorTest, AFailedStartOfTheOnlyChildEndsTheSupervisorBeforeItRan) {
  failing_starts["a"] = 1;
  run({.path = "root", .children = {worker("a")}});
  EXPECT_EQ(ending, "a: no luck with a");
}

TEST_F(SupervisorTest, StartFunctionsThatThrowOrReturnNothing) {
  run({.path = "root"});
  const auto throwing = []() -> Result<caf::actor> { throw std::out_of_range("not here"); };
  const auto empty = []() -> Result<caf::actor> { return caf::actor{}; };
  EXPECT_EQ(ask_text(StartChild{{.id = "x", .start = throwing}}),
            "x start failed: std::out_of_range: not here");
  EXPECT_EQ(ask_text(StartChild{{.id = "x", .start = empty}}),
            "x start failed: the start function returned no actor");
  EXPECT_EQ(ask_text(StartChild{{.id = "x"}}), "x start failed: no start function");
}

TEST_F(SupervisorTest, AFailedRestartIsTriedAgain) {
  run(abc(Strategy::one_for_one));
  diary->take();
  failing_starts["b"] = 2;
  send("b", Crash{});
  EXPECT_EQ(diary->take(), "-b +b");
  EXPECT_EQ(take_reports(),
            "child_terminated root/b: std::runtime_error: boom\n"
            "restart_failed root/b: no luck with b\n"
            "restart_failed root/b: no luck with b\n"
            "restarted root/b: no luck with b\n");
}

TEST_F(SupervisorTest, ShutdownGetsBetweenFailingRestarts) {
  run(abc(Strategy::rest_for_one, {.restarts = 1'000'000, .period_ms = 1000}));
  failing_starts["b"] = 1'000'000;
  caf::anon_send(board->find("b"), Crash{});
  ASSERT_FALSE(settle(1000));  // it tries and tries
  EXPECT_EQ(ending, "");
  caf::anon_send(root, StopSupervisor{});
  ASSERT_TRUE(settle(1000));
  EXPECT_EQ(ending, "shutdown");
}

TEST_F(SupervisorTest, BackOffDelaysRestarts) {
  SupervisorSpec spec = abc(Strategy::one_for_one, {.restarts = 100, .period_ms = 1000});
  spec.backoff =
      Backoff{.min_ms = 100, .max_ms = 150, .factor = 2, .jitter = 0.5, .stable_ms = 1000};
  run(spec);
  diary->take();
  send("b", Crash{});
  advance(99);
  EXPECT_EQ(diary->take(), "-b");
  EXPECT_EQ(board->children("root")->at(1).state, ChildState::restarting);
  advance(1);
  EXPECT_EQ(diary->take(), "+b");
  send("b", Crash{});
  advance(149);
  EXPECT_EQ(diary->take(), "-b");
  advance(1);
  EXPECT_EQ(diary->take(), "+b");
}

TEST_F(SupervisorTest, AKilledSupervisorCancelsItsTimers) {
  SupervisorSpec spec = abc(Strategy::one_for_one);
  spec.backoff = Backoff{};
  run(spec);
  send("b", Crash{});
  EXPECT_EQ(runtime->pending(), 1u);
  kill("root");
  settle();
  EXPECT_EQ(runtime->pending(), 0u);
}

// -- shutdown ------------------------------------------------------------------------------------

TEST_F(SupervisorTest, AChildThatIgnoresItsStopIsKilledInTime) {
  run({.path = "root",
       .children = {worker("a"),
                    worker("b", RestartType::permanent, Shutdown::after_ms(100), true)}});
  diary->take();
  send("root", StopSupervisor{});
  advance(99);
  EXPECT_EQ(diary->take(), "");
  EXPECT_EQ(board->children("root")->at(1).state, ChildState::stopping);
  advance(1);
  EXPECT_EQ(diary->take(), "-b -a");
  EXPECT_EQ(take_reports(), "shutdown_error root/b: killed\n");
  EXPECT_EQ(ending, "shutdown");
}

TEST_F(SupervisorTest, ABrutalShutdownDoesNotAsk) {
  run({.path = "root", .children = {worker("a", RestartType::permanent, Shutdown::kill(), true)}});
  send("root", StopSupervisor{});
  EXPECT_EQ(diary->take(), "+a -a");
  EXPECT_EQ(take_reports(), "");
}

TEST_F(SupervisorTest, AKillOvertakesAFullMailbox) {
  run({.path = "root", .children = {worker("a", RestartType::permanent, Shutdown::kill())}});
  const caf::actor flooded = board->find("a");
  for (int message = 0; message < 1000; ++message) caf::anon_send(flooded, Noise{});
  caf::anon_send(root, StopSupervisor{});
  scheduler().prioritize(root);
  settle();
  EXPECT_LT(diary->noise, 10u);
}

TEST_F(SupervisorTest, AnExitMessageStopsItInOrderWithThatReason) {
  run(abc(Strategy::one_for_one));
  diary->take();
  caf::anon_send_exit(root, caf::exit_reason::normal);
  settle();
  EXPECT_EQ(diary->take(), "");
  const caf::error reason = make_exit_error(ExitCode::failed, "out of patience");
  caf::anon_send(root, caf::exit_msg{root.address(), reason});
  settle();
  EXPECT_EQ(diary->take(), "-c -b -a");
  EXPECT_EQ(ending, "out of patience");
}

// -- the supervisor itself dies ------------------------------------------------------------------

TEST_F(SupervisorTest, AKilledSupervisorTakesItsChildrenWithIt) {
  run({.path = "root",
       .children = {worker("a"), worker("b", RestartType::permanent, Shutdown::infinity(), true)}});
  kill("root");
  settle();
  EXPECT_EQ(ending, "killed");
  EXPECT_EQ(diary->population(), 0);
}

TEST_F(SupervisorTest, ASupervisorThatThrowsTakesItsChildrenWithIt) {
  SupervisorContext broken = context();
  broken.report = [](const SupervisionReport&) { throw std::logic_error("broken sink"); };
  root = spawn_with(abc(Strategy::one_for_one), broken);
  root->attach_functor([this](const caf::error& reason) { ending = exit_text(reason); });
  settle();
  EXPECT_EQ(diary->population(), 3);
  send("a", Crash{});
  EXPECT_EQ(ending, "std::logic_error: broken sink");
  EXPECT_EQ(diary->population(), 0);
}

SupervisorSpec two_levels(SupervisorWorld& world, Intensity outer, Intensity inner) {
  return {
      .path = "root",
      .strategy = Strategy::rest_for_one,
      .intensity = outer,
      .children = {world.supervisor("inner", {.path = "root/inner",
                                              .intensity = inner,
                                              .children = {world.worker("a"), world.worker("b")}}),
                   world.worker("z")}};
}

TEST_F(SupervisorTest, AKilledInnerSupervisorIsReplacedWithAllItsChildren) {
  run(two_levels(*this, {.restarts = 3, .period_ms = 1000}, {}));
  EXPECT_EQ(diary->take(), "+a +b +z");
  kill("root/inner");
  settle();
  EXPECT_EQ(diary->population(), 3);
  EXPECT_EQ(board->children("root/inner")->size(), 2u);
}

/// Whoever runs first: no child is started while its predecessor lives.
TEST_F(SupervisorTest, OrphansAreDeadBeforeTheirSuccessorsStart) {
  const std::uint64_t seed = support::test_seed();
  SCOPED_TRACE(seed);
  Random random(seed);
  run(two_levels(*this, {.restarts = 1000, .period_ms = 1000}, {.restarts = 1000}));
  const std::vector<std::string> victims = {"root/inner", "root/inner/a", "root/inner/b", "root/z"};
  for (int round = 0; round < 300; ++round) {
    kill("root/inner");
    if (const auto& victim = victims[random.below(victims.size())]; board->find(victim))
      kill(victim);
    settle_at_random(random);
    ASSERT_EQ(diary->overlaps, 0);
    ASSERT_EQ(diary->population(), 3);
  }
  EXPECT_NE(take_reports().find("orphans_killed root/inner/"), std::string::npos);
}

TEST_F(SupervisorTest, EscalationGoesThroughTwoLevels) {
  run(two_levels(*this, {.restarts = 1, .period_ms = 1000}, {.restarts = 1, .period_ms = 1000}));
  EXPECT_EQ(diary->take(), "+a +b +z");
  send("a", Crash{"1"});
  EXPECT_EQ(diary->take(), "-a +a");
  take_reports();
  send("a", Crash{"2"});
  EXPECT_EQ(diary->take(), "-a -b -z +a +b +z");
  const std::string first = "a: more than 1 restarts in 1000 ms; last: std::runtime_error: 2";
  EXPECT_EQ(take_reports(),
            "child_terminated root/inner/a: std::runtime_error: 2\n"
            "escalated root/inner/a: " +
                first.substr(3) +
                "\n"
                "child_terminated root/inner: " +
                first +
                "\n"
                "restarted root/inner: " +
                first +
                "\n"
                "restarted root/z: shutdown\n");
  send("a", Crash{"3"});
  send("a", Crash{"4"});
  EXPECT_EQ(diary->take(), "-a +a -a -b -z");
  EXPECT_EQ(ending,
            "inner: more than 1 restarts in 1000 ms; last: "
            "a: more than 1 restarts in 1000 ms; last: std::runtime_error: 4");
}

TEST_F(SupervisorTest, AnInnerSupervisorIsAskedToStopAndStopsItsChildrenInOrder) {
  run(two_levels(*this, {}, {}));
  diary->take();
  send("root", StopSupervisor{});
  EXPECT_EQ(diary->take(), "-z -b -a");
  EXPECT_EQ(take_reports(), "");
}

// -- the start of a tree -------------------------------------------------------------------------

TEST_F(SupervisorTest, ASupervisorIsStartedWhenItsChildrenAre) {
  const std::uint64_t seed = support::test_seed();
  SCOPED_TRACE(seed);
  Random random(seed);
  root = spawn(two_levels(*this, {}, {}));
  settle_at_random(random);
  EXPECT_EQ(diary->take(), "+a +b +z");
}

TEST_F(SupervisorTest, AnInnerSupervisorThatCannotStartFailsTheOuter) {
  failing_starts["b"] = 1;
  run(two_levels(*this, {}, {}));
  EXPECT_EQ(diary->take(), "+a -a");
  EXPECT_EQ(ending, "inner: b: no luck with b");
}

TEST_F(SupervisorTest, TellsWhenItIsStarted) {
  root = spawn(two_levels(*this, {}, {}));
  int population = 0;
  request<SupervisorStarted>(AwaitStarted{},
                             [&](SupervisorStarted&) { population = diary->population(); });
  EXPECT_EQ(population, 3);
  ask<SupervisorStarted>(AwaitStarted{});  // again, later
}

TEST_F(SupervisorTest, WhoWaitsForTheStartOfADyingSupervisorGetsAnError) {
  failing_starts["z"] = 1;
  root = spawn(two_levels(*this, {}, {}));
  EXPECT_TRUE(*request<SupervisorStarted>(AwaitStarted{}, [](SupervisorStarted&) { FAIL(); }));
}

// -- requests ------------------------------------------------------------------------------------

TEST_F(SupervisorTest, Requests) {
  run(abc(Strategy::one_for_one));
  diary->take();
  EXPECT_EQ(ask_text(StartChild{worker("d")}), "d ok");
  EXPECT_EQ(ask_text(StartChild{worker("d")}), "d already present");
  EXPECT_EQ(ask_text(StartChild{worker("d/e")}), "d/e not supported");
  EXPECT_EQ(ask_text(DeleteChild{"d"}), "d running");
  EXPECT_EQ(ask_text(RestartChild{"d"}), "d running");
  EXPECT_EQ(ask_text(TerminateChild{"d"}), "d ok");
  EXPECT_EQ(board->children("root")->back().state, ChildState::stopped);
  EXPECT_EQ(ask_text(RestartChild{"d"}), "d ok");
  EXPECT_EQ(ask_text(TerminateChild{"d"}), "d ok");
  EXPECT_EQ(ask_text(DeleteChild{"d"}), "d ok");
  EXPECT_EQ(ask_text(DeleteChild{"d"}), "d not found");
  EXPECT_EQ(ask_text(TerminateChild{"d"}), "d not found");
  EXPECT_EQ(diary->take(), "+d -d +d -d");
}

TEST_F(SupervisorTest, StartChildAnswersWithTheChild) {
  run({.path = "root"});
  const ChildAnswer answer = ask<ChildAnswer>(StartChild{worker("d")});
  EXPECT_EQ(answer.child, board->find("d"));
  EXPECT_TRUE(answer.child);
}

TEST_F(SupervisorTest, ListsItsChildren) {
  run(abc(Strategy::one_for_one));
  send("b", Crash{});
  const auto listed = ask<ChildrenListed>(WhichChildren{});
  ASSERT_EQ(listed.children.size(), 3u);
  EXPECT_EQ(listed.children[1].id, "b");
  EXPECT_EQ(listed.children[1].restarts, 1u);
  EXPECT_EQ(listed.children[1].last_exit, "std::runtime_error: boom");
  EXPECT_EQ(listed.children[2].restarts, 0u);
}

TEST_F(SupervisorTest, ARequesterIsAnsweredWhenTheSupervisorIsKilled) {
  run({.path = "root",
       .children = {worker("a", RestartType::permanent, Shutdown::infinity(), true)}});
  const auto failed =
      request<ChildAnswer>(TerminateChild{"a"}, [](ChildAnswer&) { FAIL() << "a does not stop"; });
  EXPECT_FALSE(*failed);
  kill("root");
  settle();
  EXPECT_TRUE(*failed);
}

// -- dynamic -------------------------------------------------------------------------------------

TEST_F(SupervisorTest, TenThousandDynamicChildren) {
  constexpr int count = 10'000;
  run({.path = "root",
       .strategy = Strategy::dynamic,
       .child_template = {.restart = RestartType::temporary, .shutdown = Shutdown::after_ms(100)}});
  for (int number = 0; number < count; ++number)
    caf::anon_send(root, StartChild{worker("connection:" + std::to_string(number),
                                           RestartType::permanent, std::nullopt, number % 2 == 1)});
  settle();
  EXPECT_EQ(diary->population(), count);
  EXPECT_EQ(board->tree(10).size(), 11u);
  EXPECT_EQ(board->tree(10).front().children, static_cast<std::size_t>(count));
  for (int number = 0; number < count; number += 4)
    caf::anon_send(board->find("connection:" + std::to_string(number)), Finish{});
  settle();
  EXPECT_EQ(diary->population(), count * 3 / 4);
  EXPECT_EQ(board->children("root")->size(), static_cast<std::size_t>(count * 3 / 4));
  EXPECT_EQ(take_reports(), "");
  send("root", StopSupervisor{});
  EXPECT_EQ(diary->population(), count / 2);  // the stubborn ones
  EXPECT_EQ(runtime->pending(), 1u);
  advance(100);
  EXPECT_EQ(diary->population(), 0);
  EXPECT_EQ(ending, "shutdown");
}

TEST_F(SupervisorTest, AKilledDynamicSupervisorTakesItsChildrenWithIt) {
  SupervisorSpec dynamic{.path = "root/connections", .strategy = Strategy::dynamic};
  run({.path = "root", .children = {supervisor("connections", dynamic)}});
  const auto connect = [&] {
    for (int number = 0; number < 1000; ++number)
      caf::anon_send(board->find("connections"),
                     StartChild{worker("connection:" + std::to_string(number))});
    settle();
  };
  connect();
  EXPECT_EQ(diary->population(), 1000);
  kill("connections");
  settle();
  EXPECT_EQ(diary->population(), 0);
  connect();
  EXPECT_EQ(diary->population(), 1000);
  EXPECT_EQ(diary->overlaps, 0);
}

TEST_F(SupervisorTest, DynamicRequests) {
  run({.path = "root", .strategy = Strategy::dynamic});
  EXPECT_EQ(ask_text(StartChild{worker("x")}), "x ok");
  EXPECT_EQ(ask_text(RestartChild{"x"}), "x not supported");
  EXPECT_EQ(ask_text(TerminateChild{"x"}), "x ok");
  EXPECT_EQ(ask_text(TerminateChild{"x"}), "x not found");
  failing_starts["x"] = 1;
  EXPECT_EQ(ask_text(StartChild{worker("x")}), "x start failed: no luck with x");
  EXPECT_EQ(ask_text(StartChild{worker("x")}), "x ok");
}

}  // namespace
}  // namespace respawn::supervision
