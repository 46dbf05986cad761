#include "access/command_rights.hpp"

#include <gtest/gtest.h>

#include "base/random.hpp"
#include "tests/unit/access/catalog.hpp"

namespace respawn::access {
namespace {

using test::catalog;

CommandRights rights_of(std::string_view rules) {
  CommandRights rights(catalog);
  for (const std::string& rule : test::words_of(rules))
    EXPECT_EQ(rights.apply(rule), Fault::none) << rule;
  return rights;
}

/// The allowed commands' names.
std::string allowed(const CommandRights& rights) {
  std::string names;
  for (CommandId id = 0; id < catalog.size(); ++id)
    if (rights.allows(id)) names += (names.empty() ? "" : " ") + std::string(catalog.full_name(id));
  return names;
}

constexpr std::string_view everything = "get mget set config config|get config|set select publish";

TEST(CommandRightsTest, LaterRulesWin) {
  EXPECT_EQ(allowed(rights_of("")), "");
  EXPECT_EQ(allowed(rights_of("+@all")), everything);
  EXPECT_EQ(allowed(rights_of("AllCommands NoCommands")), "");
  EXPECT_EQ(allowed(rights_of("+@read -get")), "mget");
  EXPECT_EQ(allowed(rights_of("-get +@read")), "get mget");
  EXPECT_EQ(allowed(rights_of("+GET +Config|Get")), "get config|get");
  EXPECT_EQ(allowed(rights_of("+config")), "config config|get config|set");
  EXPECT_EQ(allowed(rights_of("+config -config|set")), "config config|get");
  EXPECT_EQ(allowed(rights_of("+@all -@admin")), "get mget set config select publish");
}

TEST(CommandRightsTest, KnowsWhenThereIsNothingToLookAt) {
  EXPECT_TRUE(rights_of("+@all").allows_everything());
  EXPECT_TRUE(rights_of("+@all +get").allows_everything());
  EXPECT_FALSE(rights_of("+@all -get").allows_everything());
  EXPECT_FALSE(rights_of("+@all -@read").allows_everything());
  EXPECT_FALSE(rights_of("+@read +@write +@admin").allows_everything());
}

TEST(CommandRightsTest, PrintsTheRulesThatStillCount) {
  EXPECT_EQ(rights_of("").text(), "-@all");
  EXPECT_EQ(rights_of("+get +@all").text(), "+@all");
  EXPECT_EQ(rights_of("+@all -get").text(), "+@all -get");
  EXPECT_EQ(rights_of("+@all -get +get").text(), "+@all +get");
  EXPECT_EQ(rights_of("+GET +@Read -get").text(), "-@all +@read -get");
  EXPECT_EQ(rights_of("+@read +@write +@read").text(), "-@all +@write +@read");
  EXPECT_EQ(rights_of("+config|get +config|set").text(), "-@all +config|get +config|set");
  EXPECT_EQ(rights_of("+config|get +mget -config").text(), "-@all +mget -config");
  EXPECT_EQ(rights_of("+get +mget").text(), "-@all +get +mget");
  EXPECT_EQ(rights_of("+config -config|set").text(), "-@all +config -config|set");
}

TEST(CommandRightsTest, AllowsACommandWithAFirstArgument) {
  const CommandId select = *catalog.find("select");
  const CommandRights rights = rights_of("+select|0 +SELECT|One +select|0");
  EXPECT_FALSE(rights.allows(select));
  EXPECT_TRUE(rights.allows_with(select, "0"));
  EXPECT_TRUE(rights.allows_with(select, "oNE"));
  EXPECT_FALSE(rights.allows_with(select, "1"));
  EXPECT_EQ(rights.text(), "-@all +select|one +select|0");
  EXPECT_FALSE(rights_of("+select|0 -select").allows_with(select, "0"));
  EXPECT_FALSE(rights_of("+select|0 -@connection").allows_with(select, "0"));
  EXPECT_FALSE(rights_of("+select|0 -@all").allows_with(select, "0"));
}

TEST(CommandRightsTest, NamesTheFaultAndChangesNothing) {
  CommandRights rights = rights_of("+get");
  const std::pair<std::string_view, Fault> faults[] = {
      {"", Fault::syntax},
      {"get", Fault::syntax},
      {"+", Fault::unknown_name},
      {"-nosuch", Fault::unknown_name},
      {"+nosuch|x", Fault::unknown_name},
      {"+config|nosuch", Fault::unknown_name},
      {"-select|0", Fault::unknown_name},
      {"-config|nosuch", Fault::unknown_name},
      {"+@nosuch", Fault::unknown_name},
      {"-@", Fault::unknown_name},
      {"+select|", Fault::syntax},
      {"+config|", Fault::syntax},
      {"+config|get|x", Fault::subcommand_has_argument},
  };
  for (const auto& [rule, fault] : faults) EXPECT_EQ(rights.apply(rule), fault) << rule;
  EXPECT_EQ(allowed(rights), "get");
  EXPECT_EQ(rights.text(), "-@all +get");
}

/// What is printed makes the same rights, and is printed again.
TEST(CommandRightsTest, PrintedRulesSayTheSame) {
  const std::uint64_t seed = system_entropy();
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random(seed);
  constexpr std::string_view rules[] = {
      "+get",    "-get",    "+mget",       "-set",        "+config",     "-config",  "+@read",
      "-@read",  "+@admin", "-@admin",     "+@write",     "-config|get", "+@all",    "-@all",
      "+select", "-select", "+config|get", "+config|set", "+select|0",   "+select|1"};
  const CommandId select = *catalog.find("select");
  for (int round = 0; round < 2000; ++round) {
    CommandRights rights(catalog);
    std::string applied;
    for (std::uint64_t left = random.below(12); left > 0; --left) {
      const std::string_view rule = rules[random.below(std::size(rules))];
      applied += std::string(rule) + " ";
      ASSERT_EQ(rights.apply(rule), Fault::none);
    }
    const CommandRights again = rights_of(rights.text());
    ASSERT_EQ(allowed(again), allowed(rights)) << applied << "as " << rights.text();
    ASSERT_EQ(again.text(), rights.text()) << applied;
    ASSERT_EQ(again.allows_with(select, "0"), rights.allows_with(select, "0")) << applied;
  }
}

}  // namespace
}  // namespace respawn::access
