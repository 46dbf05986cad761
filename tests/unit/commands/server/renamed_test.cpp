// Commands that rename-command has given another name: clients call them by it; counters, documents
// and what is replayed go by the command's own name.
#include <gmock/gmock.h>

#include "tests/unit/commands/support.hpp"

namespace respawn::commands::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// Notes what units propagate.
class Propagations final : public UnitListener {
 public:
  void unit_done(const UnitRecord& unit) override {
    for (const Propagated& effect : unit.propagated()) effects.push_back(effect.words);
  }

  std::vector<std::vector<std::string>> effects;
};

void rename(Store& store, std::string_view from, std::string_view to) {
  ASSERT_EQ(store.registry.rename(from, to), Renaming::done) << from;
}

class Renamed : public CommandTest {
 protected:
  void name(std::string_view from, std::string_view to) { rename(server.store, from, to); }
};

TEST_F(Renamed, ClientsCallTheNewName) {
  name("config", "");
  name("get", "fetch");
  name("set", "get");
  EXPECT_EQ(run("GET k v"), ok);
  EXPECT_EQ(run("fetch k"), bulk("v"));
  EXPECT_EQ(run("FETCH"), error("ERR wrong number of arguments for 'get' command"));
  EXPECT_EQ(run("SET k v"), error("ERR unknown command 'SET', with args beginning with: 'k' 'v' "));
  EXPECT_EQ(run("CONFIG GET x"),
            error("ERR unknown command 'CONFIG', with args beginning with: 'GET' 'x' "));
}

TEST_F(Renamed, DocumentsShowTheOwnName) {
  name("object", "Obj");
  name("get", "fetch");
  name("config", "");
  const std::string count = std::to_string(server.store.registry.commands().size());
  EXPECT_EQ(run("COMMAND COUNT"), ":" + count + "\r\n");
  EXPECT_THAT(run("COMMAND INFO fetch"), HasSubstr("*10\r\n$3\r\nget\r\n:2\r\n"));
  EXPECT_THAT(run("COMMAND INFO obj|encoding"), HasSubstr("$15\r\nobject|encoding\r\n"));
  EXPECT_EQ(run("COMMAND INFO get config object|encoding"), array({null, null, null}));
  EXPECT_THAT(run("COMMAND DOCS fetch"), ::testing::StartsWith("*2\r\n$3\r\nget\r\n"));
  EXPECT_EQ(run("COMMAND DOCS get"), array({}));
  EXPECT_EQ(run("COMMAND LIST FILTERBY PATTERN *fetch*"), array({}));
  EXPECT_EQ(run("COMMAND LIST FILTERBY PATTERN get"), bulks({"get"}));
  EXPECT_EQ(run("COMMAND LIST FILTERBY PATTERN config*"), array({}));
  EXPECT_EQ(run("COMMAND GETKEYS fetch k"), bulks({"k"}));
  EXPECT_EQ(run("COMMAND GETKEYS get k"), error("ERR Invalid command specified"));
}

TEST_F(Renamed, HelpAndItsHintsUseTheNameThatWasSent) {
  name("object", "Obj");
  EXPECT_EQ(run("obj nosuch"), error("ERR unknown subcommand 'nosuch'. Try OBJ HELP."));
  EXPECT_THAT(run("obj HELP"), HasSubstr("+OBJ <subcommand> [<arg> [value] [opt] ...]"));
}

TEST_F(Renamed, EachContainerStillHasItsHelp) {
  std::vector<std::string> containers;
  for (const Command* command : server.store.registry.commands())
    if (command->subcommand("help") && command->spec->name != "cluster")
      containers.emplace_back(command->spec->name);
  ASSERT_GT(containers.size(), 5U);
  server.configure([](config::Config& c) { c.enable_debug_command = config::Permission::yes; });
  for (const std::string& container : containers) {
    name(container, "x-" + container);
    EXPECT_THAT(run("x-" + container + " HELP"), HasSubstr("<subcommand>")) << container;
  }
}

TEST_F(Renamed, CountersGoByTheOwnName) {
  name("get", "fetch");
  name("object", "obj");
  name("config", "conf");
  run("fetch k");
  run("obj encoding k");
  const std::string counted = run("INFO commandstats");
  EXPECT_THAT(counted, HasSubstr("cmdstat_get:calls=1,"));
  EXPECT_THAT(counted, HasSubstr("cmdstat_object|encoding:calls=1,"));
  EXPECT_THAT(counted, Not(HasSubstr("fetch")));
  EXPECT_EQ(run("conf RESETSTAT"), ok);
  EXPECT_THAT(run("INFO commandstats"), Not(HasSubstr("cmdstat_get")));
}

