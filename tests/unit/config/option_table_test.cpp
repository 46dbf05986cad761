// Every row of the option table: its default, its range, its names.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "config/change.hpp"
#include "config/option.hpp"
#include "config/option_value.hpp"

namespace respawn::config {
namespace {

Result<Value> parse(const Option& option, std::string_view argument) {
  Config defaults;
  return parse_value(option, argument_words(option, argument), read(defaults, option));
}

TEST(OptionTable, EachNameAndAliasFindsItsRowInAnyCase) {
  std::set<std::string_view> names;
  for (const Option& option : options()) {
    EXPECT_TRUE(names.insert(option.name).second) << option.name;
    EXPECT_EQ(find_option(option.name), &option);
    if (option.alias.empty()) continue;
    EXPECT_TRUE(names.insert(option.alias).second) << option.alias;
    std::string shouted(option.alias);
    for (char& c : shouted) c = static_cast<char>(std::toupper(c));
    EXPECT_EQ(find_option(shouted), &option);
  }
  EXPECT_EQ(find_option("no-such-option"), nullptr);
  EXPECT_EQ(find_option(""), nullptr);
}

TEST(OptionTable, EachDefaultPrintsAsTheTableStatesIt) {
  Config config;
  for (const Option& option : options())
    EXPECT_EQ(get(config, option), option.initial) << option.name;
}

TEST(OptionTable, EachDefaultSurvivesPrintingAndReading) {
  Config config;
  for (const Option& option : options()) {
    auto again = parse(option, get(config, option));
    ASSERT_TRUE(again.ok()) << option.name << ": " << again.error();
    EXPECT_EQ(*again, read(config, option)) << option.name;
  }
}

TEST(OptionTable, EachRowKeepsWhatIsWritten) {
  for (const Option& option : options()) {
    Config config;
    Value value = read(config, option);
    if (auto* number = std::get_if<std::int64_t>(&value)) *number += 1;
    if (auto* flag = std::get_if<bool>(&value)) *flag = !*flag;
    if (auto* bytes = std::get_if<std::uint64_t>(&value)) *bytes += 1;
    if (auto* text = std::get_if<std::string>(&value)) *text += "x";
    if (auto* words = std::get_if<std::vector<std::string>>(&value)) words->push_back("x");
    if (auto* points = std::get_if<std::vector<SavePoint>>(&value)) points->push_back({1, 2});
    if (auto* limits = std::get_if<OutputLimits>(&value)) limits->pubsub.soft_seconds = 7;
    if (auto* numbers = std::get_if<std::vector<std::int64_t>>(&value)) numbers->push_back(4);
    if (auto* numbers = std::get_if<std::vector<double>>(&value)) numbers->push_back(4);
    write(config, option, value);
    EXPECT_EQ(read(config, option), value) << option.name;
    EXPECT_NE(config, Config()) << option.name;
    auto changes = differences(Config(), config);
    ASSERT_EQ(changes.size(), 1U) << option.name;
    EXPECT_EQ(changes[0].option, &option);
  }
}

TEST(OptionTable, EachRangeIsClosedAtBothEnds) {
  for (const Option& option : options()) {
    if (option.kind == Kind::integer && option.check == nullptr) {
      EXPECT_TRUE(parse(option, std::to_string(option.min)).ok()) << option.name;
      EXPECT_TRUE(parse(option, std::to_string(option.max)).ok()) << option.name;
      std::string range = "argument must be between " + std::to_string(option.min) + " and " +
                          std::to_string(option.max) + " inclusive";
      EXPECT_EQ(parse(option, std::to_string(option.min - 1)).error(), range);
      if (option.max < static_cast<std::uint64_t>(long_max)) {
        EXPECT_EQ(parse(option, std::to_string(option.max + 1)).error(), range);
      }
    }
    if (option.kind == Kind::memory && option.min > 0) {
      EXPECT_TRUE(parse(option, std::to_string(option.min)).ok()) << option.name;
      EXPECT_FALSE(parse(option, std::to_string(option.min - 1)).ok()) << option.name;
    }
  }
}

TEST(OptionTable, EachChoiceTakesItsNamesInAnyCaseAndNothingElse) {
  for (const Option& option : options()) {
    if (option.names.empty()) continue;
    std::set<std::int64_t> seen;
    for (const Name& name : option.names) {
      std::string shouted(name.text);
      for (char& c : shouted) c = static_cast<char>(std::toupper(c));
      auto value = parse(option, shouted);
      ASSERT_TRUE(value.ok()) << option.name << " " << name.text;
      EXPECT_EQ(std::get<std::int64_t>(*value), name.value);
      if (seen.insert(name.value).second) {
        EXPECT_EQ(format_value(option, *value), name.text);
      }
    }
    EXPECT_THAT(parse(option, "bogus").error(),
                testing::StartsWith("argument(s) must be one of the following: "));
  }
}

TEST(OptionTable, NearNamesAreSuggested) {
  EXPECT_EQ(nearest_option("portt"), "port");
  EXPECT_EQ(nearest_option("max-memory"), "maxmemory");
  EXPECT_EQ(nearest_option("appendOnly_"), "appendonly");
  EXPECT_EQ(nearest_option("slave-priorty"), "slave-priority");
  EXPECT_EQ(nearest_option("entirely-different-thing"), "");
}

}  // namespace
}  // namespace respawn::config
