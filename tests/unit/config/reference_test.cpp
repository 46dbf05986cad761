#include "config/reference.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/option.hpp"

namespace respawn::config {
namespace {

using testing::HasSubstr;

TEST(Reference, TheSchemaNamesEveryOptionAndAlias) {
  std::string schema = json_schema();
  for (const Option& option : options()) {
    EXPECT_THAT(schema, HasSubstr("\n    \"" + std::string(option.name) + "\": {"));
    if (option.alias.empty()) continue;
    EXPECT_THAT(schema, HasSubstr("\n    \"" + std::string(option.alias) + "\": {"));
  }
  EXPECT_THAT(schema, HasSubstr("\"additionalProperties\": false"));
}

TEST(Reference, ThePageDescribesEveryVisibleOption) {
  std::string page = reference_markdown();
  for (const Option& option : options()) {
    std::string heading =
        "\n### " + std::string(option.name) + "\n\n" + std::string(option.summary);
    EXPECT_EQ(page.find(heading) != page.npos, !option.hidden) << option.name;
  }
}

TEST(Reference, HelpShowsWhatHasAnEffectAndFitsAScreenWidth) {
  std::string help = help_text();
  for (const Option& option : options()) {
    bool shown = help.find("\n  --" + std::string(option.name) + " ") != help.npos;
    EXPECT_EQ(shown, !option.hidden && option.state == State::implemented) << option.name;
  }
  EXPECT_THAT(help, HasSubstr("--check-config"));
}

}  // namespace
}  // namespace respawn::config
