#include "tests/unit/commands/support.hpp"

namespace respawn::commands::test {
namespace {

using SubstringsTest = CommandTest;

const std::string too_long = error("ERR string exceeds maximum allowed size (proto-max-bulk-len)");

TEST_F(SubstringsTest, AppendAndStrlen) {
  EXPECT_EQ(run("STRLEN k"), integer(0));
  EXPECT_EQ(run("APPEND k ab"), integer(2));
  EXPECT_EQ(run("APPEND k \"\""), integer(2));
  EXPECT_EQ(run("APPEND k cde"), integer(5));
  EXPECT_EQ(run("GET k"), bulk("abcde"));
  EXPECT_EQ(run("OBJECT ENCODING k"), bulk("raw"));
  EXPECT_EQ(run("STRLEN k"), integer(5));
  run("SET n 123 EX 10");
  EXPECT_EQ(run("STRLEN n"), integer(3));
  EXPECT_EQ(run("APPEND n 4"), integer(4));
  EXPECT_EQ(run("TTL n"), integer(10));
  EXPECT_EQ(run("GET n"), bulk("1234"));
  EXPECT_EQ(events_of("APPEND k x"), "append k");
  EXPECT_EQ(events_of("APPEND fresh x"), "new fresh, append fresh");
}

TEST_F(SubstringsTest, OtherTypesAreRefused) {
  run("RPUSH l a");
  for (const char* command :
       {"APPEND l x", "STRLEN l", "GETRANGE l 0 1", "SUBSTR l 0 1", "SETRANGE l 0 x"}) {
    EXPECT_EQ(run(command), wrong_type) << command;
  }
}

TEST_F(SubstringsTest, StringsDoNotGrowPastTheLimit) {
  server.configure([](config::Config& c) { c.proto_max_bulk_len_bytes = 10; });
  EXPECT_EQ(run("APPEND k 12345"), integer(5));
  EXPECT_EQ(run("APPEND k 123456"), too_long);
  EXPECT_EQ(run("APPEND k 12345"), integer(10));
  EXPECT_EQ(run("SETRANGE k 10 x"), too_long);
  EXPECT_EQ(run("SETRANGE k 9 x"), integer(10));
  EXPECT_EQ(run("SETRANGE fresh 10 x"), too_long);
  EXPECT_EQ(run("SETRANGE fresh 9223372036854775807 x"), too_long);
  EXPECT_EQ(run("EXISTS fresh"), integer(0));
}

TEST_F(SubstringsTest, Getrange) {
  run("SET k \"Hello World\"");
  EXPECT_EQ(run("GETRANGE k 0 4"), bulk("Hello"));
  EXPECT_EQ(run("GETRANGE k -5 -1"), bulk("World"));
  EXPECT_EQ(run("SUBSTR k 0 -1"), bulk("Hello World"));
  EXPECT_EQ(run("GETRANGE k -100 100"), bulk("Hello World"));
  EXPECT_EQ(run("GETRANGE k 5 3"), bulk(""));
  EXPECT_EQ(run("GETRANGE k -1 -5"), bulk(""));
  EXPECT_EQ(run("GETRANGE k -100 -50"), bulk("H"));
  EXPECT_EQ(run("GETRANGE k 11 20"), bulk(""));
  EXPECT_EQ(run("GETRANGE k -9223372036854775808 9223372036854775807"), bulk("Hello World"));
  EXPECT_EQ(run("GETRANGE k 9223372036854775807 -9223372036854775808"), bulk(""));
  EXPECT_EQ(run("GETRANGE nokey 0 1"), bulk(""));
  EXPECT_EQ(run("GETRANGE k x 1"), not_an_integer);
  EXPECT_EQ(run("GETRANGE k 0 1.5"), not_an_integer);
  run("SET n 12345");
  EXPECT_EQ(run("GETRANGE n 1 3"), bulk("234"));
}

TEST_F(SubstringsTest, Setrange) {
  EXPECT_EQ(run("SETRANGE nokey 5 \"\""), integer(0));
  EXPECT_EQ(run("EXISTS nokey"), integer(0));
  EXPECT_EQ(run("SETRANGE k 2 ab"), integer(4));
  EXPECT_EQ(run("GET k"), bulk(std::string_view("\0\0ab", 4)));
  EXPECT_EQ(run("SETRANGE k 1 xyz"), integer(4));
  EXPECT_EQ(run("GET k"), bulk(std::string_view("\0xyz", 4)));
  EXPECT_EQ(run("SETRANGE k 1 \"\""), integer(4));
  EXPECT_EQ(run("SETRANGE k -1 x"), error("ERR offset is out of range"));
  EXPECT_EQ(run("SETRANGE k x x"), not_an_integer);
  run("SET n 1234 EX 10");
  EXPECT_EQ(run("SETRANGE n 1 99"), integer(4));
  EXPECT_EQ(run("GET n"), bulk("1994"));
  EXPECT_EQ(run("TTL n"), integer(10));
  EXPECT_EQ(run("OBJECT ENCODING n"), bulk("raw"));
  EXPECT_EQ(events_of("SETRANGE n 0 x"), "setrange n");
  EXPECT_EQ(events_of("SETRANGE n 0 \"\""), "");
}

TEST_F(SubstringsTest, Lcs) {
  run("MSET a ohmytext b mynewtext");
  EXPECT_EQ(run("LCS a b"), bulk("mytext"));
  EXPECT_EQ(run("LCS a b LEN"), integer(6));
  const std::string text =
      array({array({integer(4), integer(7)}), array({integer(5), integer(8)})});
  const std::string my = array({array({integer(2), integer(3)}), array({integer(0), integer(1)})});
  EXPECT_EQ(run("LCS a b IDX"),
            array({bulk("matches"), array({text, my}), bulk("len"), integer(6)}));
  const std::string text_with_length =
      array({array({integer(4), integer(7)}), array({integer(5), integer(8)}), integer(4)});
  EXPECT_EQ(run("LCS a b IDX MINMATCHLEN 4 WITHMATCHLEN"),
            array({bulk("matches"), array({text_with_length}), bulk("len"), integer(6)}));
  EXPECT_EQ(run("LCS a nokey"), bulk(""));
}

TEST_F(SubstringsTest, LcsRefuses) {
  run("SET a x");
  run("RPUSH l x");
  EXPECT_EQ(run("LCS a l"), error("ERR The specified keys must contain string values"));
  EXPECT_EQ(run("LCS a a IDX LEN"),
            error("ERR If you want both the length and indexes, please just use IDX."));
  EXPECT_EQ(run("LCS a a FOO"), syntax_error);
  EXPECT_EQ(run("LCS a a MINMATCHLEN"), syntax_error);
  EXPECT_EQ(run("LCS a a MINMATCHLEN x"), not_an_integer);
  server.configure([](config::Config& c) { c.proto_max_bulk_len_bytes = 15; });
  EXPECT_EQ(run("LCS a a"), error("ERR Insufficient memory, transient memory for LCS exceeds "
                                  "proto-max-bulk-len"));
  server.configure([](config::Config& c) { c.proto_max_bulk_len_bytes = 16; });
  EXPECT_EQ(run("LCS a a"), bulk("x"));
}

}  // namespace
}  // namespace respawn::commands::test
