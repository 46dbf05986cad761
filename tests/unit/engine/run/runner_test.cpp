// Commands within commands: what transactions and scripts will do.
#include "engine/run/runner.hpp"

#include <gtest/gtest.h>

#include <array>

#include "tests/unit/commands/support.hpp"

namespace respawn::engine {
namespace {

using commands::test::error;
using commands::test::integer;
using commands::test::null_array;
using commands::test::ok;

ManualClock* clock_of_the_test = nullptr;

/// Runs commands that are separated by ";" and replies what they reply, one behind the other.
void nest(Execution& x, Args args) {
  Buffer replies;
  std::size_t first = 1;
  for (std::size_t at = 1; at <= args.size(); ++at) {
    if (at < args.size() && args[at] != ";") continue;
    x.env().runner.run_nested(x.session(), args.subspan(first, at - first), replies);
    clock_of_the_test->advance_ms(1000);
    first = at + 1;
  }
  x.reply.raw(replies.view());
}

/// Its reply comes later.
void dawdle(Execution& x, Args) {
  x.env().runner.run_nested(x.session(), std::array<std::string_view, 3>{"SET", "a", "1"},
                            x.reply.buffer());
  x.env().long_unit.give_way();
  x.env().runner.run_nested(x.session(), std::array<std::string_view, 2>{"INCR", "a"},
                            x.reply.buffer());
}

Flags flags_of_dawdle(const Store&, const CommandSpec& spec, Args) {
  return spec.flags;
}

constexpr CommandSpec rows[] = {
    command({.name = "nest",
             .syntax = "word [word ...]",
             .since = "0.1.0",
             .summary = "Runs commands.",
             .run = nest}),
    command({.name = "dawdle",
             .flags = {Flag::runs_script},
             .since = "0.1.0",
             .summary = "Takes its time.",
             .run = dawdle,
             .flags_of_call = flags_of_dawdle}),
};

class Listener final : public UnitListener {
 public:
  void unit_done(const UnitRecord& unit) override {
    for (const Touched& each : unit.touched()) text += "[" + each.key + "] ";
    for (const Propagated& effect : unit.propagated()) {
      text += std::to_string(effect.db) + ":";
      for (const std::string& word : effect.words) text += word + " ";
    }
    text += "; ";
  }

  std::string text;
};

class RunnerTest : public testing::Test {
 protected:
  RunnerTest() {
    clock_of_the_test = &clock_;
    session_->id = 1;
    store_.unit.add_listener(listener_);
    executor_.add_client(session_);
  }

  ~RunnerTest() override { store_.unit.remove_listener(listener_); }

  static std::vector<std::span<const CommandSpec>> families() {
    auto all = commands::every_family();
    all.emplace_back(rows);
    return all;
  }

  std::string run(std::string_view line) {
    Batch& batch = session_->batch;
    batch.input.clear();
    batch.output.clear();
    batch.commands.clear();
    batch.next = 0;
    const std::vector<std::string> words = split_quoted(line).value();
    protocol::ReplyWriter request(batch.input, protocol::RespVersion::resp2);
    request.array(words.size());
    for (const std::string& word : words) request.bulk(word);
    protocol::RequestParser().parse(batch.input, 0, protocol::RequestLimits{}, 1, batch.commands);
    batch.begin_executing(executor_.generation());
    executor_.begin_batch(*session_);
    outcome_ = executor_.execute_next(*session_);
    return std::string(batch.output.view());
  }

