#include "config/reload.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/rewrite.hpp"
#include "memory_files.hpp"

namespace respawn::config {
namespace {

using testing::HasSubstr;

class ReloadTest : public testing::Test {
 protected:
  ReloadTest() {
    files.texts["/start/a.conf"] = "port 7000\ntimeout 1\ndir data\n";
    auto loaded = load({.path = "a.conf", .options = "maxclients 50"}, files);
    running = loaded->config;
    source = loaded->source;
  }

  MemoryFiles files;
  Config running;
  Source source;
};

TEST_F(ReloadTest, AnUnchangedFileChangesNothing) {
  auto result = reload(running, source, files);
  ASSERT_TRUE(result.ok()) << result.error();
  EXPECT_TRUE(result->now.changes.empty());
  EXPECT_TRUE(result->needs_restart.empty());
  EXPECT_EQ(result->now.config, running);
}

TEST_F(ReloadTest, TellsWhatChangesNowFromWhatNeedsARestart) {
  files.texts["/start/a.conf"] = "port 7001\ntimeout 1\ndir data\ndatabases 3\nmaxclients 9\n";
  auto result = reload(running, source, files);
  ASSERT_TRUE(result.ok()) << result.error();
  ASSERT_EQ(result->now.changes.size(), 1U) << "the command line still wins for maxclients";
  EXPECT_EQ(result->now.changes[0].option->name, "port");
  EXPECT_EQ(result->now.changes[0].before, "7000");
  EXPECT_EQ(result->now.changes[0].after, "7001");
  ASSERT_EQ(result->needs_restart.size(), 1U);
  EXPECT_EQ(result->needs_restart[0].option->name, "databases");
  EXPECT_EQ(result->now.config.port, 7001);
  EXPECT_EQ(result->now.config.databases, 16);
  EXPECT_EQ(result->now.config.version, running.version + 1);
}

TEST_F(ReloadTest, AnOptionThatLeftTheFileIsAtItsDefaultAgain) {
  files.texts["/start/a.conf"] = "dir data\n";
  auto result = reload(running, source, files);
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->now.config.port, 6379);
  EXPECT_EQ(result->now.config.timeout_s, 0);
}

/// What SIGHUP does with a file that said `old_text` when it was read last.
class ReloadOf : public testing::Test {
 protected:
  void start(const std::string& text, const std::string& options = "") {
    files.texts["/start/a.conf"] = text;
    auto loaded = load({.path = "a.conf", .options = options}, files);
    ASSERT_TRUE(loaded.ok()) << loaded.error();
    running = loaded->config;
    source = loaded->source;
  }

  void set(std::string_view name, std::string_view value) {
    const std::string_view arguments[] = {name, value};
    running = prepare(running, arguments, {}).value().config;
  }

  /// Takes over the file as it is now; the names of the options that have changed.
  std::string reload_now() {
    auto result = reload(running, source, files);
    if (!result.ok()) return result.error();
    running = result->now.config;
    source.reading = result->reading;
    warnings = result->warnings;
    std::string names;
    for (const Change& change : result->now.changes)
      names += (names.empty() ? "" : " ") + std::string(change.option->name);
    return names;
  }

  std::string reload_now(const std::string& text) {
    files.texts["/start/a.conf"] = text;
    return reload_now();
  }

