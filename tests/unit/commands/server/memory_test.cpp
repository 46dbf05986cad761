#include <gmock/gmock.h>

#include "tests/unit/commands/support.hpp"

namespace respawn::commands::test {
namespace {

using protocol::RespVersion;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class Memory : public CommandTest {
 protected:
  std::int64_t usage(const std::string& key) {
    return parse_int64(trim(std::string_view(run("MEMORY USAGE " + key)).substr(1))).value();
  }
};

TEST_F(Memory, UsageIsWhatIsAllocated) {
  EXPECT_EQ(run("MEMORY USAGE k"), null);
  run("SET k v");
  const std::int64_t small = usage("k");
  EXPECT_GT(small, 8);
  run("SET k " + std::string(100'000, 'v'));
  EXPECT_GE(usage("k"), small + 99'000);
  EXPECT_LT(usage("k"), small + 150'000);
  run("RPUSH l " + std::string(5000, 'v'));
  EXPECT_GT(usage("l"), 5000);
}

TEST_F(Memory, UsageChecksItsOptions) {
  run("SET k v");
  EXPECT_EQ(run("MEMORY USAGE k SAMPLES 0"), run("MEMORY USAGE k"));
  EXPECT_EQ(run("MEMORY USAGE k SAMPLES"), syntax_error);
  EXPECT_EQ(run("MEMORY USAGE k SAMPLES -1"), syntax_error);
  EXPECT_EQ(run("MEMORY USAGE k SAMPLES x"), not_an_integer);
  EXPECT_EQ(run("MEMORY USAGE k 5"), syntax_error);
}

TEST_F(Memory, StatsCountWhatTheWorldSays) {
  server.services.memory.known = {.used = 1 << 20,
                                  .resident = 4 << 20,
                                  .allocated = 1 << 20,
                                  .active = 2 << 20,
                                  .allocator_resident = 3 << 20};
  EXPECT_THAT(run("MEMORY STATS"), StartsWith("*54\r\n$14\r\npeak.allocated\r\n:1048576\r\n"));
  run("SET k v");
  Client& client = connect(RespVersion::resp3);
  const std::string stats = client.run("MEMORY STATS");
  EXPECT_THAT(stats, StartsWith("%28\r\n"));
  EXPECT_THAT(stats, HasSubstr("db.0\r\n%3\r\n$23\r\noverhead.hashtable.main\r\n"));
  EXPECT_THAT(stats, HasSubstr("keys.count\r\n:1\r\n"));
  EXPECT_THAT(stats, HasSubstr("keys.bytes-per-key\r\n:1048576\r\n"));
  EXPECT_THAT(stats, HasSubstr("peak.percentage\r\n,100\r\n"));
  EXPECT_THAT(stats, HasSubstr("allocator-fragmentation.ratio\r\n,2\r\n"));
  EXPECT_THAT(stats, HasSubstr("rss-overhead.bytes\r\n:1048576\r\n"));
  EXPECT_THAT(stats, HasSubstr("\r\nfragmentation\r\n,4\r\n"));
}

TEST_F(Memory, WhatAnEmptyServerHasIsNoData) {
  server.services.process.known.startup_memory_bytes = 3 << 20;
  server.services.memory.known.used = 4 << 20;
  run("SET k v");
  const std::string stats = run("MEMORY STATS");
  EXPECT_THAT(stats, HasSubstr("startup.allocated\r\n:3145728\r\n"));
  EXPECT_THAT(stats, HasSubstr("keys.bytes-per-key\r\n:1048576\r\n"));
  const std::string info = run("INFO memory");
  EXPECT_THAT(info, HasSubstr("used_memory_startup:3145728\r\n"));
  EXPECT_THAT(info, HasSubstr("used_memory_dataset_perc:9"));
  server.services.memory.known.used = 2 << 20;  // less than at the start
  EXPECT_THAT(run("INFO memory"), HasSubstr("used_memory_dataset_perc:0.00%\r\n"));
  EXPECT_THAT(run("MEMORY STATS"), HasSubstr("keys.bytes-per-key\r\n:0\r\n"));
}

TEST_F(Memory, DoctorNamesWhatIsWrong) {
  MemoryFacts& facts = server.services.memory.known;
  EXPECT_THAT(run("MEMORY DOCTOR"), HasSubstr("Too little memory"));
  facts = {.used = 100 << 20,
           .resident = 105 << 20,
           .allocated = 100 << 20,
           .active = 101 << 20,
           .allocator_resident = 102 << 20};
  EXPECT_THAT(run("MEMORY DOCTOR"), HasSubstr("No problem found."));
  facts.used = 50 << 20;
  EXPECT_THAT(run("MEMORY DOCTOR"), HasSubstr("Peak: "));
  EXPECT_THAT(run("MEMORY DOCTOR"), HasSubstr("Resident: "));
  EXPECT_THAT(run("MEMORY DOCTOR"), Not(HasSubstr("Fragmentation: ")));
  facts.active = 150 << 20;
  EXPECT_THAT(run("MEMORY DOCTOR"), HasSubstr("Fragmentation: "));
  facts.allocator_resident = 200 << 20;
  EXPECT_THAT(run("MEMORY DOCTOR"), HasSubstr("Allocator: "));
  facts.resident = 250 << 20;
  EXPECT_THAT(run("MEMORY DOCTOR"), HasSubstr("Process: "));
  EXPECT_THAT(run("MEMORY DOCTOR"), Not(HasSubstr("Clients: ")));
  server.first.session().facts.output_bytes = 1 << 20;
  EXPECT_THAT(run("MEMORY DOCTOR"), HasSubstr("Clients: "));
}

TEST_F(Memory, TheAllocatorIsAsked) {
  EXPECT_EQ(run("MEMORY PURGE"), ok);
  EXPECT_EQ(server.services.memory.purges, 1);
  EXPECT_EQ(run("MEMORY MALLOC-STATS"), bulk("Stats not supported for the current allocator"));
  server.services.memory.text = "arenas: 1";
  EXPECT_EQ(run("MEMORY MALLOC-STATS"), bulk("arenas: 1"));
  EXPECT_EQ(connect(RespVersion::resp3).run("MEMORY MALLOC-STATS"), "=13\r\ntxt:arenas: 1\r\n");
}

TEST_F(Memory, Help) {
  EXPECT_THAT(run("MEMORY HELP"), StartsWith("*13\r\n+MEMORY <subcommand> "));
  EXPECT_EQ(run("MEMORY NOSUCH"), error("ERR unknown subcommand 'NOSUCH'. Try MEMORY HELP."));
}

}  // namespace
}  // namespace respawn::commands::test
