#include "config/files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "config/load.hpp"

namespace respawn::config {
namespace {

/// A directory of its own that disappears with the test.
class FilesTest : public testing::Test {
 protected:
  FilesTest() {
    std::string name = testing::TempDir() + "config.XXXXXX";
    directory = ::mkdtemp(name.data());
  }

  ~FilesTest() override { std::filesystem::remove_all(directory); }

  std::string directory;
  SystemFiles files;
};

TEST_F(FilesTest, ReadsWhatItReplaced) {
  std::string path = directory + "/a";
  EXPECT_EQ(files.read(path).error(), "No such file or directory");
  std::string text(100000, 'x');
  ASSERT_TRUE(files.replace(path, text).ok());
  EXPECT_EQ(*files.read(path), text);
  ASSERT_TRUE(files.replace(path, "short").ok());
  EXPECT_EQ(*files.read(path), "short");
  EXPECT_EQ(files.replace(directory + "/none/a", "x").error(), "No such file or directory");
  EXPECT_EQ(files.matching(directory + "/*"), std::vector<std::string>{path});
}

TEST_F(FilesTest, ReplacingKeepsModeAndSymbolicLinks) {
  std::string path = directory + "/a";
  std::string link = directory + "/link";
  ASSERT_TRUE(files.replace(path, "x").ok());
  ASSERT_EQ(::chmod(path.c_str(), 0600), 0);
  std::filesystem::create_symlink("a", link);
  ASSERT_TRUE(files.replace(link, "y").ok());
  EXPECT_TRUE(std::filesystem::is_symlink(link));
  EXPECT_EQ(*files.read(path), "y");

  struct stat state {};

  ASSERT_EQ(::stat(path.c_str(), &state), 0);
  EXPECT_EQ(state.st_mode & 0777, 0600U);
}

TEST_F(FilesTest, RelativePathsStayWhereTheyBegan) {
  auto start = std::filesystem::current_path();
  std::filesystem::current_path(directory);
  SystemFiles here;
  std::filesystem::current_path(start);
  ASSERT_TRUE(files.replace(directory + "/a", "x").ok());
  EXPECT_EQ(*here.read("a"), "x");
  EXPECT_EQ(here.absolute("./b/../a"), std::filesystem::canonical(directory + "/a").string());
  EXPECT_EQ(here.matching("a*").size(), 1U);
}

TEST_F(FilesTest, ADirectoryIsWhereOneCanGo) {
  std::filesystem::create_directories(directory + "/a/b");
  std::filesystem::create_symlink("a/b", directory + "/link");
  ASSERT_TRUE(files.replace(directory + "/file", "x").ok());
  const std::string full = std::filesystem::canonical(directory).string();
  EXPECT_EQ(*files.directory(directory + "/a/"), full + "/a");
  EXPECT_EQ(*files.directory(directory + "/link"), full + "/a/b");
  EXPECT_EQ(*files.directory(directory + "/a/b/.."), full + "/a");
  EXPECT_EQ(files.directory("").error(), "No such file or directory");
  EXPECT_EQ(files.directory(directory + "/none").error(), "No such file or directory");
  EXPECT_EQ(files.directory(directory + "/file").error(), "Not a directory");
}

TEST_F(FilesTest, TheDefaultFileLoadsWithoutAWarning) {
  auto path = std::filesystem::path(__FILE__).parent_path() / "../../../config/respawn.json";
  auto loaded = load({.path = path.string()}, files);
  ASSERT_TRUE(loaded.ok()) << loaded.error();
  EXPECT_EQ(loaded->source.kind, FileKind::json);
  EXPECT_TRUE(loaded->warnings.empty());
  EXPECT_EQ(loaded->config.port, 6379);
  EXPECT_EQ(loaded->config.bind, (std::vector<std::string>{"127.0.0.1", "-::1"}));
}

}  // namespace
}  // namespace respawn::config
