#include "engine/table/registry.hpp"

#include <gmock/gmock.h>

#include <algorithm>

#include "commands/families.hpp"

namespace respawn::engine {
namespace {

class RegistryTest : public ::testing::Test {
 protected:
  [[nodiscard]] bool is_listed(std::string_view name) const {
    const auto all = registry.commands();
    return std::any_of(all.begin(), all.end(),
                       [&](const Command* command) { return command->spec->name == name; });
  }

  Registry registry{commands::every_family()};
};

TEST_F(RegistryTest, EachCommandIsFoundByItsNameInAnyCase) {
  for (const Command* command : registry.commands()) {
    EXPECT_EQ(registry.find(to_upper(command->spec->name)), command);
    EXPECT_EQ(registry.find_original(command->spec->name), command);
    EXPECT_FALSE(command->is_renamed());
  }
  EXPECT_EQ(registry.find("nosuch"), nullptr);
  EXPECT_EQ(registry.find(""), nullptr);
}

TEST_F(RegistryTest, ARenamedCommandAnswersToItsNewNameOnly) {
  Command* get = registry.find("get");
  EXPECT_EQ(registry.rename("GET", "Fetch"), Renaming::done);
  EXPECT_EQ(registry.find("fETCH"), get);
  EXPECT_EQ(registry.find("get"), nullptr);
  EXPECT_EQ(registry.find_original("GET"), get);
  EXPECT_EQ(registry.find_original("fetch"), nullptr);
  EXPECT_TRUE(get->is_renamed());
  EXPECT_EQ(get->spec->name, "get");
  EXPECT_TRUE(is_listed("get"));
}

TEST_F(RegistryTest, ACommandWithoutANameIsGoneForClients) {
  Command* config = registry.find("config");
  const std::size_t count = registry.commands().size();
  EXPECT_EQ(registry.rename("config", ""), Renaming::done);
  EXPECT_EQ(registry.find("config"), nullptr);
  EXPECT_EQ(registry.find(""), nullptr);
  EXPECT_EQ(registry.find_full("config|get"), nullptr);
  EXPECT_EQ(registry.find_original("config"), config);
  EXPECT_EQ(registry.commands().size(), count - 1);
  EXPECT_FALSE(is_listed("config"));
}

TEST_F(RegistryTest, RenamesBuildOnEachOther) {
  Command* get = registry.find("get");
  Command* set = registry.find("set");
  EXPECT_EQ(registry.rename("get", "set"), Renaming::name_is_taken);
  EXPECT_EQ(registry.rename("set", "tmp"), Renaming::done);
  EXPECT_EQ(registry.rename("get", "SET"), Renaming::done);
  EXPECT_EQ(registry.rename("tmp", "get"), Renaming::done);
  EXPECT_EQ(registry.find("set"), get);
  EXPECT_EQ(registry.find("get"), set);
  EXPECT_EQ(registry.find("tmp"), nullptr);
  EXPECT_EQ(registry.rename("tmp", "x"), Renaming::no_such_command);
  EXPECT_EQ(registry.rename("del", ""), Renaming::done);
  EXPECT_EQ(registry.rename("del", ""), Renaming::no_such_command);
  EXPECT_EQ(registry.rename("unlink", "del"), Renaming::done) << "the name is free";
}

TEST_F(RegistryTest, WhatCannotBeRenamed) {
  for (const char* name : {"nosuch", "", "config|get", "get "})
    EXPECT_EQ(registry.rename(name, "x"), Renaming::no_such_command) << name;
  EXPECT_EQ(registry.rename("get", "Get"), Renaming::done) << "to its own name";
  EXPECT_FALSE(registry.find("get")->is_renamed());
}

TEST_F(RegistryTest, SubcommandsFollowTheirContainer) {
  EXPECT_EQ(registry.rename("object", "obj"), Renaming::done);
  Command* encoding = registry.find_full("OBJ|encoding");
  ASSERT_NE(encoding, nullptr);
  EXPECT_EQ(encoding->spec->name, "object|encoding");
  EXPECT_TRUE(encoding->top().is_renamed());
  EXPECT_EQ(registry.find_full("object|encoding"), nullptr);
}

TEST_F(RegistryTest, EveryCommandCanBeRenamedAndTakenAway) {
  std::vector<std::string> names;
  for (const Command* command : registry.commands()) names.emplace_back(command->spec->name);
  for (const std::string& name : names) {
    Command* command = registry.find(name);
    EXPECT_EQ(registry.rename(name, "x-" + name), Renaming::done);
    EXPECT_EQ(registry.find("X-" + name), command);
  }
  for (const std::string& name : names)
    EXPECT_EQ(registry.rename("x-" + name, ""), Renaming::done) << name;
  EXPECT_TRUE(registry.commands().empty());
  for (const std::string& name : names) EXPECT_NE(registry.find_original(name), nullptr);
}

}  // namespace
}  // namespace respawn::engine
