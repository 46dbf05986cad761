#include "keyspace/types/hyperloglog.hpp"

#include "tests/unit/commands/support.hpp"

namespace respawn::commands::test {
namespace {

using HyperLogLogCommandsTest = CommandTest;

const std::string corrupted = error("INVALIDOBJ Corrupted HLL object detected");
const std::string no_sketch = error("WRONGTYPE Key is not a valid HyperLogLog string value.");

TEST_F(HyperLogLogCommandsTest, AddsAndCounts) {
  EXPECT_EQ(run("PFCOUNT k"), integer(0));
  EXPECT_EQ(run("PFADD k"), integer(1));
  EXPECT_EQ(run("PFADD k"), integer(0));
  EXPECT_EQ(run("PFADD k a b c"), integer(1));
  EXPECT_EQ(run("PFADD k a c"), integer(0));
  EXPECT_EQ(run("PFCOUNT k"), integer(3));
  EXPECT_EQ(run("PFADD other c d"), integer(1));
  EXPECT_EQ(run("PFCOUNT k other nokey"), integer(4));
  run("EXPIRE k 10");
  EXPECT_EQ(run("PFADD k e f g"), integer(1));
  EXPECT_EQ(run("TTL k"), integer(10));
}

TEST_F(HyperLogLogCommandsTest, KeepsTheCountInTheString) {
  run("PFADD k a b c");
  const auto cached = [&] {
    const std::string reply = run("GETRANGE k 8 15");
    return reply.substr(reply.find('\n') + 1, 8);
  };
  EXPECT_EQ(cached(), std::string_view("\0\0\0\0\0\0\0\x80", 8));
  EXPECT_EQ(changes_of("PFCOUNT k"), 1U);
  EXPECT_EQ(cached(), std::string_view("\3\0\0\0\0\0\0\0", 8));
  EXPECT_EQ(changes_of("PFCOUNT k"), 0U);
  EXPECT_EQ(run("SETRANGE k 8 \"\\x07\""), integer(27));
  EXPECT_EQ(run("PFCOUNT k"), integer(7));
  run("PFADD k d");
  EXPECT_EQ(run("PFCOUNT k"), integer(4));
}

TEST_F(HyperLogLogCommandsTest, BecomesDense) {
  server.configure([](config::Config& c) { c.hll_sparse_max_bytes = 30; });
  for (int i = 0; i < 20; ++i) run("PFADD k " + std::to_string(i));
  EXPECT_EQ(run("PFDEBUG ENCODING k"), simple("dense"));
  EXPECT_EQ(run("STRLEN k"), integer(12304));
  EXPECT_EQ(run("PFADD k 1 2 3"), integer(0));
  EXPECT_EQ(run("PFADD k new"), integer(1));
  EXPECT_EQ(run("PFCOUNT k"), integer(21));
  EXPECT_EQ(run("PFDEBUG DECODE k"), error("ERR HLL encoding is not sparse"));
  EXPECT_EQ(run("PFDEBUG TODENSE k"), integer(0));
}

TEST_F(HyperLogLogCommandsTest, Merges) {
  run("PFADD a 1 2 3");
  run("PFADD b 3 4");
  EXPECT_EQ(run("PFMERGE d a b nokey"), ok);
  EXPECT_EQ(run("PFCOUNT d"), integer(4));
  EXPECT_EQ(run("PFDEBUG ENCODING d"), simple("sparse"));
  EXPECT_EQ(run("PFDEBUG TODENSE b"), integer(1));
  EXPECT_EQ(run("PFMERGE a b"), ok);
  EXPECT_EQ(run("PFDEBUG ENCODING a"), simple("dense"));
  EXPECT_EQ(run("PFCOUNT a"), integer(4));
  EXPECT_EQ(run("PFMERGE empty"), ok);
  EXPECT_EQ(run("PFDEBUG DECODE empty"), bulk("Z:16384"));
}

TEST_F(HyperLogLogCommandsTest, RefusesWhatIsNone) {
  run("RPUSH l a");
  run("SET s text");
  run("SET n 1");
  run("PFADD good a b");
  for (const std::string command : {"PFADD % a", "PFCOUNT %", "PFCOUNT good %", "PFMERGE d %",
                                    "PFMERGE % good", "PFDEBUG GETREG %"}) {
    const auto with = [&](std::string_view key) {
      std::string line = command;
      return run(line.replace(line.find('%'), 1, key));
    };
    EXPECT_EQ(with("l"), wrong_type) << command;
    EXPECT_EQ(with("s"), no_sketch) << command;
    EXPECT_EQ(with("n"), no_sketch) << command;
  }
  EXPECT_EQ(run("EXISTS d"), integer(0));
}

TEST_F(HyperLogLogCommandsTest, RefusesCorruptedRuns) {
  run("PFADD k a b c");
  run("APPEND k hello");
  const std::string before = run("GET k");
  for (const char* command : {"PFCOUNT k", "PFCOUNT k k", "PFMERGE d k", "PFMERGE k d",
                              "PFDEBUG GETREG k", "PFDEBUG TODENSE k"})
    EXPECT_EQ(run(command), corrupted) << command;
  EXPECT_EQ(run("GET k"), before);
  EXPECT_EQ(run("EXISTS d"), integer(0));
  run({"SET", "none", std::string_view("HYLL\1\0\0\0\0\0\0\0\0\0\0\0", 16)});
  EXPECT_EQ(run("PFADD none a"), corrupted);
  EXPECT_EQ(run("STRLEN none"), integer(16));
}

TEST_F(HyperLogLogCommandsTest, LooksInside) {
  EXPECT_EQ(run("PFDEBUG ENCODING k"), error("ERR The specified key does not exist"));
  run("PFADD k");
  EXPECT_EQ(run("PFDEBUG NOSUCH k"), error("ERR Unknown PFDEBUG subcommand 'NOSUCH'"));
  EXPECT_EQ(run("PFDEBUG GETREG k"),
            array(std::vector<std::string>(keyspace::hyperloglog::register_count, integer(0))));
  EXPECT_EQ(run("PFDEBUG ENCODING k"), simple("dense"));
  EXPECT_EQ(run("PFSELFTEST"), ok);
}

TEST_F(HyperLogLogCommandsTest, TellsWhatChanged) {
  EXPECT_EQ(events_of("PFADD k a b"), "new k, pfadd k");
  EXPECT_EQ(events_of("PFADD k a b"), "");
  EXPECT_EQ(changes_of("PFADD k c d"), 2U);
  EXPECT_EQ(changes_of("PFADD fresh c d"), 3U);
  EXPECT_EQ(events_of("PFCOUNT k"), "");
  EXPECT_EQ(events_of("PFMERGE k fresh"), "pfadd k");
  EXPECT_EQ(changes_of("PFDEBUG TODENSE k"), 1U);
}

}  // namespace
}  // namespace respawn::commands::test