  ManualClock clock_;
  commands::test::FakeServices services_;
  Listener listener_;
  Store store_{std::make_shared<config::Config>(), families()};
  Executor executor_{store_, services_, clock_};
  SessionPtr session_ = std::make_shared<Session>();
  Outcome outcome_ = Outcome::done;
};

TEST_F(RunnerTest, WhatRunsInsideIsOneUnit) {
  EXPECT_EQ(run("NEST SET a 1 ; INCR a ; GET a"), ok + integer(2) + commands::test::bulk("2"));
  EXPECT_EQ(listener_.text, "[a] 0:SET a 1 0:INCR a ; ");
  EXPECT_EQ(store_.databases.changes, 2U);
}

TEST_F(RunnerTest, EachEffectNamesItsDatabase) {
  run("NEST SELECT 3 ; SET a 1 ; SELECT 0 ; SET b 1");
  EXPECT_EQ(listener_.text, "[a] [b] 3:SET a 1 0:SET b 1 ; ");
}

TEST_F(RunnerTest, TimeStandsStillWithinAUnit) {
  const std::int64_t now_ms = clock_.wall_us() / 1000;
  run("NEST SET a 1 PX 500 ; SET b 1 PX 500 ; GET a");
  EXPECT_EQ(store_.databases.at(0).find("a")->expire_at_ms(), now_ms + 500);
  EXPECT_EQ(store_.databases.at(0).find("b")->expire_at_ms(), now_ms + 500);
}

TEST_F(RunnerTest, NothingWaitsInside) {
  EXPECT_EQ(run("NEST BLPOP nothing 0 ; PING"), null_array + "+PONG\r\n");
  EXPECT_EQ(outcome_, Outcome::done);
  EXPECT_FALSE(session_->blocked.active);
}

TEST_F(RunnerTest, EachIsAdmittedByItself) {
  EXPECT_EQ(run("NEST NOSUCH x ; GET ; DEBUG JMAP"),
            error("ERR unknown command 'NOSUCH', with args beginning with: 'x' ") +
                error("ERR wrong number of arguments for 'get' command") +
                error(errors::not_permitted("debug")));
}

TEST_F(RunnerTest, NothingIsEvictedInside) {
  run("SET a 1");
  run("SET b 1");
  auto config = std::make_shared<config::Config>();
  config->maxmemory_bytes = 1;
  config->maxmemory_policy = config::EvictionPolicy::allkeys_random;
  store_.put_in_force(config);
  int over = 0;
  services_.memory.measure = [&] { return over-- > 0 ? std::uint64_t{2} : std::uint64_t{0}; };
  over = 0;
  EXPECT_EQ(run("NEST SET c 1 ; DBSIZE"), ok + integer(3));
  // Over the limit from the middle on: not looked at there.
  over = 1;
  run("PING");
  EXPECT_EQ(store_.databases.statistics.evicted_keys, 1U);
}

TEST_F(RunnerTest, TheMemoryLimitCountsAsTheUnitFoundIt) {
  auto config = std::make_shared<config::Config>();
  config->maxmemory_bytes = 1;
  store_.put_in_force(config);
  services_.memory.known.used = 2;
  EXPECT_EQ(run("NEST SET a 1 ; GET a"), error(errors::out_of_memory) + commands::test::null);
}

TEST_F(RunnerTest, EventsAreToldInside) {
  auto config = std::make_shared<config::Config>();
  config->notify_keyspace_events = config::keyspace_event::all | config::keyspace_event::keyevent;
  store_.put_in_force(config);
  auto other = std::make_shared<Session>();
  other->id = 2;
  executor_.add_client(other);
  executor_.environment().subscriptions.subscribe(*other, "__keyevent@0__:set");
  run("NEST SET a 1 ; SET b 1");
  EXPECT_EQ(store_.clients.take_pushing().size(), 1U);
}

TEST_F(RunnerTest, WhatIsPushedInsideComesBehindTheReplyToAll) {
  session_->resp = protocol::RespVersion::resp3;
  executor_.environment().subscriptions.subscribe(*session_, "c");
  const auto message = [](std::string_view text) {
    return commands::test::aggregate('>', {commands::test::bulk("message"),
                                           commands::test::bulk("c"), commands::test::bulk(text)});
  };
  EXPECT_EQ(run("NEST PUBLISH c 1 ; SET a 1 ; PUBLISH c 2"),
            integer(1) + ok + integer(1) + message("1") + message("2"));
}

TEST_F(RunnerTest, ASuspendedCommandStaysWithTheKeyspaceAndIsOneUnit) {
  EXPECT_EQ(run("DAWDLE"), ok);
  EXPECT_EQ(outcome_, Outcome::suspended);
  EXPECT_TRUE(executor_.suspended());
  EXPECT_EQ(executor_.suspended_session(), session_);
  EXPECT_EQ(session_->batch.next, 0U);
  EXPECT_TRUE(session_->batch.running);
  EXPECT_EQ(listener_.text, "");
  EXPECT_EQ(executor_.go_on_suspended(), Outcome::done);
  EXPECT_EQ(session_->batch.output.view(), ok + integer(2));
  EXPECT_EQ(session_->batch.next, 1U);
  EXPECT_FALSE(session_->batch.running);
  EXPECT_EQ(listener_.text, "[a] 0:SET a 1 0:INCR a ; ");
}

TEST_F(RunnerTest, ReplicasAloneAreToldOfMessages) {
  class TargetsOf final : public UnitListener {
   public:
    void unit_done(const UnitRecord& unit) override {
      for (const Propagated& effect : unit.propagated()) targets.push_back(effect.targets);
    }

    std::vector<Targets> targets;
  } told;

  store_.unit.add_listener(told);
  run("PUBLISH c m");
  run("SET a 1");
  store_.unit.remove_listener(told);
  EXPECT_EQ(told.targets, (std::vector{Targets::replicas, Targets::everybody}));
}

}  // namespace
}  // namespace respawn::engine
