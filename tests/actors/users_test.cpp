// What connections and acceptors make of users that change while the server runs.
#include <gtest/gtest.h>

#include "tests/actors/world.hpp"

namespace respawn::actors::test {
namespace {

/// More arguments than a stranger may send.
const std::string long_command = [] {
  Buffer bytes;
  protocol::write_request(bytes, std::vector<std::string_view>(11, "DEL"));
  return std::string(bytes.view());
}();

TEST(Users, ADefaultUserWithAPasswordMakesStrangersOfNewClients) {
  World world;
  Client admin = world.connect();
  EXPECT_EQ(admin.run("ACL SETUSER default >pw"), ok);
  EXPECT_EQ(admin.run("PING"), simple("PONG"));
  Client stranger = world.connect();
  EXPECT_EQ(stranger.run("PING"), unauthenticated);
  EXPECT_EQ(stranger.send(long_command), too_many);
  EXPECT_TRUE(stranger.closed());
  Client known = world.connect();
  EXPECT_EQ(known.run("AUTH pw"), ok);
  EXPECT_EQ(known.send(long_command), integer(0));
  EXPECT_EQ(admin.run("ACL SETUSER default nopass"), ok);
  EXPECT_EQ(world.connect().send(long_command), integer(0));
}

TEST(Users, ADisabledDefaultUserLetsInWhoLogsInAsSomebodyElse) {
  World world;
  Client admin = world.connect();
  admin.run("ACL SETUSER alice on >pw +del allkeys");
  EXPECT_EQ(admin.run("ACL SETUSER default off"), ok);
  Client client = world.connect();
  EXPECT_EQ(client.run("PING"), unauthenticated);
  EXPECT_EQ(client.run("AUTH alice pw"), ok);
  EXPECT_EQ(client.send(long_command), integer(0));
}

TEST(Users, HoldBeyondTheDeathOfTheKeyspaceActor) {
  World world;
  Client admin = world.connect();
  Client client = world.connect();
  admin.run("ACL SETUSER alice on >pw +get allkeys");
  EXPECT_EQ(client.run("AUTH alice pw"), ok);
  world.kill("keyspace");
  EXPECT_EQ(client.run("GET k"), "$-1\r\n");
  EXPECT_EQ(client.run("SET k v"),
            error("NOPERM User alice has no permissions to run the 'set' command"));
  EXPECT_EQ(admin.run("ACL DELUSER alice"), integer(1));
  EXPECT_TRUE(client.closed());
}

}  // namespace
}  // namespace respawn::actors::test