TEST_F(Renamed, MonitorShowsWhatWasSent) {
  name("get", "fetch");
  auto& monitor = connect();
  EXPECT_EQ(monitor.run("MONITOR"), ok);
  run("Fetch k");
  EXPECT_THAT(monitor.received(), HasSubstr("\"Fetch\" \"k\""));
}

TEST_F(Renamed, ABlockedCommandRunsAgain) {
  name("blpop", "wait-for");
  name("lpop", "");
  auto& waiting = connect();
  EXPECT_EQ(waiting.run("wait-for l 0"), "");
  Propagations told;
  server.store.unit.add_listener(told);
  run("RPUSH l a");
  server.store.unit.remove_listener(told);
  EXPECT_EQ(waiting.received(), bulks({"l", "a"}));
  EXPECT_EQ(told.effects,
            (std::vector<std::vector<std::string>>{{"RPUSH", "l", "a"}, {"LPOP", "l"}}));
}

TEST_F(Renamed, AWaitThatEndsIsCounted) {
  name("blpop", "wait-for");
  auto& waiting = connect();
  waiting.run("wait-for l 1");
  pass_ms(1001);
  EXPECT_EQ(waiting.received(), null_array);
  EXPECT_EQ(server.store.registry.find_original("blpop")->statistics.calls, 1U);
}

TEST_F(Renamed, WhatIsReplayedHasTheOwnNames) {
  Server replica;
  replica.first.session().applying = true;
  rename(replica.store, "rpush", "append-to");
  rename(replica.store, "del", "");
  rename(replica.store, "pexpireat", "");
  name("set", "get-off");
  name("rpush", "SET");
  name("expire", "keep");
  Propagations told;
  server.store.unit.add_listener(told);
  run("get-off k v");
  run("set l a b");
  run("keep k 100");
  run("DEL nosuch l");
  run("SET l c");
  server.store.unit.remove_listener(told);
  ASSERT_EQ(told.effects.size(), 5U);
  EXPECT_EQ(told.effects[0], (std::vector<std::string>{"set", "k", "v"}));
  EXPECT_EQ(told.effects[1], (std::vector<std::string>{"rpush", "l", "a", "b"}));
  EXPECT_EQ(told.effects[2][0], "PEXPIREAT");
  for (const auto& words : told.effects)
    EXPECT_THAT(replica.first.run_words(words), Not(HasSubstr("-ERR"))) << words[0];
  EXPECT_EQ(replica.connect().run("GET k"), bulk("v"));
  EXPECT_EQ(replica.connect().run("LRANGE l 0 -1"), bulks({"c"}));
}

TEST_F(Renamed, APipelineIsForeseenByTheNewNames) {
  name("get", "fetch");
  name("set", "get");
  EXPECT_EQ(server.first.pipeline({"get a 1", "fetch a", "set a 2", "FETCH a"}),
            ok + bulk("1") +
                error("ERR unknown command 'set', with args beginning with: 'a' '2' ") + bulk("1"));
}

class MinReplicas : public CommandTest {};

TEST_F(MinReplicas, WritesAreRefusedWhileThereAreTooFew) {
  const std::string refused = error("NOREPLICAS Not enough good replicas to write.");
  EXPECT_EQ(run("CONFIG SET min-replicas-to-write 1"), ok);
  EXPECT_EQ(run("SET k v"), refused);
  EXPECT_EQ(run("DEL nosuch"), refused);
  EXPECT_EQ(run("GET k"), null);
  EXPECT_EQ(run("PUBLISH c m"), integer(0));
  EXPECT_THAT(run("INFO replication"),
              HasSubstr("connected_slaves:0\r\nmin_slaves_good_slaves:0\r\n"));
  EXPECT_EQ(run("CONFIG SET min-replicas-max-lag 0"), ok);
  EXPECT_EQ(run("SET k v"), ok) << "without a lag nothing is asked for";
  EXPECT_THAT(run("INFO replication"), Not(HasSubstr("min_slaves")));
  EXPECT_EQ(run("CONFIG SET min-replicas-max-lag 10 min-replicas-to-write 0"), ok);
  EXPECT_EQ(run("SET k w"), ok);
}

}  // namespace
}  // namespace respawn::commands::test
