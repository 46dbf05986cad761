// The log and its file, with time in the test's hands.
#include "server/logging.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace respawn::server {
namespace {

namespace fs = std::filesystem;
using engine::LogLevel;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::string contents(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class LogTest : public testing::Test {
 protected:
  LogTest() {
    std::string name = (fs::temp_directory_path() / "respawn-log-XXXXXX").string();
    directory = ::mkdtemp(name.data());
    config.logfile = (directory / "log").string();
  }

  ~LogTest() override { fs::remove_all(directory); }

  std::shared_ptr<Log> open() {
    auto opened = Log::open(config, clock);
    EXPECT_TRUE(opened.ok()) << opened.error();
    return opened.ok() ? *opened : nullptr;
  }

  /// The log's file, and what it was called before.
  [[nodiscard]] std::string now() const { return contents(directory / "log"); }

  [[nodiscard]] std::string before() const { return contents(directory / "log.1"); }

  void move_away() const { fs::rename(directory / "log", directory / "log.1"); }

  ManualClock clock;
  config::Config config;
  fs::path directory;
};

TEST_F(LogTest, AMovedFileIsOpenedAnewWhenAsked) {
  const auto log = open();
  log->write(LogLevel::notice, "one");
  move_away();
  log->reopen();
  log->write(LogLevel::notice, "two");
  EXPECT_THAT(before(), EndsWith(" * one\n"));
  EXPECT_THAT(now(), EndsWith(" * two\n"));
}

TEST_F(LogTest, AMovedFileIsOpenedAnewASecondLater) {
  const auto log = open();
  move_away();
  clock.advance_ms(999);
  log->write(LogLevel::notice, "soon");
  EXPECT_FALSE(fs::exists(directory / "log")) << "the path is looked at once a second";
  clock.advance_ms(1);
  log->write(LogLevel::notice, "late");
  EXPECT_THAT(before(), EndsWith(" * soon\n"));
  EXPECT_THAT(now(), EndsWith(" * late\n"));
}

TEST_F(LogTest, ARemovedFileIsThereAgain) {
  const auto log = open();
  fs::remove(config.logfile);
  clock.advance_ms(1'000);
  log->write(LogLevel::notice, "again");
  EXPECT_THAT(now(), EndsWith(" * again\n"));
}

TEST_F(LogTest, AFileThatIsStillThereIsGoneOnWith) {
  const auto log = open();
  log->write(LogLevel::notice, "one");
  log->reopen();
  clock.advance_ms(1'000);
  log->write(LogLevel::notice, "two");
  EXPECT_THAT(now(), HasSubstr(" * one\n"));
  EXPECT_THAT(now(), EndsWith(" * two\n"));
  EXPECT_THAT(now(), Not(HasSubstr("new file")));
}

TEST_F(LogTest, AFileTruncatedInPlaceHasNoHole) {
  const auto log = open();
  log->write(LogLevel::notice, std::string(5'000, 'x'));
  fs::resize_file(config.logfile, 0);
  log->write(LogLevel::notice, "behind");
  EXPECT_THAT(now(), EndsWith(" * behind\n"));
  EXPECT_LT(now().size(), 100U);
}

TEST_F(LogTest, TheDescriptorStaysTheSame) {
  const auto log = open();
  const int descriptor = log->descriptor();
  move_away();
  log->reopen();
  EXPECT_EQ(log->descriptor(), descriptor);
  ASSERT_EQ(::write(descriptor, "x", 1), 1);
  EXPECT_THAT(now(), EndsWith("x"));
}

TEST_F(LogTest, WhatCannotBeOpenedAnewIsSaidInTheOldFileAndOnStandardError) {
  const auto log = open();
  move_away();
  fs::create_directory(config.logfile);
  const std::string complaint = "Can't open the log file " + config.logfile + ": Is a directory\n";
  testing::internal::CaptureStderr();
  log->reopen();
  EXPECT_EQ(testing::internal::GetCapturedStderr(), complaint);
  EXPECT_THAT(before(), EndsWith(" # " + complaint));
  log->write(LogLevel::notice, "still here");
  EXPECT_THAT(before(), EndsWith(" * still here\n"));
}

TEST_F(LogTest, WithoutBeingAskedItComplainsOnce) {
  const auto log = open();
  move_away();
  fs::create_directory(config.logfile);
  testing::internal::CaptureStderr();
  for (int i = 0; i < 3; ++i) {
    clock.advance_ms(1'000);
    log->write(LogLevel::notice, "line");
  }
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_EQ(said, "Can't open the log file " + config.logfile + ": Is a directory\n");
  fs::remove(config.logfile);
  clock.advance_ms(1'000);
  log->write(LogLevel::notice, "free again");
  EXPECT_THAT(now(), EndsWith(" * free again\n"));
}

TEST_F(LogTest, ADiskWithoutRoomLosesLinesAndSaysHowManyOnce) {
  fs::create_symlink("/dev/full", config.logfile);
  testing::internal::CaptureStderr();
  const auto log = open();
  log->write(LogLevel::notice, "lost");
  log->write(LogLevel::notice, "lost");
  log->write(LogLevel::verbose, "not even wanted");
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "Can't write to the log: No space left on device\n");
  fs::remove(config.logfile);
  log->reopen();
  log->write(LogLevel::notice, "room");
  EXPECT_THAT(
      now(), HasSubstr(" # Lines of the log were lost lines=2 reason=\"No space left on device\""));
  EXPECT_THAT(now(), EndsWith(" * room\n"));
  log->write(LogLevel::notice, "more room");
  EXPECT_EQ(now().find("were lost"), now().rfind("were lost")) << "it is said once";
}

TEST_F(LogTest, TheLossIsToldInTheShapeOfTheLog) {
  config.log_format = config::LogFormat::json;
  fs::create_symlink("/dev/full", config.logfile);
  testing::internal::CaptureStderr();
  const auto log = open();
  log->write(LogLevel::notice, "lost");
  testing::internal::GetCapturedStderr();
  fs::remove(config.logfile);
  log->reopen();
  EXPECT_THAT(now(), HasSubstr(R"("message":"Lines of the log were lost","lines":"1",)"));
}

TEST_F(LogTest, ARelativePathStaysWhereItWasOpened) {
  const fs::path here = fs::current_path();
  fs::current_path(directory);
  config.logfile = "log";
  const auto log = open();
  fs::create_directory(directory / "elsewhere");
  fs::current_path(directory / "elsewhere");
  move_away();
  log->reopen();
  log->write(LogLevel::notice, "line");
  fs::current_path(here);
  EXPECT_THAT(now(), EndsWith(" * line\n"));
  EXPECT_FALSE(fs::exists(directory / "elsewhere" / "log"));
}

TEST_F(LogTest, AFolderThatIsNotThereIsNotMade) {
  config.logfile = (directory / "no" / "log").string();
  auto opened = Log::open(config, clock);
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error(),
            "Can't open the log file " + config.logfile + ": No such file or directory");
  EXPECT_FALSE(fs::exists(directory / "no"));
}

TEST_F(LogTest, EachLevelHoldsBackWhatIsBelowIt) {
  const LogLevel levels[] = {LogLevel::debug, LogLevel::verbose, LogLevel::notice,
                             LogLevel::warning};
  const config::LogLevel thresholds[] = {config::LogLevel::debug, config::LogLevel::verbose,
                                         config::LogLevel::notice, config::LogLevel::warning,
                                         config::LogLevel::nothing};
  const auto log = open();
  for (const config::LogLevel threshold : thresholds) {
    config.loglevel = threshold;
    log->configure(config);
    fs::resize_file(config.logfile, 0);
    std::string expected;
    for (const LogLevel level : levels) {
      const bool wanted = static_cast<int>(level) >= static_cast<int>(threshold);
      EXPECT_EQ(log->enabled(level), wanted);
      if (wanted) expected += ".-*#"[static_cast<int>(level)];
      log->write(level, "x");
    }
    std::string marks;
    std::istringstream lines(now());
    for (std::string line; std::getline(lines, line);) marks += line.at(line.size() - 3);
    EXPECT_EQ(marks, expected);
  }
}

}  // namespace
}  // namespace respawn::server
