#include <gmock/gmock.h>

#include "tests/unit/commands/server/slow_commands.hpp"

namespace respawn::commands::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class SlowLogCommand : public CommandTest {
 protected:
  SlowLogCommand() { log_from(0); }

  void log_from(std::int64_t us) {
    server.configure([=](config::Config& c) { c.slowlog_log_slower_than_us = us; });
  }

  /// The words of each entry, the newest first: "[get k] [set k v] ".
  std::string logged() {
    std::string text;
    for (const SlowCommand& entry : server.store.slow_log.entries()) {
      text += '[';
      for (std::size_t i = 0; i < entry.words.size(); ++i)
        text += (i == 0 ? "" : " ") + entry.words[i];
      text += "] ";
    }
    return text;
  }

  const SlowCommand& newest() { return server.store.slow_log.entries().front(); }

  SlowHandlers handlers{server};
};

TEST_F(SlowLogCommand, AnEntryHasSixParts) {
  run("CLIENT SETNAME worker");
  run("SLOWLOG RESET");
  log_from(1500);
  server.store.slow_log.clear();
  handlers.us = 2000;
  run("SET k v");
  log_from(-1);
  EXPECT_EQ(run("SLOWLOG GET"),
            array({array({integer(2), integer(server.clock.wall_us() / 1'000'000), integer(2000),
                          bulks({"SET", "k", "v"}), bulk("127.0.0.1:50001"), bulk("worker")})}));
  EXPECT_EQ(run("SLOWLOG LEN"), integer(1));
  EXPECT_EQ(run("SLOWLOG RESET"), ok);
  EXPECT_EQ(run("SLOWLOG LEN"), integer(0));
  EXPECT_EQ(run("SLOWLOG GET"), array({}));
}

TEST_F(SlowLogCommand, OnlyWhatTakesAsLongIsLogged) {
  log_from(1000);
  handlers.us = 999;
  run("PING");
  EXPECT_EQ(logged(), "");
  handlers.us = 1000;
  run("PING");
  EXPECT_EQ(logged(), "[PING] ");
  log_from(-1);
  run("PING");
  EXPECT_EQ(logged(), "[PING] ");
}

TEST_F(SlowLogCommand, ANewThresholdCountsFromTheCommandThatSetsIt) {
  EXPECT_EQ(run("CONFIG SET slowlog-log-slower-than -1"), ok);
  run("PING");
  EXPECT_EQ(logged(), "");
  run("CONFIG SET slowlog-log-slower-than 0");
  run("PING");
  EXPECT_EQ(logged(), "[PING] [CONFIG SET slowlog-log-slower-than 0] ");
}

TEST_F(SlowLogCommand, TheOldestFallOff) {
  run("CONFIG SET slowlog-max-len 2");
  run("PING 1");
  run("PING 2");
  EXPECT_EQ(logged(), "[PING 2] [PING 1] ");
  run("CONFIG SET slowlog-max-len 1");
  EXPECT_EQ(logged(), "[CONFIG SET slowlog-max-len 1] ");
  run("CONFIG SET slowlog-max-len 0");
  EXPECT_EQ(logged(), "");
}

TEST_F(SlowLogCommand, GetTakesACount) {
  for (int i = 0; i < 12; ++i) run("PING " + std::to_string(i));
  log_from(-1);
  const auto count = [&](const std::string& text) {
    const std::string reply = run(text);
    return reply.substr(0, reply.find('\r'));
  };
  EXPECT_EQ(count("SLOWLOG GET"), "*10");
  EXPECT_EQ(count("SLOWLOG GET -1"), "*12");
  EXPECT_EQ(count("SLOWLOG GET 3"), "*3");
  EXPECT_EQ(count("SLOWLOG GET 0"), "*0");
  EXPECT_EQ(count("SLOWLOG GET 50"), "*12");
  const std::string bad = error("ERR count should be greater than or equal to -1");
  EXPECT_EQ(run("SLOWLOG GET -2"), bad);
  EXPECT_EQ(run("SLOWLOG GET x"), bad);
  EXPECT_EQ(run("SLOWLOG GET 1 2"),
            error("ERR unknown subcommand or wrong number of arguments for 'GET'. Try SLOWLOG "
                  "HELP."));
}

