#include "tests/unit/commands/support.hpp"

namespace respawn::commands::test {
namespace {

using BitmapsTest = CommandTest;

const std::string bad_offset = error("ERR bit offset is not an integer or out of range");

TEST_F(BitmapsTest, SetbitAndGetbit) {
  EXPECT_EQ(run("GETBIT k 100"), integer(0));
  EXPECT_EQ(run("SETBIT k 7 1"), integer(0));
  EXPECT_EQ(run("SETBIT k 7 0"), integer(1));
  EXPECT_EQ(run("SETBIT k 9 1"), integer(0));
  EXPECT_EQ(run("GET k"), bulk(std::string_view("\x00\x40", 2)));
  EXPECT_EQ(run("GETBIT k 9"), integer(1));
  EXPECT_EQ(run("OBJECT ENCODING k"), bulk("raw"));
  run("SET n 12 EX 10");
  EXPECT_EQ(run("SETBIT n 15 1"), integer(0));
  EXPECT_EQ(run("GET n"), bulk("13"));
  EXPECT_EQ(run("TTL n"), integer(10));
  EXPECT_EQ(run("SETBIT k 0 2"), error("ERR bit is not an integer or out of range"));
}

TEST_F(BitmapsTest, OffsetsEndWhereStringsMust) {
  server.configure([](config::Config& c) { c.proto_max_bulk_len_bytes = 10; });
  EXPECT_EQ(run("SETBIT k 79 1"), integer(0));
  for (const char* offset : {"80", "-1", "x", "4294967296", "9223372036854775807",
                             "-9223372036854775808", "9223372036854775808", "#1", ""}) {
    EXPECT_EQ(run({"SETBIT", "k", offset, "1"}), bad_offset) << offset;
    EXPECT_EQ(run({"GETBIT", "k", offset}), bad_offset) << offset;
  }
  EXPECT_EQ(run("STRLEN k"), integer(10));
}

TEST_F(BitmapsTest, OtherTypesAreRefused) {
  run("RPUSH l a");
  for (const char* command :
       {"SETBIT l 0 1", "GETBIT l 0", "BITCOUNT l", "BITPOS l 1", "BITOP OR d l",
        "BITFIELD l GET u8 0", "BITFIELD l SET u8 0 1", "BITFIELD_RO l GET u8 0"}) {
    EXPECT_EQ(run(command), wrong_type) << command;
  }
  EXPECT_EQ(run("EXISTS d"), integer(0));
}

TEST_F(BitmapsTest, Bitcount) {
  run("SET k foobar");
  EXPECT_EQ(run("BITCOUNT k"), integer(26));
  EXPECT_EQ(run("BITCOUNT k 1 1"), integer(6));
  EXPECT_EQ(run("BITCOUNT k -2 -1"), integer(7));
  EXPECT_EQ(run("BITCOUNT k 5 30 BIT"), integer(17));
  EXPECT_EQ(run("BITCOUNT k 4 2"), integer(0));
  EXPECT_EQ(run("BITCOUNT k -9223372036854775808 9223372036854775807 BIT"), integer(26));
  EXPECT_EQ(run("BITCOUNT k 0"), syntax_error);
  EXPECT_EQ(run("BITCOUNT k 0 x"), not_an_integer);
  EXPECT_EQ(run("BITCOUNT k 0 1 BITS"), syntax_error);
  EXPECT_EQ(run("BITCOUNT nokey x y"), integer(0));
}

TEST_F(BitmapsTest, Bitpos) {
  run({"SET", "k", "\xff\xf0"});
  EXPECT_EQ(run("BITPOS k 0"), integer(12));
  EXPECT_EQ(run("BITPOS k 1 1"), integer(8));
  EXPECT_EQ(run("BITPOS k 0 0 0"), integer(-1));
  EXPECT_EQ(run("BITPOS k 0 3 14 BIT"), integer(12));
  EXPECT_EQ(run("BITPOS k 1 12 -1 BIT"), integer(-1));
  EXPECT_EQ(run("BITPOS k 2"), error("ERR The bit argument must be 1 or 0."));
  run({"SET", "ones", "\xff\xff"});
  EXPECT_EQ(run("BITPOS ones 0"), integer(16));
  EXPECT_EQ(run("BITPOS ones 0 1"), integer(16));
  EXPECT_EQ(run("BITPOS ones 0 1 -1"), integer(-1));
  EXPECT_EQ(run("BITPOS ones 0 2"), integer(-1));
  EXPECT_EQ(run("BITPOS nokey 0"), integer(0));
  EXPECT_EQ(run("BITPOS nokey 1"), integer(-1));
}

TEST_F(BitmapsTest, Bitop) {
  run("SET a abc EX 10");
  run("SET b \"\\xff\"");
  EXPECT_EQ(run("BITOP AND d a b"), integer(3));
  EXPECT_EQ(run("GET d"), bulk(std::string_view("a\0\0", 3)));
  EXPECT_EQ(run("BITOP XOR a a b nokey"), integer(3));
  EXPECT_EQ(run("GET a"), bulk("\x9e"
                               "bc"));
  EXPECT_EQ(run("TTL a"), integer(-1));
  run("SET n 5");
  EXPECT_EQ(run("BITOP OR d n"), integer(1));
  EXPECT_EQ(run("OBJECT ENCODING d"), bulk("raw"));
  EXPECT_EQ(run("INCR d"), integer(6));
  EXPECT_EQ(run("BITOP NOT d a b"),
            error("ERR BITOP NOT must be called with a single source key."));
  EXPECT_EQ(run("BITOP NAND d a b"), syntax_error);
  EXPECT_EQ(run("BITOP OR d nokey"), integer(0));
  EXPECT_EQ(run("EXISTS d"), integer(0));
}

TEST_F(BitmapsTest, TellsWhatChanged) {
  EXPECT_EQ(events_of("SETBIT k 3 0"), "new k, setbit k");
  EXPECT_EQ(events_of("SETBIT k 3 0"), "");
  EXPECT_EQ(changes_of("SETBIT k 3 0"), 0U);
  EXPECT_EQ(changes_of("SETBIT k 30 0"), 1U);
  EXPECT_EQ(events_of("BITOP NOT d k"), "new d, set d");
  EXPECT_EQ(events_of("BITOP OR d nokey"), "keymiss nokey, del d");
  EXPECT_EQ(events_of("BITOP OR d nokey"), "keymiss nokey");
  EXPECT_EQ(events_of("BITFIELD f SET u8 0 0 INCRBY u8 0 1"), "new f, setbit f");
  EXPECT_EQ(changes_of("BITFIELD f SET u8 0 0 INCRBY u8 0 1 SET u8 0 1"), 2U);
  EXPECT_EQ(changes_of("BITFIELD f SET u8 8 0 INCRBY u8 0 0"), 2U);
  EXPECT_EQ(changes_of("BITFIELD f GET u8 8 OVERFLOW FAIL INCRBY u8 0 256"), 0U);
}

TEST_F(BitmapsTest, BitfieldOverflow) {
  EXPECT_EQ(run("BITFIELD k SET u8 0 255 INCRBY u8 0 2"), array({integer(0), integer(1)}));
  EXPECT_EQ(run("BITFIELD k OVERFLOW SAT INCRBY i8 #1 -200 INCRBY i8 #1 500"),
            array({integer(-128), integer(127)}));
  EXPECT_EQ(run("BITFIELD k OVERFLOW FAIL INCRBY i8 #1 1 GET i8 #1"), array({null, integer(127)}));
  EXPECT_EQ(
      run("BITFIELD k SET i64 0 9223372036854775807 INCRBY i64 0 1"),
      array({integer(0x017f000000000000), integer(std::numeric_limits<std::int64_t>::min())}));
  EXPECT_EQ(run("BITFIELD k OVERFLOW SAT INCRBY i64 0 -1 SET u4 0 -1 GET u4 0"),
            array({integer(std::numeric_limits<std::int64_t>::min()), integer(8), integer(15)}));
  // So far below the least that Redis takes it for too large.
  EXPECT_EQ(
      run("BITFIELD k OVERFLOW SAT SET i8 0 -9223372036854775808 GET i8 0 SET i8 0 -129 GET i8 0"),
      array({integer(-16), integer(127), integer(127), integer(-128)}));
}

TEST_F(BitmapsTest, BitfieldParsesAllBeforeItChangesAnything) {
  EXPECT_EQ(run("BITFIELD k"), array({}));
  EXPECT_EQ(run("BITFIELD k SET u8 0 1 GET u8"), syntax_error);
  EXPECT_EQ(run("BITFIELD k SET u8 0 1 GET u64 0"),
            error("ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not "
                  "supported but i64 is."));
  EXPECT_EQ(run("BITFIELD k SET u8 0 1 OVERFLOW NO"), error("ERR Invalid OVERFLOW type specified"));
  EXPECT_EQ(run("BITFIELD k SET u8 0 1 GET u8 -1"), bad_offset);
  EXPECT_EQ(run("BITFIELD k SET u8 0 1 GET u8 #9223372036854775807"), bad_offset);
  EXPECT_EQ(run("BITFIELD k SET u8 0 x"), not_an_integer);
  EXPECT_EQ(run("BITFIELD_RO k GET u8 0 SET u8 0 1"),
            error("ERR BITFIELD_RO only supports the GET subcommand"));
  EXPECT_EQ(run("BITFIELD k GET u8 #-9223372036854775808"), array({integer(0)}));
  EXPECT_EQ(run("EXISTS k"), integer(0));
}

TEST_F(BitmapsTest, BitfieldReadsItsKeyOrWritesIt) {
  const auto flags = [&](const std::string& steps) {
    return run("COMMAND GETKEYSANDFLAGS BITFIELD k" + steps);
  };
  const auto key_with = [](const std::vector<std::string>& names) {
    std::vector<std::string> encoded;
    for (const std::string& name : names) encoded.push_back(simple(name));
    return array({array({bulk("k"), array(encoded)})});
  };
  EXPECT_EQ(flags(" OVERFLOW SAT GET u8 0"), key_with({"RO", "access"}));
  EXPECT_EQ(flags(" GET u8 0 SET u8 0 1"), key_with({"RW", "access", "update"}));
  EXPECT_EQ(flags(" GET u8"), key_with({"RW", "access", "update"}));
}

}  // namespace
}  // namespace respawn::commands::test
