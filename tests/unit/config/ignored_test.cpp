// What is read and has no effect: warned about, or refused where going on would break a promise.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/change.hpp"
#include "config/load.hpp"
#include "config/option_value.hpp"
#include "memory_files.hpp"

namespace respawn::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Result<Loaded> load_text(const std::string& text, const std::string& options = "") {
  MemoryFiles files;
  files.texts["/start/the.file"] = text;
  return load({.path = "the.file", .options = options}, files);
}

std::string ignored_error(const std::string& text, const std::string& options = "") {
  auto loaded = load_text(text, options);
  return loaded.ok() ? "(none)" : loaded.error();
}

std::vector<std::string> warnings_of(const std::string& text) {
  auto loaded = load_text(text);
  return loaded.ok() ? loaded->warnings : std::vector<std::string>{loaded.error()};
}

/// What CONFIG SET says when everybody may set everything.
std::string set(std::string_view name, std::string_view value) {
  Config now;
  now.enable_protected_configs = Permission::yes;
  const std::string_view arguments[] = {name, value};
  auto prepared = prepare(now, arguments, {});
  return prepared.ok() ? "OK" : prepared.error();
}

/// Values that an option takes, the default among them or not.
std::vector<std::string> some_values(const Option& option) {
  switch (option.kind) {
    case Kind::boolean:
      return {"yes", "no"};
    case Kind::choice:
    case Kind::flags: {
      std::vector<std::string> names;
      for (const Name& name : option.names) names.emplace_back(name.text);
      return names;
    }
    case Kind::save_points:
      return {"", "900 1"};
    case Kind::percentiles:
      return {"", "50"};
    case Kind::integers:
      return {"1 2 3"};
    case Kind::memory:
      return {std::to_string(option.min), "64mb"};
    case Kind::memory_or_percent:
      return {"0", "0%", "64mb", "5%"};
    case Kind::text:
      return {option.check == nullptr ? "" : std::string(option.initial), "host-1"};
    default:
      return {std::to_string(option.min), std::to_string(option.min + 1)};
  }
}

TEST(Ignored, EachOptionWithoutEffectIsSetOrRefusedAsItsRowSays) {
  int kept = 0;
  int refused = 0;
  for (const Option& option : options()) {
    if (option.state == State::implemented || option.mutability == Mutability::immutable) continue;
    for (const std::string& text : some_values(option)) {
      auto value = parse_value(option, argument_words(option, text), read(Config(), option));
      ASSERT_TRUE(value.ok()) << option.name << " " << text << ": " << value.error();
      const std::string reply = set(option.name, text);
      if (option.overpromises(*value)) {
        EXPECT_EQ(reply, "ERR CONFIG SET failed (possibly related to argument '" +
                             std::string(option.name) + "') - " + std::string(option.lack.why));
        ++refused;
      } else {
        EXPECT_EQ(reply, "OK") << option.name << " " << text;
        ++kept;
      }
    }
  }
  EXPECT_GT(kept, 100);
  EXPECT_GT(refused, 20);
}

TEST(Ignored, SetRefusesPromisesAndLetsThemBeTakenBack) {
  const std::pair<const char*, const char*> promises[] = {
      {"tls-port", "6380"},          {"tls-cert-file", "a.crt"}, {"tls-auth-clients", "yes"},
      {"tls-replication", "yes"},    {"tls-cluster", "yes"},     {"activedefrag", "yes"},
      {"oom-score-adj", "relative"}, {"watchdog-period", "500"}};
  for (const auto& [name, value] : promises)
    EXPECT_THAT(set(name, value), HasSubstr(" - ")) << name;
  const std::pair<const char*, const char*> taken_back[] = {
      {"tls-port", "0"},      {"tls-cert-file", ""},   {"tls-auth-clients", "no"},
      {"activedefrag", "no"}, {"oom-score-adj", "no"}, {"watchdog-period", "0"}};
  for (const auto& [name, value] : taken_back) EXPECT_EQ(set(name, value), "OK") << name;
}

TEST(Ignored, ARefusedPromiseChangesNothingElse) {
  const std::string_view arguments[] = {"timeout", "5", "oom-score-adj", "relative"};
  EXPECT_EQ(prepare(Config(), arguments, {}).error(),
            "ERR CONFIG SET failed (possibly related to argument 'oom-score-adj') - the kernel is "
            "not told whom to kill first");
}

