#include "base/file_system.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <array>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

namespace respawn {
namespace {

/// A directory that goes with the test.
class SystemFilesTest : public testing::Test {
 protected:
  SystemFilesTest() {
    std::string pattern = testing::TempDir() + "files-XXXXXX";
    EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
  }

  ~SystemFilesTest() override { std::filesystem::remove_all(directory_); }

  [[nodiscard]] std::string path(const std::string& name) const { return directory_ + "/" + name; }

  [[nodiscard]] std::string content(const std::string& name) const {
    std::unique_ptr<File> file;
    std::uint64_t size = 0;
    EXPECT_FALSE(files_.open(path(name), FileSystem::Open::read, file));
    if (!file) return {};
    EXPECT_FALSE(file->size(size));
    std::string bytes(size, '\0');
    std::size_t got = 0;
    EXPECT_FALSE(file->read(0, bytes, got));
    EXPECT_EQ(got, size);
    return bytes;
  }

  FileSystem& files_ = system_files();
  std::string directory_;
};

TEST_F(SystemFilesTest, AppendsToWhatIsThereAndReplacesIt) {
  std::unique_ptr<File> file;
  ASSERT_FALSE(files_.open(path("a"), FileSystem::Open::append, file));
  EXPECT_FALSE(file->append("one"));
  EXPECT_FALSE(file->sync());
  ASSERT_FALSE(files_.open(path("a"), FileSystem::Open::append, file));
  EXPECT_FALSE(file->append("two"));
  EXPECT_EQ(content("a"), "onetwo");
  ASSERT_FALSE(files_.open(path("a"), FileSystem::Open::replace, file));
  EXPECT_FALSE(file->append("three"));
  EXPECT_EQ(content("a"), "three");
}

TEST_F(SystemFilesTest, WhatIsAppendedBehindATruncationStandsAtItsEnd) {
  std::unique_ptr<File> file;
  ASSERT_FALSE(files_.open(path("a"), FileSystem::Open::replace, file));
  EXPECT_FALSE(file->append("onetwo"));
  EXPECT_FALSE(file->truncate(3));
  EXPECT_FALSE(file->append("!"));
  EXPECT_EQ(content("a"), "one!");
}

TEST_F(SystemFilesTest, ReadsFromAnOffsetUpToTheEnd) {
  std::unique_ptr<File> file;
  ASSERT_FALSE(files_.open(path("a"), FileSystem::Open::replace, file));
  EXPECT_FALSE(file->append("0123456789"));
  std::array<char, 4> bytes{};
  std::size_t got = 0;
  EXPECT_FALSE(file->read(3, bytes, got));
  EXPECT_EQ(std::string(bytes.data(), got), "3456");
  EXPECT_FALSE(file->read(8, bytes, got));
  EXPECT_EQ(std::string(bytes.data(), got), "89");
  EXPECT_FALSE(file->read(10, bytes, got));
  EXPECT_EQ(got, 0);
}

TEST_F(SystemFilesTest, ListsMovesAndRemoves) {
  EXPECT_FALSE(files_.make_directory(path("d")));
  EXPECT_FALSE(files_.make_directory(path("d")));
  EXPECT_FALSE(replace_file(files_, path("d/b"), "b"));
  EXPECT_FALSE(replace_file(files_, path("d/a"), "a"));
  EXPECT_FALSE(replace_file(files_, path("d/a"), "A"));
  std::vector<std::string> names;
  EXPECT_FALSE(files_.list(path("d"), names));
  EXPECT_EQ(names, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(content("d/a"), "A");
  EXPECT_FALSE(files_.rename(path("d/a"), path("d/c")));
  EXPECT_FALSE(files_.sync_directory(path("d")));
  EXPECT_FALSE(files_.exists(path("d/a")));
  EXPECT_TRUE(files_.exists(path("d/c")));
  EXPECT_FALSE(files_.remove(path("d/c")));
  EXPECT_FALSE(files_.exists(path("d/c")));
}

TEST_F(SystemFilesTest, SaysWhyNot) {
  std::unique_ptr<File> file;
  EXPECT_EQ(files_.open(path("none"), FileSystem::Open::read, file),
            std::errc::no_such_file_or_directory);
  EXPECT_EQ(files_.remove(path("none")), std::errc::no_such_file_or_directory);
  EXPECT_EQ(files_.open("/dev/full", FileSystem::Open::append, file), std::error_code());
  EXPECT_EQ(file->append("x"), std::errc::no_space_on_device);
  EXPECT_EQ(replace_file(files_, path("no/where"), "x"), std::errc::no_such_file_or_directory);
}

}  // namespace
}  // namespace respawn
