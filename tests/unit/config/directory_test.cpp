// `dir` counts from where it stands: what is relative behind it is relative to that directory.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/load.hpp"
#include "config/rewrite.hpp"
#include "memory_files.hpp"

namespace respawn::config {
namespace {

using testing::HasSubstr;

class DirectoryTest : public testing::Test {
 protected:
  Result<Loaded> load_text(const std::string& text, const std::string& options = "") {
    files.texts["/start/a.conf"] = text;
    return load({.path = "a.conf", .options = options}, files);
  }

  MemoryFiles files;
};

TEST_F(DirectoryTest, AnIncludeBehindItIsInIt) {
  files.texts["/start/sub.conf"] = "timeout 1";
  files.texts["/d/sub.conf"] = "timeout 2";
  EXPECT_EQ(load_text("dir /d\ninclude sub.conf\n")->config.timeout_s, 2);
  EXPECT_EQ(load_text("include sub.conf\ndir /d\n")->config.timeout_s, 1);
  EXPECT_EQ(load_text("dir /d\ninclude /start/sub.conf\n")->config.timeout_s, 1);
  EXPECT_EQ(load_text("", "dir /d\ninclude sub.conf")->config.timeout_s, 2);
  EXPECT_EQ(load_text("dir /d\n", "include sub.conf")->config.timeout_s, 2);
}

TEST_F(DirectoryTest, APatternBehindItIsInIt) {
  files.texts["/start/conf.d/1.conf"] = "timeout 1";
  files.texts["/d/conf.d/1.conf"] = "timeout 2";
  EXPECT_EQ(load_text("dir /d\ninclude conf.d/*.conf\n")->config.timeout_s, 2);
  EXPECT_EQ(load_text("include conf.d/*.conf\ndir /d\n")->config.timeout_s, 1);
}

TEST_F(DirectoryTest, EachOneStartsAtTheOneBefore) {
  EXPECT_EQ(load_text("")->config.dir, "/start");
  EXPECT_EQ(load_text("dir data\n")->config.dir, "/start/data");
  EXPECT_EQ(load_text("dir /d\ndir sub\n")->config.dir, "/d/sub");
  EXPECT_EQ(load_text("dir /d\n", "dir sub")->config.dir, "/d/sub");
  EXPECT_EQ(load_text("dir d\ndir /e\n")->config.dir, "/e");
  EXPECT_EQ(load_text("{ \"dir\": \"data\" }")->config.dir, "/start/data");
}

TEST_F(DirectoryTest, AnIncludedFileMovesOn) {
  files.texts["/d/sub.conf"] = "dir e\ninclude more.conf\n";
  files.texts["/d/e/more.conf"] = "timeout 7\nhz x\n";
  auto loaded = load_text("dir /d\ninclude sub.conf\n");
  ASSERT_FALSE(loaded.ok());
  EXPECT_THAT(loaded.error(), HasSubstr("\n/d/e/more.conf:2: 'hz' takes"));
}

TEST_F(DirectoryTest, AMissingOneIsAnErrorOnItsLine) {
  files.missing_directories = {"/nosuch", "/d/gone"};
  EXPECT_THAT(load_text("timeout 1\ndir /nosuch\n").error(),
              HasSubstr("at line 2\n>>> 'dir /nosuch'\nNo such file or directory\n"
                        "/start/a.conf:2: "));
  EXPECT_THAT(load_text("dir /d\ndir gone\n").error(),
              HasSubstr(">>> 'dir gone'\nNo such file or directory\n"));
  EXPECT_THAT(load_text("dir \"\"\n").error(), HasSubstr("\nNo such file or directory\n"));
  EXPECT_THAT(load_text("{\n \"dir\": \"/nosuch\"\n}").error(),
              HasSubstr("/start/a.conf:2:9: a directory that may be entered"));
}

TEST_F(DirectoryTest, ARewrittenFileReadsTheSameIncludes) {
  files.texts["/start/d/sub.conf"] = "timeout 2";
  auto loaded = load_text("dir d\ninclude sub.conf\n");
  ASSERT_TRUE(loaded.ok());
  Config config = loaded->config;
  config.dir = "/elsewhere";
  ASSERT_TRUE(rewrite_file(config, {}, loaded->source, files).ok());
  auto again = load({.path = "a.conf"}, files);
  ASSERT_TRUE(again.ok()) << again.error();
  EXPECT_EQ(again->config, config);
}

}  // namespace
}  // namespace respawn::config