TEST(Ignored, EachOptionThatStopsAStartIsNamedWithFileAndLine) {
  const std::pair<const char*, const char*> lines[] = {
      {"cluster-enabled yes", "'cluster-enabled' cannot be ignored: there is no cluster yet"},
      {"replicaof 10.0.0.1 6379", "'replicaof' cannot be ignored: there is no replication yet"},
      {"slaveof 10.0.0.1 6379", "'replicaof' cannot be ignored: there is no replication yet"},
      {"loadmodule /usr/lib/search.so", "'loadmodule' cannot be ignored: there are no modules"}};
  for (const auto& [line, why] : lines) {
    const std::string error =
        ignored_error("# first\ntimeout 5\n" + std::string(line) + "\nhz 10\n");
    EXPECT_THAT(error, HasSubstr("at line 3\n>>> '" + std::string(line) + "'\n" + why));
    EXPECT_THAT(error, HasSubstr("\n/start/the.file:3: take the line out")) << line;
    EXPECT_THAT(ignored_error("", line), HasSubstr("Reading the command line\n>>> '")) << line;
  }
}

TEST(Ignored, JsonStopsAStartAtTheSamePlaces) {
  const std::pair<const char*, const char*> members[] = {
      {"\"cluster-enabled\": true", "'cluster-enabled' cannot"},
      {"\"replicaof\": [\"h\", 1]", "'replicaof' cannot"},
      {"\"loadmodule\": [\"a.so\"]", "'loadmodule' cannot"}};
  for (const auto& [member, why] : members) {
    const std::string error =
        ignored_error("{\n  \"timeout\": 5,\n  " + std::string(member) + "\n}");
    EXPECT_THAT(error, HasSubstr("at line 3\n>>> '" + std::string(member) + "'\n" + why));
    EXPECT_THAT(error, HasSubstr("/start/the.file:3:"));
  }
}

TEST(Ignored, WhatALaterLineTakesBackStopsNothing) {
  EXPECT_EQ(ignored_error("replicaof h 1\nreplicaof no one\n"), "(none)");
  EXPECT_EQ(ignored_error("cluster-enabled yes\n", "cluster-enabled no"), "(none)");
}

TEST(Ignored, TlsStopsAStartOnlyWithoutAPlainPort) {
  EXPECT_THAT(ignored_error("tls-port 6380\nport 0\n"),
              HasSubstr("at line 1\n>>> 'tls-port 6380'\n'tls-port' cannot be ignored"));
  EXPECT_THAT(warnings_of("port 6379\ntls-port 6380\n"),
              ElementsAre("option 'tls-port' is accepted but has no effect yet: there is no TLS "
                          "yet"));
}

TEST(Ignored, UsersStandInLinesOrInAFileOfTheirOwn) {
  EXPECT_THAT(warnings_of("requirepass x\nuser default on nopass ~* &* +@all\nuser alice on\n"),
              IsEmpty());
  EXPECT_THAT(warnings_of("aclfile /etc/users.acl\n"), IsEmpty());
  EXPECT_THAT(ignored_error("aclfile a\nuser alice on\n"),
              HasSubstr("at line 2\n>>> 'user alice on'\nusers are in the configuration and in an "
                        "ACL file"));
  EXPECT_EQ(ignored_error("aclfile a\nuser alice on\naclfile \"\"\n"), "(none)");
  EXPECT_THAT(ignored_error("user alice on\nuser bob on\nuser alice off\n"),
              HasSubstr("at line 3\n>>> 'user alice off'\nError in user declaration 'alice': "
                        "Duplicate user found. A user can only be defined once in config files"));
}

TEST(Ignored, AStockFileStartsWithOneWarningForEachPromise) {
  EXPECT_THAT(warnings_of("save 900 1\nsave 300 10\nappendonly yes\nappendfsync everysec\n"
                          "stop-writes-on-bgsave-error yes\nreplica-read-only yes\n"
                          "oom-score-adj yes\n"),
              ElementsAre("option 'oom-score-adj' is accepted but has no effect yet: the kernel is "
                          "not told whom to kill first"));
  EXPECT_THAT(warnings_of("save \"\"\nappendonly no\ntls-auth-clients no\n"), IsEmpty())
      << "what is taken back does not happen, as asked";
  EXPECT_THAT(warnings_of("save 3600 1 300 100 60 10000\n"), IsEmpty()) << "the default";
}

TEST(Ignored, TheOptionsThatValkeyAddedToItsFileAreKnown) {
  EXPECT_THAT(warnings_of("dual-channel-replication-enabled no\nhide-user-data-from-log yes\n"),
              ElementsAre(testing::StartsWith(
                  "option 'hide-user-data-from-log' is accepted but has no effect yet: ")));
}

TEST(Ignored, ADirectiveThatSetsNothingIsNeverSilent) {
  EXPECT_THAT(warnings_of("list-max-ziplist-entries 5\nlist-max-ziplist-value 5\n"),
              testing::SizeIs(2));
}

}  // namespace
}  // namespace respawn::config
