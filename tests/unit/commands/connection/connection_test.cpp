#include "tests/unit/commands/support.hpp"

namespace respawn::commands::test {
namespace {

using protocol::RespVersion;

const std::string no_auth = error("NOAUTH Authentication required.");
const std::string wrong_password_reply =
    error("WRONGPASS invalid username-password pair or user is disabled.");

class Connection : public CommandTest {
 protected:
  void require_password() {
    server.configure([](config::Config& c) { c.requirepass = "secret"; });
  }

  static std::string greeting(RespVersion version, std::uint64_t id) {
    const std::vector<std::string> fields = {
        bulk("server"),  bulk("redis"),
        bulk("version"), bulk("7.2.4"),
        bulk("proto"),   integer(static_cast<int>(version)),
        bulk("id"),      integer(static_cast<std::int64_t>(id)),
        bulk("mode"),    bulk("standalone"),
        bulk("role"),    bulk("master"),
        bulk("modules"), array({})};
    return aggregate(version == RespVersion::resp3 ? '%' : '*', fields);
  }
};

TEST_F(Connection, PingAnswersPongOrItsMessage) {
  EXPECT_EQ(run("PING"), simple("PONG"));
  EXPECT_EQ(run("ping hello"), bulk("hello"));
  EXPECT_EQ(run({"PING", ""}), bulk(""));
  EXPECT_EQ(run("PING a b"), error("ERR wrong number of arguments for 'ping' command"));
}

TEST_F(Connection, PingOfAResp2SubscriberIsAnArray) {
  run("SUBSCRIBE c");
  EXPECT_EQ(run("PING"), bulks({"pong", ""}));
  EXPECT_EQ(run("PING hi"), bulks({"pong", "hi"}));
  auto& modern = connect(RespVersion::resp3);
  modern.run("SUBSCRIBE c");
  EXPECT_EQ(modern.run("PING"), simple("PONG"));
}

TEST_F(Connection, EchoReturnsItsMessage) {
  EXPECT_EQ(run({"ECHO", std::string_view("a\r\n\0b", 5)}), bulk(std::string("a\r\n\0b", 5)));
  EXPECT_EQ(run("ECHO"), error("ERR wrong number of arguments for 'echo' command"));
}

TEST_F(Connection, QuitClosesBehindItsReplyAndNothingFollows) {
  EXPECT_EQ(server.first.pipeline({"QUIT", "PING"}), ok);
  EXPECT_TRUE(server.first.closed());
}

TEST_F(Connection, SelectChecksTheIndex) {
  EXPECT_EQ(run("SELECT 15"), ok);
  EXPECT_EQ(server.first.session().db, 15);
  EXPECT_EQ(run("SELECT 16"), error("ERR DB index is out of range"));
  EXPECT_EQ(run("SELECT -1"), error("ERR DB index is out of range"));
  EXPECT_EQ(run("SELECT one"), not_an_integer);
  EXPECT_EQ(run("SELECT 2147483648"),
            error("ERR value is out of range, value must between -2147483648 and 2147483647"));
  EXPECT_EQ(server.first.session().db, 15);
}

TEST_F(Connection, HelloAgreesOnTheProtocol) {
  EXPECT_EQ(run("HELLO"), greeting(RespVersion::resp2, 1));
  EXPECT_EQ(run("HELLO 3"), greeting(RespVersion::resp3, 1));
  EXPECT_EQ(run("HELLO"), greeting(RespVersion::resp3, 1));
  EXPECT_EQ(run("GET nothing"), null3);
  EXPECT_EQ(run("HELLO 2"), greeting(RespVersion::resp2, 1));
}

TEST_F(Connection, HelloRefusesWhatItDoesNotKnow) {
  EXPECT_EQ(run("HELLO three"), error("ERR Protocol version is not an integer or out of range"));
  EXPECT_EQ(run("HELLO 1"), error("NOPROTO unsupported protocol version"));
  EXPECT_EQ(run("HELLO 4"), error("NOPROTO unsupported protocol version"));
  EXPECT_EQ(run("HELLO 3 LOUD"), error("ERR Syntax error in HELLO option 'LOUD'"));
  EXPECT_EQ(run("HELLO 3 AUTH default"), error("ERR Syntax error in HELLO option 'AUTH'"));
  EXPECT_EQ(run("HELLO 3 SETNAME"), error("ERR Syntax error in HELLO option 'SETNAME'"));
  EXPECT_EQ(server.first.session().resp, RespVersion::resp2);
}

TEST_F(Connection, HelloSetsTheNameWhenAllElseIsRight) {
  run("HELLO 2 SETNAME worker");
  EXPECT_EQ(run("CLIENT GETNAME"), bulk("worker"));
  EXPECT_EQ(run("HELLO 3 SETNAME \"a b\""),
            error("ERR Client names cannot contain spaces, newlines or special characters."));
  EXPECT_EQ(run("HELLO 3 SETNAME other AUTH nobody x"), wrong_password_reply);
  EXPECT_EQ(run("CLIENT GETNAME"), bulk("worker"));
}

TEST_F(Connection, WithoutAPasswordEveryPasswordOfTheDefaultUserIsRight) {
  EXPECT_EQ(run("AUTH x"),
            error("ERR AUTH <password> called without any password configured for the default "
                  "user. Are you sure your configuration is correct?"));
  EXPECT_EQ(run("AUTH default x"), ok);
  EXPECT_EQ(run("AUTH nobody x"), wrong_password_reply);
  EXPECT_EQ(run("AUTH a b c"), syntax_error);
}

TEST_F(Connection, WithAPasswordNothingRunsBeforeAuth) {
  require_password();
  auto& client = connect();
  EXPECT_EQ(client.run("GET k"), no_auth);
  EXPECT_EQ(client.run("PING"), no_auth);
  EXPECT_EQ(client.run("CLIENT ID"), no_auth);
  EXPECT_EQ(client.run("GET"), error("ERR wrong number of arguments for 'get' command"));
  EXPECT_EQ(client.run("RESET"), simple("RESET"));
  EXPECT_EQ(client.run("AUTH wrong"), wrong_password_reply);
  EXPECT_EQ(client.run("AUTH default secre"), wrong_password_reply);
  EXPECT_EQ(client.run({"AUTH", ""}), wrong_password_reply);
  EXPECT_EQ(client.run("AUTH secret"), ok);
  EXPECT_EQ(client.run("GET k"), null);
}

TEST_F(Connection, HelloMayAuthenticate) {
  require_password();
  auto& client = connect();
  EXPECT_EQ(client.run("HELLO 3"),
            error("NOAUTH HELLO must be called with the client already authenticated, otherwise "
                  "the HELLO <proto> AUTH <user> <pass> option can be used to authenticate the "
                  "client and select the RESP protocol version at the same time"));
  EXPECT_EQ(client.run("HELLO 3 AUTH default wrong"), wrong_password_reply);
  EXPECT_EQ(client.run("HELLO 3 AUTH default secret"), greeting(RespVersion::resp3, 2));
  EXPECT_EQ(client.run("PING"), simple("PONG"));
}

TEST_F(Connection, ANewPasswordLeavesConnectionsAuthenticated) {
  require_password();
  EXPECT_EQ(run("PING"), simple("PONG"));
  EXPECT_EQ(run("RESET"), simple("RESET"));
  EXPECT_EQ(run("PING"), no_auth);
  server.configure([](config::Config& c) { c.requirepass.clear(); });
  EXPECT_EQ(run("PING"), simple("PONG"));
}

TEST_F(Connection, ResetMakesTheConnectionNew) {
  run("HELLO 3 SETNAME worker");
  run("SELECT 5");
  run("CLIENT NO-EVICT ON");
  run("CLIENT SETINFO LIB-NAME library");
  run("SUBSCRIBE c");
  run("CLIENT REPLY OFF");
  EXPECT_EQ(run("RESET"), simple("RESET"));
  const Session& session = server.first.session();
  EXPECT_EQ(session.resp, RespVersion::resp2);
  EXPECT_EQ(session.db, 0);
  EXPECT_EQ(session.name, "");
  EXPECT_EQ(session.library_name, "library");
  EXPECT_FALSE(session.no_evict);
  EXPECT_FALSE(session.facts.subscriber);
  EXPECT_EQ(run("PUBLISH c x"), integer(0));
}

TEST_F(Connection, AResp2SubscriberMayDoLittle) {
  run("SUBSCRIBE c");
  EXPECT_EQ(run("GET k"),
            error("ERR Can't execute 'get': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / "
                  "RESET are allowed in this context"));
  EXPECT_EQ(run("RESET"), simple("RESET"));
  EXPECT_EQ(run("GET k"), null);
}

}  // namespace
}  // namespace respawn::commands::test
