#include <gmock/gmock.h>

#include "tests/unit/commands/support.hpp"

namespace respawn::commands::test {
namespace {

using protocol::RespVersion;
using ::testing::MatchesRegex;

const std::string not_allowed = error(
    "ERR DEBUG command not allowed. If the enable-debug-command option is set to \"local\", "
    "you can run it from a local connection, otherwise you need to set this option in the "
    "configuration file, and then restart the server.");

class Debug : public CommandTest {
 protected:
  Debug() { permit(config::Permission::yes); }

  void permit(config::Permission permission) {
    server.configure([&](config::Config& c) { c.enable_debug_command = permission; });
  }
};

TEST_F(Debug, RunsOnlyWhereItIsAllowed) {
  permit(config::Permission::no);
  EXPECT_EQ(run("DEBUG SLEEP 0"), not_allowed);
  permit(config::Permission::local);
  EXPECT_EQ(run("DEBUG SLEEP 0"), ok);
  Session& session = server.first.session();
  session.peer_address = "10.0.0.1:5000";
  EXPECT_EQ(run("DEBUG SLEEP 0"), not_allowed);
  session.peer_address = "[::1]:5000";
  EXPECT_EQ(run("DEBUG SLEEP 0"), ok);
  session.peer_address = "/run/respawn.sock:0";
  session.unix_socket = true;
  EXPECT_EQ(run("DEBUG SLEEP 0"), ok);
}

TEST_F(Debug, RefusesWhatItDoesNotKnow) {
  EXPECT_EQ(run("DEBUG NOSUCH"),
            error("ERR unknown subcommand or wrong number of arguments for 'NOSUCH'. Try DEBUG "
                  "HELP."));
  EXPECT_EQ(run("DEBUG OBJECT a b"),
            error("ERR unknown subcommand or wrong number of arguments for 'OBJECT'. Try DEBUG "
                  "HELP."));
  EXPECT_EQ(run("DEBUG"), error("ERR wrong number of arguments for 'debug' command"));
  EXPECT_THAT(run("DEBUG HELP"), ::testing::StartsWith("*47\r\n+DEBUG <subcommand> "));
}

TEST_F(Debug, LogWritesALine) {
  EXPECT_EQ(run("DEBUG LOG hello"), ok);
  EXPECT_THAT(server.services.log.lines, ::testing::ElementsAre("DEBUG LOG: hello"));
}

TEST_F(Debug, ObjectDescribesStrings) {
  const auto line = [](std::string_view encoding, int length) {
    return "\\+Value at:0x[0-9a-f]+ refcount:1 encoding:" + std::string(encoding) +
           " serializedlength:" + std::to_string(length) + " lru:[0-9]+ lru_seconds_idle:2\r\n";
  };
  run("MSET byte -128 short 200 int 2147483647 long 2147483648 text hello");
  run({"SET", "big", std::string(100, 'x')});
  server.configure([](config::Config& c) { c.rdbcompression = false; });
  server.clock.advance_ms(2000);
  EXPECT_THAT(run("DEBUG OBJECT byte"), MatchesRegex(line("int", 2)));
  EXPECT_THAT(run("DEBUG OBJECT short"), MatchesRegex(line("int", 3)));
  EXPECT_THAT(run("DEBUG OBJECT int"), MatchesRegex(line("int", 5)));
  EXPECT_THAT(run("DEBUG OBJECT long"), MatchesRegex(line("int", 11)));
  EXPECT_THAT(run("DEBUG OBJECT text"), MatchesRegex(line("embstr", 6)));
  EXPECT_THAT(run("DEBUG OBJECT big"), MatchesRegex(line("raw", 102)));
  EXPECT_EQ(run("DEBUG OBJECT nothing"), error("ERR no such key"));
}

TEST_F(Debug, ObjectDescribesLongLists) {
  server.configure([](config::Config& c) { c.list_max_listpack_size = 4; });
  run("RPUSH l 1 2 3");
  EXPECT_THAT(run("DEBUG OBJECT l"), MatchesRegex(".*encoding:listpack .*lru_seconds_idle:0\r\n"));
  run("RPUSH l 4 5 6 7 8 9");
  EXPECT_THAT(run("DEBUG OBJECT l"),
              MatchesRegex(".*encoding:quicklist .*lru_seconds_idle:0 ql_nodes:3 ql_avg_node:3.00 "
                           "ql_listpack_max:4 ql_compressed:0 ql_uncompressed_size:[0-9]+\r\n"));
}

TEST_F(Debug, ActiveExpireCanBeStopped) {
  run("SET k v PX 10");
  EXPECT_EQ(run("DEBUG SET-ACTIVE-EXPIRE 0"), ok);
  pass_ms(20);
  EXPECT_EQ(run("DBSIZE"), integer(1));
  EXPECT_EQ(run("DEBUG SET-ACTIVE-EXPIRE 1"), ok);
  pass_ms(0);
  EXPECT_EQ(run("DBSIZE"), integer(0));
}

TEST_F(Debug, PopulateAddsKeysThatAreNotThere) {
  run("SET key:1 mine");
  EXPECT_EQ(run("DEBUG POPULATE 3"), ok);
  EXPECT_EQ(run("MGET key:0 key:1 key:2"), bulks({"value:0", "mine", "value:2"}));
  EXPECT_EQ(run("DEBUG POPULATE 1 cut 3"), ok);
  EXPECT_EQ(run("GET cut:0"), bulk("val"));
  EXPECT_EQ(run("DEBUG POPULATE 1 long 9"), ok);
  EXPECT_EQ(run("GET long:0"), bulk(std::string("value:0\0\0", 9)));
  EXPECT_EQ(run("DBSIZE"), integer(5));
}

TEST_F(Debug, PopulateChecksItsNumbers) {
  const std::string negative = error("ERR value is out of range, must be positive");
  EXPECT_EQ(run("DEBUG POPULATE -1"), negative);
  EXPECT_EQ(run("DEBUG POPULATE many"), negative);
  EXPECT_EQ(run("DEBUG POPULATE 1 k -1"), negative);
  EXPECT_EQ(run("DEBUG POPULATE 1 k 9223372036854775807"),
            error("ERR string exceeds maximum allowed size (proto-max-bulk-len)"));
  EXPECT_EQ(run("DBSIZE"), integer(0));
}

TEST_F(Debug, ProtocolHasEveryType) {
  const std::string double_text = "3.141";
  EXPECT_EQ(run("DEBUG PROTOCOL string"), bulk("Hello World"));
  EXPECT_EQ(run("DEBUG PROTOCOL integer"), integer(12345));
  EXPECT_EQ(run("DEBUG PROTOCOL double"), bulk(double_text));
  EXPECT_EQ(run("DEBUG PROTOCOL map"),
            array({integer(0), integer(0), integer(1), integer(1), integer(2), integer(0)}));
  EXPECT_EQ(run("DEBUG PROTOCOL attrib"), bulk("Some real reply following the attribute"));
  EXPECT_EQ(run("DEBUG PROTOCOL push"), error("ERR RESP2 is not supported by this command"));
  EXPECT_EQ(
      run("DEBUG PROTOCOL nosuch"),
      error("ERR Wrong protocol type name. Please use one of the following: "
            "string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false"));
  auto& modern = connect(RespVersion::resp3);
  EXPECT_EQ(modern.run("DEBUG PROTOCOL double"), ",3.141\r\n");
  EXPECT_EQ(modern.run("DEBUG PROTOCOL bignum"), "(1234567999999999999999999999999999999\r\n");
  EXPECT_EQ(modern.run("DEBUG PROTOCOL null"), null3);
  EXPECT_EQ(modern.run("DEBUG PROTOCOL true"), "#t\r\n");
  EXPECT_EQ(modern.run("DEBUG PROTOCOL verbatim"), "=29\r\ntxt:This is a verbatim\nstring\r\n");
  EXPECT_EQ(modern.run("DEBUG PROTOCOL set"), aggregate('~', {integer(0), integer(1), integer(2)}));
  EXPECT_EQ(modern.run("DEBUG PROTOCOL attrib"),
            "|1\r\n" + bulk("key-popularity") + array({bulk("key:123"), integer(90)}) +
                bulk("Some real reply following the attribute"));
  EXPECT_EQ(modern.run("DEBUG PROTOCOL push"),
            aggregate('>', {bulk("server-cpu-usage"), integer(42)}) +
                bulk("Some real reply following the push reply"));
}

TEST_F(Debug, PackedThresholdTakesASize) {
  const std::string wrong =
      error("ERR argument must be a memory value bigger than 1 and smaller than 4gb");
  EXPECT_EQ(run("DEBUG QUICKLIST-PACKED-THRESHOLD 200b"), ok);
  EXPECT_EQ(server.store.list_packed_threshold_bytes, 200U);
  EXPECT_EQ(run("DEBUG QUICKLIST-PACKED-THRESHOLD 4gb"), wrong);
  EXPECT_EQ(run("DEBUG QUICKLIST-PACKED-THRESHOLD big"), wrong);
  EXPECT_EQ(server.store.list_packed_threshold_bytes, 200U);
  EXPECT_EQ(run("DEBUG QUICKLIST-PACKED-THRESHOLD 0"), ok);
  EXPECT_EQ(server.store.list_packed_threshold_bytes, std::size_t{1} << 30);
}

TEST_F(Debug, StringmatchLenMatchesALongText) {
  EXPECT_EQ(run("DEBUG STRINGMATCH-LEN 100000 a*a*a*b"), integer(0));
  EXPECT_EQ(run("DEBUG STRINGMATCH-LEN 100000 a*a"), integer(1));
  EXPECT_EQ(run("DEBUG STRINGMATCH-LEN -1 a"),
            error("ERR value is out of range, must be positive"));
}

TEST_F(Debug, ChangeReplIdDrawsAnother) {
  const std::string before = server.store.replication_id;
  EXPECT_EQ(run("DEBUG CHANGE-REPL-ID"), ok);
  EXPECT_NE(server.store.replication_id, before);
  EXPECT_EQ(server.store.replication_id.size(), 40U);
}

TEST_F(Debug, ErrorRepliesWithIt) {
  EXPECT_EQ(run({"DEBUG", "ERROR", "CODE a\r\nb"}), error("CODE a  b"));
}

}  // namespace
}  // namespace respawn::commands::test
