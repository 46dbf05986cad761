#include "config/reload.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
