#include "tests/unit/commands/support.hpp"

namespace respawn::engine {
using namespace commands::test;

namespace {

class Errors : public CommandTest {};

TEST_F(Errors, AnUnknownCommandIsNamedWithItsFirstArguments) {
  EXPECT_EQ(run("nosuch"), error("ERR unknown command 'nosuch', with args beginning with: "));
  EXPECT_EQ(run("nosuch a b"),
            error("ERR unknown command 'nosuch', with args beginning with: 'a' 'b' "));
  const std::string longer(200, 'x');
  EXPECT_EQ(run({longer, longer, "more"}),
            error("ERR unknown command '" + longer.substr(0, 128) +
                  "', with args beginning with: '" + longer.substr(0, 128) + "' "));
}

TEST_F(Errors, TextOfTheClientEndsAtItsFirstNul) {
  const std::string_view name("a\0b", 3);
  EXPECT_EQ(run({name, name}), error("ERR unknown command 'a', with args beginning with: 'a' "));
  EXPECT_EQ(run({"CONFIG", name}), error("ERR unknown subcommand 'a'. Try CONFIG HELP."));
  EXPECT_EQ(run({"CLIENT", "LIST", "TYPE", name}), error("ERR Unknown client type 'a'"));
  EXPECT_EQ(run({"CLIENT", "KILL", "USER", name}), error("ERR No such user 'a'"));
  EXPECT_EQ(run({"CLIENT", "SETINFO", name, "x"}), error("ERR Unrecognized option 'a'"));
  EXPECT_EQ(run({"HELLO", "3", name}), error("ERR Syntax error in HELLO option 'a'"));
}

TEST_F(Errors, HttpIsHungUpOn) {
  EXPECT_EQ(server.first.pipeline({"PING", "POST / HTTP/1.1", "PING"}), no_reply);
  EXPECT_TRUE(server.first.closed());
  auto& second = connect();
  EXPECT_EQ(second.run("host: a"), no_reply);
  EXPECT_TRUE(second.closed());
  EXPECT_EQ(server.services.log.lines.size(), 1U);
  server.clock.advance_ms(61'000);
  connect().run("POST /");
  EXPECT_EQ(server.services.log.lines.size(), 2U);
}

}  // namespace
}  // namespace respawn::engine
