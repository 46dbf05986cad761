#include "engine/table/registry_catalog.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "commands/families.hpp"

namespace respawn::engine {
namespace {

class RegistryCatalogTest : public ::testing::Test {
 protected:
  Registry registry{commands::every_family()};
  RegistryCatalog catalog{registry};
};

TEST_F(RegistryCatalogTest, EachCommandIsFoundByItsFullNameInAnyCase) {
  ASSERT_GT(catalog.size(), registry.commands().size());
  for (access::CommandId id = 0; id < catalog.size(); ++id) {
    EXPECT_EQ(registry.at(id).id, id);
    EXPECT_EQ(catalog.find(to_upper(catalog.full_name(id))), id) << catalog.full_name(id);
  }
  EXPECT_EQ(catalog.find("nosuch"), std::nullopt);
  EXPECT_EQ(catalog.find("get|x"), std::nullopt);
  EXPECT_EQ(catalog.find("config|nosuch"), std::nullopt);
  EXPECT_EQ(catalog.find("config|get|x"), std::nullopt);
  EXPECT_EQ(catalog.find("|get"), std::nullopt);
}

TEST_F(RegistryCatalogTest, ContainersKnowTheirSubcommands) {
  const access::CommandId config = *catalog.find("config");
  const access::CommandId get = *catalog.find("config|get");
  const auto inner = catalog.subcommands(config);
  EXPECT_EQ(inner.size(), registry.find("config")->subcommands.size());
  EXPECT_NE(std::find(inner.begin(), inner.end(), get), inner.end());
  EXPECT_TRUE(catalog.is_subcommand(get));
  EXPECT_FALSE(catalog.is_subcommand(config));
  EXPECT_TRUE(catalog.subcommands(*catalog.find("get")).empty());
}

TEST_F(RegistryCatalogTest, RulesHoldWhateverWasRenamed) {
  const auto before = catalog.find("get");
  registry.rename("get", "fetch");
  registry.rename("set", "");
  EXPECT_EQ(catalog.find("get"), before);
  EXPECT_EQ(catalog.find("fetch"), std::nullopt);
  EXPECT_TRUE(catalog.find("set").has_value());
}

TEST_F(RegistryCatalogTest, CategoriesAreBits) {
  const std::uint32_t read = catalog.category_named("READ");
  EXPECT_EQ(read, Categories{Category::read}.bits());
  EXPECT_EQ(catalog.category_named("nosuch"), 0u);
  EXPECT_NE(catalog.categories(*catalog.find("get")) & read, 0u);
  EXPECT_EQ(catalog.categories(*catalog.find("set")) & read, 0u);
}

}  // namespace
}  // namespace respawn::engine
