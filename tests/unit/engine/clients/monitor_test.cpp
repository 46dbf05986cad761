#include "tests/unit/commands/support.hpp"

namespace respawn::engine {
using namespace commands::test;

namespace {

class Monitor : public CommandTest {
 protected:
  Monitor() : monitor(connect()) { EXPECT_EQ(monitor.run("MONITOR"), ok); }

  /// What the monitor sees of a command of the first client.
  static std::string seen(std::string_view arguments, int db = 0) {
    return simple("1700000000.000000 [" + std::to_string(db) + " 127.0.0.1:50001] " +
                  std::string(arguments));
  }

  Client& monitor;
};

TEST_F(Monitor, ShowsArgumentsQuoted) {
  run({"set", "k", std::string_view("a\"b\n\x01", 5)});
  EXPECT_EQ(monitor.received(), seen("\"set\" \"k\" \"a\\\"b\\n\\x01\""));
}

TEST_F(Monitor, ShowsTheDatabaseBehindTheCommand) {
  run("SELECT 3");
  EXPECT_EQ(monitor.received(), seen("\"SELECT\" \"3\"", 3));
}

TEST_F(Monitor, KeepsAdministrationAndRefusedCommandsToItself) {
  run("CONFIG GET maxmemory");
  run("NOSUCH");
  run("GET");
  EXPECT_EQ(monitor.received(), no_reply);
}

TEST_F(Monitor, KeepsPasswordsToItself) {
  run("AUTH default secret");
  EXPECT_EQ(monitor.received(), seen("\"AUTH\" \"(redacted)\" \"(redacted)\""));
  run("HELLO 2 AUTH default secret SETNAME x");
  EXPECT_EQ(monitor.received(),
            seen("\"HELLO\" \"2\" \"AUTH\" \"(redacted)\" \"(redacted)\" \"SETNAME\" \"x\""));
}

TEST_F(Monitor, ShowsABlockingCommandOnce) {
  auto& blocked = connect();
  blocked.run("BLPOP l 0");
  EXPECT_EQ(monitor.received(),
            simple("1700000000.000000 [0 127.0.0.1:50003] \"BLPOP\" \"l\" \"0\""));
  run("RPUSH l v");
  EXPECT_EQ(monitor.received(), seen("\"RPUSH\" \"l\" \"v\""));
}

TEST_F(Monitor, NamesAUnixSocketByItsPath) {
  Session& session = server.first.session();
  session.unix_socket = true;
  session.local_address = "/run/respawn.sock:0";
  run("PING");
  EXPECT_EQ(monitor.received(), simple("1700000000.000000 [0 unix:/run/respawn.sock] \"PING\""));
}

TEST_F(Monitor, SeesItsOwnCommandsButMayNotTouchKeys) {
  EXPECT_EQ(monitor.run("PING"),
            simple("PONG") + simple("1700000000.000000 [0 127.0.0.1:50002] \"PING\""));
  EXPECT_EQ(monitor.run("GET k"), error("ERR Replica can't interact with the keyspace"));
  EXPECT_EQ(monitor.run("MONITOR"), no_reply);
}

TEST_F(Monitor, EndsWithResetOrTheConnection) {
  EXPECT_EQ(monitor.run("RESET"), simple("RESET"));
  run("PING");
  EXPECT_EQ(monitor.received(), no_reply);
  monitor.run("MONITOR");
  server.disconnect(monitor);
  EXPECT_EQ(run("PING"), simple("PONG"));
  EXPECT_TRUE(server.store.clients.monitors().empty());
}

}  // namespace
}  // namespace respawn::engine
