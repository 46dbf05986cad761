#include "config/change.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/option_value.hpp"

namespace respawn::config {
namespace {

using Arguments = std::vector<std::string_view>;
using Pairs = std::vector<std::pair<std::string, std::string>>;
using testing::Contains;
using testing::IsEmpty;
using testing::Pair;

Pairs ask(const Arguments& patterns) {
  return get(Config(), patterns);
}

std::string change_error(const Arguments& arguments, const Config& now = {}, Caller caller = {}) {
  auto prepared = prepare(now, arguments, caller);
  return prepared.ok() ? "(none)" : prepared.error();
}

std::string set_failed(const std::string& name, const std::string& why) {
  return "ERR CONFIG SET failed (possibly related to argument '" + name + "') - " + why;
}

/// What CONFIG GET prints after CONFIG SET.
std::string after_setting(std::string_view name, std::string_view argument) {
  auto prepared = prepare(Config(), Arguments{name, argument}, {});
  if (!prepared.ok()) return prepared.error();
  return get(prepared->config, *find_option(name));
}

/// What CONFIG GET prints of a value, whether it can be set or not.
std::string printed(std::string_view name, std::string_view argument) {
  const Option& option = *find_option(name);
  auto value = parse_value(option, argument_words(option, argument), read(Config(), option));
  return value.ok() ? format_value(option, *value) : value.error();
}

TEST(ConfigGet, ReturnsNamesAsTheyWereAsked) {
  EXPECT_EQ(ask({"port"}), (Pairs{{"port", "6379"}}));
  EXPECT_EQ(ask({"PORT", "port"}), (Pairs{{"PORT", "6379"}}));
  EXPECT_EQ(ask({"Slave-Priority"}), (Pairs{{"Slave-Priority", "100"}}));
  EXPECT_THAT(ask({"nosuch"}), IsEmpty());
  EXPECT_THAT(ask({"po\\rt"}), IsEmpty());
}

TEST(ConfigGet, PatternsMatchNamesAndAliasesOnce) {
  EXPECT_EQ(ask({"PO*", "port"}), (Pairs{{"port", "6379"}}));
  EXPECT_EQ(ask({"po[r]t"}), (Pairs{{"port", "6379"}}));
  EXPECT_EQ(ask({"*-priority"}), (Pairs{{"replica-priority", "100"}, {"slave-priority", "100"}}));
  EXPECT_EQ(ask({"lua-time-limit", "busy*", "lua-t*"}),
            (Pairs{{"lua-time-limit", "5000"}, {"busy-reply-threshold", "5000"}}));
}

TEST(ConfigGet, HiddenOptionsAnswerToTheirExactNameOnly) {
  auto all = ask({"*"});
  for (const Option& option : options()) {
    std::string name(option.name);
    EXPECT_EQ(ask({option.name}).size(), 1U) << name;
    if (option.hidden) {
      EXPECT_THAT(all, testing::Not(Contains(Pair(name, testing::_))));
    } else {
      EXPECT_THAT(all, Contains(Pair(name, std::string(option.initial))));
    }
  }
}

TEST(ConfigSet, ChangesSeveralAndRaisesTheVersion) {
  Config now;
  now.version = 7;
  auto prepared = prepare(now, Arguments{"maxclients", "5", "slave-priority", "7"}, {});
  ASSERT_TRUE(prepared.ok()) << prepared.error();
  EXPECT_EQ(prepared->config.maxclients, 5U);
  EXPECT_EQ(prepared->config.replica_priority, 7);
  EXPECT_EQ(prepared->config.version, 8U);
  EXPECT_EQ(now.maxclients, 10000U);
  ASSERT_EQ(prepared->changes.size(), 2U);
  EXPECT_EQ(prepared->changes[0].option->name, "maxclients");
  EXPECT_EQ(prepared->changes[0].before, "10000");
  EXPECT_EQ(prepared->changes[0].after, "5");
  EXPECT_EQ(refusal_reply(prepared->changes, {prepared->changes[1].option, "no"}).text,
            set_failed("slave-priority", "no"));
}

TEST(ConfigSet, ChangesKnowWhatAppliesThem) {
  auto prepared = prepare(Config(), Arguments{"timeout", "3", "port", "7000"}, {});
  ASSERT_TRUE(prepared.ok());
  EXPECT_EQ(changed_option(prepared->changes, Applies::listening_port), find_option("port"));
  EXPECT_EQ(changed_option(prepared->changes, Applies::listening_addresses), nullptr);
  EXPECT_EQ(changed_option(prepared->changes, Applies::directory), nullptr);
}

TEST(ConfigSet, AnOptionThatKeepsItsValueIsNoChange) {
  auto prepared = prepare(Config(), Arguments{"port", "6379", "timeout", "3"}, {});
  ASSERT_TRUE(prepared.ok());
  ASSERT_EQ(prepared->changes.size(), 1U);
  EXPECT_EQ(prepared->changes[0].option->name, "timeout");
}

TEST(ConfigSet, ChangesDoNotShowSecrets) {
  for (const Option& option : options()) {
    if (!option.secret) continue;
    Config after;
    write(after, option, std::string("hunter2"));
    auto changes = differences(Config(), after);
    ASSERT_EQ(changes.size(), 1U) << option.name;
    EXPECT_EQ(changes[0].before, "(redacted)");
    EXPECT_EQ(changes[0].after, "(redacted)");
    EXPECT_EQ(get(after, option), "hunter2");
  }
}

TEST(ConfigSet, TheLookUpReportsTheFirstFault) {
  EXPECT_EQ(change_error({"port"}), "ERR syntax error");
  EXPECT_EQ(change_error({"nosuch", "1", "port"}), "ERR syntax error");
  EXPECT_EQ(change_error({"nosuch", "1"}),
            "ERR Unknown option or number of arguments for CONFIG SET - 'nosuch'");
  EXPECT_EQ(change_error({"databases", "1", "nosuch", "3"}),
            set_failed("databases", "can't set immutable config"));
  EXPECT_EQ(change_error({"nosuch", "1", "databases", "2"}),
            "ERR Unknown option or number of arguments for CONFIG SET - 'nosuch'");
  EXPECT_EQ(change_error({"maxmemory", "x", "port", "1", "PORT", "1"}),
            set_failed("PORT", "duplicate parameter"));
  EXPECT_EQ(change_error({"dbfilename", "x"}),
            set_failed("dbfilename", "can't set protected config"));
}

TEST(ConfigSet, GuardedOptionsDependOnWhoAsks) {
  Config now;
  now.enable_protected_configs = Permission::local;
  EXPECT_EQ(change_error({"dir", "x"}, now, {.local = true}), "(none)");
  EXPECT_EQ(change_error({"dir", "x"}, now, {.local = false}),
            set_failed("dir", "can't set protected config"));
  now.enable_protected_configs = Permission::yes;
  EXPECT_EQ(change_error({"dir", "x"}, now, {.local = false}), "(none)");
}

TEST(ConfigSet, SomeOptionsWaitForTheEndOfLoading) {
  EXPECT_EQ(change_error({"appendonly", "yes"}, {}, {.loading = true}),
            "LOADING Redis is loading the dataset in memory");
  EXPECT_EQ(change_error({"repl-diskless-load", "swapdb"}, {}, {.loading = true}),
            "LOADING Redis is loading the dataset in memory");
  EXPECT_EQ(change_error({"repl-diskless-load", "swapdb"}, {}, {.loading = false}), "(none)");
}

TEST(ConfigSet, EveryImmutableOptionIsRefused) {
  for (const Option& option : options()) {
    if (option.mutability != Mutability::immutable) continue;
    EXPECT_EQ(change_error({option.name, option.initial}),
              set_failed(std::string(option.name), "can't set immutable config"));
  }
}

TEST(ConfigSet, OneWrongValueChangesNothing) {
  for (const Option& option : options()) {
    if (option.mutability != Mutability::runtime || option.kind == Kind::text ||
        option.kind == Kind::words || option.name == "maxclients")
      continue;
    auto prepared = prepare(Config(), Arguments{"maxclients", "5", option.name, "~"}, {});
    ASSERT_FALSE(prepared.ok()) << option.name;
    EXPECT_THAT(prepared.error(), testing::StartsWith(set_failed(std::string(option.name), "")));
  }
}

TEST(ConfigSet, NumbersAreStrict) {
  for (std::string_view wrong : {"", " 1", "1 ", "+1", "01", "x", "1.0", "99999999999999999999"})
    EXPECT_EQ(change_error({"timeout", wrong}),
              set_failed("timeout", "argument couldn't be parsed into an integer"));
  EXPECT_EQ(change_error({"slowlog-log-slower-than", "-2"}),
            set_failed("slowlog-log-slower-than",
                       "argument must be between -1 and 9223372036854775807 inclusive"));
  EXPECT_EQ(change_error({"maxclients", "-1"}),
            set_failed("maxclients", "argument must be between 1 and 4294967295 inclusive"));
  EXPECT_EQ(after_setting("hz", "1000"), "500");
  EXPECT_EQ(after_setting("hz", "0"), "1");
}

TEST(ConfigSet, MemorySizesTakeUnitsAndPercentages) {
  EXPECT_EQ(after_setting("maxmemory", "1kb"), "1024");
  EXPECT_EQ(after_setting("maxmemory", "2M"), "2000000");
  EXPECT_EQ(after_setting("maxmemory", "18446744073709551615"), "18446744073709551615");
  EXPECT_EQ(after_setting("maxmemory", ""), "0");
  for (std::string_view wrong : {"-1", "1.5gb", "1x", " 1", "+1"})
    EXPECT_EQ(change_error({"maxmemory", wrong}),
              set_failed("maxmemory", "argument must be a memory value"));
  EXPECT_EQ(change_error({"proto-max-bulk-len", "18446744073709551615"}),
            set_failed("proto-max-bulk-len",
                       "argument must be between 1048576 and 9223372036854775807 inclusive"));
  EXPECT_EQ(printed("maxmemory-clients", "5%"), "5%");
  EXPECT_EQ(after_setting("maxmemory-clients", "0%"), "0");
  EXPECT_EQ(printed("maxmemory-clients", "1gb"), "1073741824");
  EXPECT_EQ(change_error({"maxmemory-clients", "101%"}),
            set_failed("maxmemory-clients", "percentage argument must be less or equal to 100"));
  for (std::string_view wrong : {"%", "x", "-5", "-5%"})
    EXPECT_EQ(change_error({"maxmemory-clients", wrong}),
              set_failed("maxmemory-clients", "argument must be a memory or percent value"));
}

TEST(ConfigSet, NamesAndFlags) {
  EXPECT_EQ(after_setting("loglevel", "DEBUG"), "debug");
  EXPECT_EQ(printed("oom-score-adj", "relative"), "yes");
  EXPECT_EQ(change_error({"appendonly", "maybe"}),
            set_failed("appendonly", "argument must be 'yes' or 'no'"));
  EXPECT_EQ(
      change_error({"appendfsync", "x"}),
      set_failed("appendfsync", "argument(s) must be one of the following: everysec, always, no"));
  EXPECT_EQ(after_setting("shutdown-on-sigterm", "Force NOW"), "now force");
  EXPECT_EQ(after_setting("shutdown-on-sigterm", "default now"), "now");
  EXPECT_EQ(change_error({"shutdown-on-sigterm", "save nosave"}),
            set_failed("shutdown-on-sigterm",
                       "shutdown options SAVE and NOSAVE can't be used simultaneously"));
  for (std::string_view wrong : {"", "now  force", "bogus"})
    EXPECT_EQ(change_error({"shutdown-on-sigterm", wrong}),
              set_failed("shutdown-on-sigterm",
                         "argument(s) must be one of the following: "
                         "default, save, nosave, now, force"));
}

TEST(ConfigSet, KeyspaceEvents) {
  EXPECT_EQ(after_setting("notify-keyspace-events", "KEA"), "AKE");
  EXPECT_EQ(after_setting("notify-keyspace-events", "KEg$lshzxetd"), "AKE");
  EXPECT_EQ(after_setting("notify-keyspace-events", "Ez"), "zE");
  EXPECT_EQ(after_setting("notify-keyspace-events", "nmK"), "nKm");
  EXPECT_EQ(after_setting("notify-keyspace-events", ""), "");
  EXPECT_EQ(change_error({"notify-keyspace-events", "K E"}),
            set_failed("notify-keyspace-events",
                       "Invalid event class character. Use 'Ag$lshzxeKEtmdn'."));
}

TEST(ConfigSet, SavePoints) {
  EXPECT_EQ(printed("save", "900 1 300 10 900 1"), "900 1 300 10 900 1");
  EXPECT_EQ(printed("save", "+9 1"), "9 1");
  EXPECT_EQ(printed("save", "9 "), "9 0");
  EXPECT_EQ(after_setting("save", ""), "");
  for (std::string_view wrong :
       {"900", "900 x", "0 1", "900 -1", "900 +-1", "900 1  300 10", " ", "\"9\" 1"})
    EXPECT_EQ(change_error({"save", wrong}), set_failed("save", "Invalid save parameters"));
}

TEST(ConfigSet, OutputLimitsKeepTheClassesNotNamed) {
  EXPECT_EQ(after_setting("client-output-buffer-limit", "Replica 1mb 2kb 3 normal 5 6 7"),
            "normal 5 6 7 slave 1048576 2048 3 pubsub 33554432 8388608 60");
  EXPECT_EQ(after_setting("client-output-buffer-limit", ""),
            find_option("client-output-buffer-limit")->initial);
  auto refused = [](std::string_view argument, const std::string& why) {
    EXPECT_EQ(change_error({"client-output-buffer-limit", argument}),
              set_failed("client-output-buffer-limit", why));
  };
  refused("normal 1 2", "Wrong number of arguments in buffer limit configuration.");
  refused("pubsub 1 2 3 ", "Wrong number of arguments in buffer limit configuration.");
  refused("master 1 2 3", "Invalid client class specified in buffer limit configuration.");
  const std::string number =
      "Error in hard, soft or soft_seconds setting in buffer limit "
      "configuration.";
  refused("pubsub x 2 3", number);
  refused("pubsub 1 2 -3", number);
  refused("normal 1 2 3 pubsub 1 2 x", number);
}

TEST(ConfigSet, OtherLists) {
  EXPECT_EQ(after_setting("bind", "127.0.0.1 -::1"), "127.0.0.1 -::1");
  EXPECT_EQ(after_setting("bind", ""), "");
  EXPECT_EQ(change_error({"bind", "a b c d e f g h i j k l m n o p q"}),
            set_failed("bind", "Too many bind addresses specified."));
  EXPECT_EQ(after_setting("oom-score-adj-values", "-5 0 2000"), "-5 0 2000");
  EXPECT_EQ(change_error({"oom-score-adj-values", "1 2"}),
            set_failed("oom-score-adj-values", "wrong number of arguments"));
  EXPECT_EQ(change_error({"oom-score-adj-values", "1 2 3000"}),
            set_failed("oom-score-adj-values",
                       "Invalid oom-score-adj-values, elements must be "
                       "between -2000 and 2000."));
  EXPECT_EQ(after_setting("latency-tracking-info-percentiles", "50.0 99.99900 0.1234567891 1e1"),
            "50 99.999 0.123457 10");
  EXPECT_EQ(after_setting("latency-tracking-info-percentiles", ""), "");
  EXPECT_EQ(change_error({"latency-tracking-info-percentiles", "50 101"}),
            set_failed("latency-tracking-info-percentiles",
                       "latency-tracking-info-percentiles parameters should sit between "
                       "[0.0,100.0]"));
}

TEST(ConfigSet, TextsWithRules) {
  EXPECT_EQ(change_error({"cluster-announce-hostname", "a_b"}),
            set_failed("cluster-announce-hostname",
                       "Hostnames may only contain alphanumeric characters, hyphens or dots"));
  EXPECT_EQ(change_error({"cluster-announce-hostname", std::string(256, 'a')}),
            set_failed("cluster-announce-hostname", "Hostnames must be less than 256 characters"));
  EXPECT_EQ(change_error({"proc-title-template", "{x}"}),
            set_failed("proc-title-template",
                       "template format is invalid or contains unknown variables"));
  EXPECT_EQ(after_setting("proc-title-template", "{title} {port}"), "{title} {port}");
  EXPECT_EQ(after_setting("proc-title-template", "{{{port}}"), "{{{port}}");
  Config open;
  open.enable_protected_configs = Permission::yes;
  EXPECT_EQ(change_error({"dbfilename", "a/b"}, open),
            set_failed("dbfilename", "dbfilename can't be a path, just a filename"));
}

}  // namespace
}  // namespace respawn::config