  MemoryFiles files;
  Config running;
  Source source;
  std::vector<std::string> warnings;
};

TEST_F(ReloadOf, WhatWasSetAtRunTimeStays) {
  start("timeout 1\n");
  set("requirepass", "s");
  set("timeout", "2");
  set("maxmemory", "1mb");
  EXPECT_EQ(reload_now(), "");
  EXPECT_EQ(running.requirepass, "s");
  EXPECT_EQ(running.timeout_s, 2);
  EXPECT_EQ(reload_now("timeout 1\nmaxclients 50\n"), "maxclients");
  EXPECT_EQ(running.requirepass, "s");
  EXPECT_EQ(running.timeout_s, 2);
  EXPECT_EQ(running.maxmemory_bytes, 1U << 20);
}

TEST_F(ReloadOf, EachOptionThatIsSetAtRunTimeStays) {
  start("timeout 1\n");
  for (const Option& option : options()) {
    if (option.mutability == Mutability::immutable) continue;
    Value value = read(running, option);
    if (auto* number = std::get_if<std::int64_t>(&value)) *number = option.names.empty() ? 7 : 0;
    if (auto* flag = std::get_if<bool>(&value)) *flag = !*flag;
    if (auto* bytes = std::get_if<std::uint64_t>(&value)) *bytes = 64U << 20;
    if (auto* text = std::get_if<std::string>(&value)) *text = "at run time";
    write(running, option, value);
  }
  const Config before = running;
  EXPECT_EQ(reload_now(), "");
  EXPECT_EQ(reload_now("timeout 1\nport 7000\n"), "port");
  running.port = before.port;
  running.version = before.version;
  EXPECT_EQ(running, before);
}

TEST_F(ReloadOf, AChangeInTheFileWinsOverWhatWasSetAtRunTime) {
  start("timeout 1\n");
  set("timeout", "2");
  EXPECT_EQ(reload_now("timeout 3\n"), "timeout");
  EXPECT_EQ(running.timeout_s, 3);
  set("timeout", "4");
  EXPECT_EQ(reload_now(), "") << "the file says 3 as it did";
  EXPECT_EQ(running.timeout_s, 4);
}

TEST_F(ReloadOf, ALineThatIsNewCountsThoughItGivesTheDefault) {
  start("");
  set("timeout", "2");
  EXPECT_EQ(reload_now("timeout 0\n"), "timeout");
  EXPECT_EQ(running.timeout_s, 0);
}

TEST_F(ReloadOf, ALineThatIsGoneNeverOpensTheServer) {
  start("requirepass s\nbind 127.0.0.1\nport 0\nprotected-mode yes\ntimeout 5\n");
  EXPECT_EQ(reload_now(""), "timeout");
  EXPECT_EQ(running.requirepass, "s");
  EXPECT_EQ(running.bind, std::vector<std::string>{"127.0.0.1"});
  EXPECT_EQ(running.port, 0);
  EXPECT_TRUE(running.protected_mode);
  ASSERT_EQ(warnings.size(), 3U);
  EXPECT_THAT(warnings[0], HasSubstr("'bind' is gone from the configuration and stays as it is; "
                                     "only 'bind * -::*' in the file would open the server"));
  EXPECT_THAT(warnings[1], HasSubstr("only 'port 6379'"));
  EXPECT_THAT(warnings[2], HasSubstr("only 'requirepass \"\"'"));
  EXPECT_EQ(reload_now(), "") << "and does not later either";
  EXPECT_EQ(running.requirepass, "s");
  EXPECT_EQ(reload_now("requirepass \"\"\nbind * -::*\nport 6379\n"), "bind port requirepass");
  EXPECT_EQ(running.requirepass, "");
}

TEST_F(ReloadOf, ALineThatIsGoneOpensNothingThatWasClosedAtRunTime) {
  start("requirepass a\nprotected-mode no\n");
  set("requirepass", "b");
  set("protected-mode", "yes");
  EXPECT_EQ(reload_now(""), "");
  EXPECT_EQ(running.requirepass, "b");
  EXPECT_TRUE(running.protected_mode);
}

TEST_F(ReloadOf, ALineThatIsGoneMayCloseTheServer) {
  start("protected-mode no\n");
  EXPECT_EQ(reload_now(""), "protected-mode");
  EXPECT_TRUE(running.protected_mode);
}

TEST_F(ReloadOf, RenamesStayAsTheyWereAtStart) {
  start("rename-command CONFIG \"\"\n");
  EXPECT_EQ(reload_now(), "");
  EXPECT_TRUE(warnings.empty());
  for (const char* text : {"", "rename-command CONFIG c\n"}) {
    reload_now(text);
    ASSERT_EQ(warnings.size(), 1U) << text;
    EXPECT_THAT(warnings[0], HasSubstr("names stay as they are until a restart"));
  }
  reload_now("rename-command CONFIG \"\"\n");
  EXPECT_TRUE(warnings.empty());
}

TEST_F(ReloadOf, WhatHasNoEffectIsWarnedAboutAgain) {
  start("oom-score-adj yes\n");
  reload_now();
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_THAT(warnings[0], HasSubstr("'oom-score-adj'"));
  EXPECT_THAT(reload_now("timeout 9\nloadmodule a\n"), HasSubstr("/start/a.conf:2: "));
  EXPECT_EQ(running.timeout_s, 0) << "the whole file is rejected";
}

TEST_F(ReloadOf, UsersStayAsTheyAre) {
  start("user alice on\n");
  reload_now("user alice on\n");
  EXPECT_TRUE(warnings.empty());
  reload_now("user alice off\n");
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_THAT(warnings[0], HasSubstr("user directives have changed"));
}

TEST_F(ReloadOf, WhatIsWrittenIsComparedWithFromThenOn) {
  start("timeout 1\n");
  set("timeout", "2");
  set("requirepass", "s");
  ASSERT_TRUE(rewrite_file(running, {}, source, files).ok());
  source.reading = read_again(source, files);
  ASSERT_NE(source.reading, nullptr);
  set("timeout", "3");
  EXPECT_EQ(reload_now(), "");
  EXPECT_EQ(running.timeout_s, 3);
  EXPECT_EQ(reload_now("timeout 2\n"), "") << "a password that is gone stays";
  EXPECT_EQ(running.requirepass, "s");
}

TEST_F(ReloadTest, OneErrorRejectsTheWholeFile) {
  files.texts["/start/a.conf"] = "port 7001\ntimeout x\n";
  auto result = reload(running, source, files);
  ASSERT_FALSE(result.ok());
  EXPECT_THAT(result.error(), HasSubstr("/start/a.conf:2: 'timeout' takes"));
  files.texts.clear();
  EXPECT_THAT(reload(running, source, files).error(), HasSubstr("can't open config file"));
}

TEST_F(ReloadTest, NeedsAFile) {
  EXPECT_FALSE(reload(running, {}, files).ok());
  source.command_line.standard_input = true;
  EXPECT_THAT(reload(running, source, files).error(), HasSubstr("standard input"));
}

}  // namespace
}  // namespace respawn::config
