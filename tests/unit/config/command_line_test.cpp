#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/change.hpp"
#include "config/load.hpp"
#include "memory_files.hpp"

namespace respawn::config {
namespace {

using CommandLineWords = std::vector<std::string>;

CommandLine split_up(const CommandLineWords& arguments) {
  return read_command_line(arguments).value();
}

/// "save | port | bind" after starting with these arguments, or the error.
std::string started_with(const CommandLineWords& arguments) {
  auto loaded = load(split_up(arguments), MemoryFiles());
  if (!loaded.ok()) return loaded.error();
  auto shown = [&](const char* name) { return get(loaded->config, *find_option(name)); };
  return shown("save") + " | " + shown("port") + " | " + shown("bind");
}

const std::string default_save = "3600 1 300 100 60 10000";

TEST(CommandLine, KnowsItsActions) {
  EXPECT_EQ(split_up({}).action, Action::serve);
  EXPECT_EQ(split_up({"-h"}).action, Action::help);
  EXPECT_EQ(split_up({"--help", "x"}).action, Action::help);
  EXPECT_EQ(split_up({"-v"}).action, Action::version);
  EXPECT_EQ(split_up({"--version"}).action, Action::version);
  EXPECT_EQ(split_up({"--check-config", "--port", "1"}).action, Action::check_config);
  EXPECT_EQ(split_up({"a.conf", "--port", "1", "--check-config"}).action, Action::check_config);
  EXPECT_FALSE(read_command_line(CommandLineWords{"--test-memory", "5"}).ok());
}

TEST(CommandLine, TheFileComesFirstAndStandardInputFirstOrLast) {
  EXPECT_EQ(split_up({"a.conf", "--port", "1"}).path, "a.conf");
  EXPECT_EQ(split_up({"--port", "1", "a.conf"}).path, "");
  EXPECT_TRUE(split_up({"-"}).standard_input);
  EXPECT_TRUE(split_up({"a.conf", "-"}).standard_input);
  EXPECT_TRUE(split_up({"-", "--port", "1"}).standard_input);
  EXPECT_FALSE(split_up({"--port", "-", "--save", "1 1"}).standard_input);
}

TEST(CommandLine, CheckConfigStandsAnywhere) {
  const CommandLineWords lines[] = {{"--check-config", "a.conf"},
                                    {"--check-config", "a.conf", "--port", "1"},
                                    {"a.conf", "--check-config"},
                                    {"a.conf", "--check-config", "--port", "1"},
                                    {"a.conf", "--port", "1", "--check-config"},
                                    {"--port", "1", "--check-config", "a.conf"},
                                    {"--check-config", "--check-config", "a.conf"}};
  for (const CommandLineWords& line : lines) {
    EXPECT_EQ(split_up(line).action, Action::check_config);
    EXPECT_EQ(split_up(line).path, "a.conf");
    EXPECT_EQ(split_up(line).options.find("a.conf"), std::string::npos);
  }
  EXPECT_TRUE(split_up({"--check-config", "-"}).standard_input);
  EXPECT_EQ(split_up({"--check-config"}).path, "");
  EXPECT_EQ(split_up({"--check-config", "--help"}).action, Action::help);
  const CommandLine password = split_up({"--requirepass", "--check-config", "a.conf"});
  EXPECT_EQ(password.action, Action::serve) << "it is the password";
  EXPECT_EQ(password.path, "");
}

TEST(CommandLine, OptionsTakeValuesAsRedisServerTakesThem) {
  EXPECT_EQ(started_with({}), default_save + " | 6379 | * -::*");
  EXPECT_EQ(started_with({"--save", "900", "1", "--port", "7000"}), "900 1 | 7000 | * -::*");
  EXPECT_EQ(started_with({"--save", "900", "1", "--save", "10", "2"}),
            "900 1 10 2 | 6379 | * -::*");
  EXPECT_EQ(started_with({"--save", "900 1 10 2"}), "900 1 10 2 | 6379 | * -::*");
  EXPECT_EQ(started_with({"--save 900 1", "--port 7000"}), "900 1 | 7000 | * -::*");
  EXPECT_EQ(started_with({"--port", "0", "--save", ""}), " | 0 | * -::*");
  EXPECT_EQ(started_with({"--save", "--port", "5"}), " | 5 | * -::*");
  EXPECT_EQ(started_with({"--port", "5", "--save"}), " | 5 | * -::*");
  EXPECT_EQ(started_with({"--save", "5", "1", "--save", ""}), " | 6379 | * -::*");
  EXPECT_EQ(started_with({"--save", "", "--save", "5", "1"}), "5 1 | 6379 | * -::*");
  EXPECT_EQ(started_with({"--bind", "127.0.0.1", "::1"}), default_save + " | 6379 | 127.0.0.1 ::1");
  EXPECT_EQ(started_with({"--bind", "127.0.0.1 ::1"}), default_save + " | 6379 | 127.0.0.1 ::1");
  EXPECT_EQ(started_with({"--bind"}), default_save + " | 6379 | ");
}

TEST(CommandLine, AWrongOptionIsNamedAsRedisServerWould) {
  auto expect = [](const CommandLineWords& arguments, const std::string& line,
                   const std::string& why) {
    EXPECT_THAT(started_with(arguments),
                testing::StartsWith("\n*** FATAL CONFIG FILE ERROR (Respawn) ***\nReading the "
                                    "command line\n>>> '" +
                                    line + "'\n" + why + "\n"));
  };
  expect({"--port", "abc"}, "port \"abc\"", "argument couldn't be parsed into an integer");
  expect({"--portt", "1"}, "portt \"1\"", "Bad directive or wrong number of arguments");
  expect({"--port"}, "port", "wrong number of arguments");
  expect({"--port", "7000", "7001"}, "port \"7000\" \"7001\"", "wrong number of arguments");
  expect({"--loglevel", "--port", "3"}, "loglevel \"--port\" \"3\"", "wrong number of arguments");
  expect({"--save", "900"}, "save \"900\"", "Invalid save parameters");
  expect({"-x"}, "\"-x\"", "Bad directive or wrong number of arguments");
  expect({"--port \"7000"}, "port \"7000", "Unbalanced quotes in configuration line");
  expect({"--shutdown-on-sigint"}, "shutdown-on-sigint",
         "argument(s) must be one of the following: default, save, nosave, now, force");
  EXPECT_THAT(started_with({"--portt", "1"}), testing::HasSubstr("did you mean 'port'?"));
  EXPECT_THAT(started_with({"--port", "abc"}),
              testing::HasSubstr("command line: 'port' takes an integer from 0 to 65535"));
}

}  // namespace
}  // namespace respawn::config
