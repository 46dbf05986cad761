#include "tests/unit/commands/support.hpp"

namespace respawn::commands::test {
namespace {

class ScriptsTest : public CommandTest {};

TEST_F(ScriptsTest, FlushTakesAMode) {
  EXPECT_EQ(run("SCRIPT FLUSH"), ok);
  EXPECT_EQ(run("SCRIPT FLUSH ASYNC"), ok);
  EXPECT_EQ(run("FUNCTION FLUSH"), ok);
  EXPECT_EQ(run("FUNCTION FLUSH sync"), ok);
  EXPECT_EQ(changes_of("FUNCTION FLUSH"), 1U);
}

TEST_F(ScriptsTest, FlushRefusesOtherModes) {
  const std::string script = error("ERR SCRIPT FLUSH only support SYNC|ASYNC option");
  EXPECT_EQ(run("SCRIPT FLUSH later"), script);
  EXPECT_EQ(run("SCRIPT FLUSH ASYNC SYNC"), script);
  EXPECT_EQ(run("FUNCTION FLUSH later"),
            error("ERR FUNCTION FLUSH only supports SYNC|ASYNC option"));
  EXPECT_EQ(run("FUNCTION FLUSH ASYNC SYNC"),
            error("ERR unknown subcommand or wrong number of arguments for 'FLUSH'. Try FUNCTION "
                  "HELP."));
}

}  // namespace
}  // namespace respawn::commands::test