TEST_F(SlowLogCommand, LongOnesAreCut) {
  std::vector<std::string> words{"SADD", "s", std::string(130, 'x')};
  for (int i = 0; i < 40; ++i) words.push_back(std::to_string(i));
  server.first.run_words(words);
  EXPECT_EQ(newest().words.size(), 32U);
  EXPECT_EQ(newest().words[2], std::string(128, 'x') + "... (2 more bytes)");
  EXPECT_EQ(newest().words[30], "27");
  EXPECT_EQ(newest().words[31], "... (12 more arguments)");
  server.first.run_words({words.begin(), words.begin() + 32});
  EXPECT_EQ(newest().words[31], "28");
}

TEST_F(SlowLogCommand, SecretsAreLeftOut) {
  run("AUTH user password");
  EXPECT_EQ(logged(), "[AUTH (redacted) (redacted)] ");
  run("SLOWLOG RESET");
  run("CONFIG SET requirepass secret maxmemory-samples 7");
  EXPECT_THAT(logged(), HasSubstr("[CONFIG SET requirepass (redacted) maxmemory-samples 7] "));
}

TEST_F(SlowLogCommand, RefusedCommandsAreNotRun) {
  run("SET k");
  run("NOSUCH");
  EXPECT_EQ(logged(), "");
}

TEST_F(SlowLogCommand, ABlockedOneIsLoggedWhenItEndsWithoutItsWait) {
  handlers.us = 300;
  Client& waiter = connect();
  waiter.run("BLPOP l 0");
  EXPECT_THAT(logged(), Not(HasSubstr("BLPOP")));
  pass_ms(5000);
  run("RPUSH l x");
  EXPECT_EQ(logged(), "[BLPOP l 0] [RPUSH l x] ");
  EXPECT_EQ(newest().run_us, 600U);
  EXPECT_EQ(newest().address, "127.0.0.1:50002");
}

TEST_F(SlowLogCommand, OneWhoseTimeIsOverIsLogged) {
  handlers.us = 300;
  Client& waiter = connect();
  waiter.run("BLPOP l 1");
  pass_ms(1001);
  EXPECT_EQ(waiter.received(), null_array);
  EXPECT_EQ(logged(), "[BLPOP l 1] ");
  EXPECT_EQ(newest().run_us, 300U);
}

TEST_F(SlowLogCommand, OutlivesTheKeyspaceActor) {
  run("PING");
  server.restart();
  run("PING again");
  EXPECT_EQ(logged(), "[PING again] [PING] ");
  EXPECT_EQ(newest().id, 1U);
}

TEST_F(SlowLogCommand, RespawnShowsWhatACommandWaited) {
  handlers.us = 100;
  server.clock.advance_ms(1);
  server.first.session().batch.arrived_ns = server.clock.stopwatch_ns();
  server.clock.advance_us(700);
  run("PING");
  log_from(-1);
  EXPECT_EQ(run("RESPAWN SLOWLOG"),
            array({array({bulk("id"), integer(0), bulk("time-s"),
                          integer(server.clock.wall_us() / 1'000'000), bulk("run-us"), integer(100),
                          bulk("wait-us"), integer(700), bulk("arguments"), bulks({"PING"}),
                          bulk("address"), bulk("127.0.0.1:50001"), bulk("name"), bulk("")})}));
  EXPECT_EQ(run("RESPAWN SLOWLOG 0"), array({}));
  EXPECT_EQ(run("RESPAWN SLOWLOG x"), error("ERR value is out of range, must be positive"));
  EXPECT_EQ(run("RESPAWN SLOWLOG 1 2"),
            error("ERR wrong number of arguments for 'respawn|slowlog' command"));
}

TEST_F(SlowLogCommand, HelpNamesTheSubcommands) {
  EXPECT_THAT(run("SLOWLOG HELP"), HasSubstr("GET [count]"));
}

}  // namespace
}  // namespace respawn::commands::test
