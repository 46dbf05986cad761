#include <gmock/gmock.h>

#include "persistence/crc64.hpp"
#include "persistence/rdb_writer.hpp"
#include "tests/unit/commands/support.hpp"

namespace respawn::commands::test {
namespace {

/// The string "v", as Redis dumps it.
const std::string payload("\x00\x01v\x0a\x00\x91\x08\xce\xb2\x19\x38\x8a\xce", 13);

const std::string busy = error("BUSYKEY Target key name already exists.");

class Dump : public CommandTest {
 protected:
  /// The value at a key as bytes.
  std::string dumped(std::string_view key) {
    const std::string reply = run({"DUMP", key});
    const std::size_t start = reply.find("\r\n") + 2;
    return reply.substr(start, reply.size() - start - 2);
  }

  std::string restore(std::string_view key, std::string_view ttl, std::string_view option = "") {
    if (option.empty()) return run({"RESTORE", key, ttl, payload});
    return run({"RESTORE", key, ttl, payload, option});
  }
};

TEST_F(Dump, DumpsWhatRestoreTakes) {
  EXPECT_EQ(run("DUMP k"), null);
  run("SET k v");
  EXPECT_EQ(run("DUMP k"), bulk(payload));
  run("HSET h a 1 b 2");
  EXPECT_EQ(run({"RESTORE", "copy", "0", dumped("h")}), ok);
  EXPECT_EQ(run("HGETALL copy"), bulks({"a", "1", "b", "2"}));
  EXPECT_EQ(run("TTL copy"), integer(-1));
}

TEST_F(Dump, AnExistingKeyIsInTheWayUnlessReplaced) {
  run("SET k old");
  EXPECT_EQ(restore("k", "0"), busy);
  EXPECT_EQ(restore("k", "no number"), busy);
  EXPECT_EQ(restore("k", "0", "REPLACE"), ok);
  EXPECT_EQ(run("GET k"), bulk("v"));
}

TEST_F(Dump, TimesToLive) {
  EXPECT_EQ(restore("k", "100"), ok);
  EXPECT_EQ(run("PTTL k"), integer(100));
  pass_ms(101);
  EXPECT_EQ(run("EXISTS k"), integer(0));
  const std::int64_t now_ms = server.clock.wall_us() / 1000;
  EXPECT_EQ(restore("k", std::to_string(now_ms + 70), "ABSTTL"), ok);
  EXPECT_EQ(run("PTTL k"), integer(70));
  EXPECT_EQ(restore("new", "-1"), error("ERR Invalid TTL value, must be >= 0"));
  EXPECT_EQ(restore("new", "x"), not_an_integer);
  EXPECT_EQ(restore("far", "9223372036854775807"), ok);
  EXPECT_EQ(run("GET far"), bulk("v"));
}

TEST_F(Dump, AKeyThatHasEndedIsNotCreatedButReplaced) {
  run("SET k old");
  EXPECT_EQ(run({"RESTORE", "k", "1", payload, "ABSTTL", "REPLACE"}), ok);
  EXPECT_EQ(run("EXISTS k"), integer(0));
  EXPECT_EQ(restore("k", "1", "ABSTTL"), ok);
  EXPECT_EQ(run("EXISTS k"), integer(0));
}

TEST_F(Dump, BadPayloads) {
  const std::string wrong = error("ERR DUMP payload version or checksum are wrong");
  EXPECT_EQ(run({"RESTORE", "k", "0", "short"}), wrong);
  EXPECT_EQ(run({"RESTORE", "k", "0", payload + "x"}), wrong);
  std::string empty_list("\x01\x00\x0a\x00", 4);
  persistence::append_little_endian(empty_list, persistence::crc64(empty_list));
  EXPECT_EQ(run({"RESTORE", "k", "0", empty_list}), error("ERR Bad data format"));
  EXPECT_EQ(run("EXISTS k"), integer(0));
}

TEST_F(Dump, WrongOptions) {
  EXPECT_EQ(restore("k", "0", "NOSUCH"), syntax_error);
  EXPECT_EQ(restore("k", "0", "IDLETIME"), syntax_error);
  EXPECT_EQ(run({"RESTORE", "k", "0", payload, "IDLETIME", "-1"}),
            error("ERR Invalid IDLETIME value, must be >= 0"));
  for (const std::string_view frequency : {"-1", "256"})
    EXPECT_EQ(run({"RESTORE", "k", "0", payload, "FREQ", frequency}),
              error("ERR Invalid FREQ value, must be >= 0 and <= 255"));
  EXPECT_EQ(run({"RESTORE", "k", "0", payload, "FREQ", "1", "IDLETIME", "1"}), syntax_error);
  EXPECT_EQ(run({"RESTORE", "k", "0", payload, "IDLETIME", "1", "FREQ", "1"}), syntax_error);
}

TEST_F(Dump, AccessTimesAreRestoredIfThePolicyGoesByThem) {
  EXPECT_EQ(run({"RESTORE", "k", "0", payload, "IDLETIME", "1000"}), ok);
  EXPECT_EQ(run("OBJECT IDLETIME k"), integer(1000));
  EXPECT_EQ(run({"RESTORE", "k", "0", payload, "FREQ", "9", "REPLACE"}), ok);
  EXPECT_EQ(run("OBJECT IDLETIME k"), integer(0));
  server.configure(
      [](config::Config& c) { c.maxmemory_policy = config::EvictionPolicy::allkeys_lfu; });
  EXPECT_EQ(run({"RESTORE", "k", "0", payload, "FREQ", "200", "REPLACE"}), ok);
  EXPECT_EQ(run("OBJECT FREQ k"), integer(200));
}

TEST_F(Dump, Effects) {
  server.configure([](config::Config& c) { c.rdbcompression = false; });
  run("SET k v");
  const std::string command = "RESTORE k 0 " + respawn::quoted(payload);
  EXPECT_EQ(changes_of("DUMP k"), 0U);
  EXPECT_EQ(events_of("DUMP k"), "");
  EXPECT_EQ(changes_of(command + " REPLACE"), 1U);
  EXPECT_EQ(events_of(command + " REPLACE ABSTTL"), "new k, restore k");
  EXPECT_EQ(events_of("RESTORE k 1 " + respawn::quoted(payload) + " REPLACE ABSTTL"), "del k");
}

TEST_F(Dump, WhoWaitsIsServed) {
  run("RPUSH l a b");
  const std::string list = dumped("l");
  run("DEL l");
  Client& waiting = connect();
  EXPECT_EQ(waiting.run("BLPOP l 0"), no_reply);
  EXPECT_EQ(run({"RESTORE", "l", "0", list}), ok);
  EXPECT_EQ(waiting.received(), bulks({"l", "a"}));
}

TEST_F(Dump, FieldsExpireAfterTheyWereRestored) {
  run("HSET h a 1 b 2");
  run("HPEXPIRE h 100 FIELDS 1 a");
  const std::string hash = dumped("h");
  EXPECT_EQ(run({"RESTORE", "h", "0", hash, "REPLACE"}), ok);
  pass_ms(101);
  EXPECT_EQ(run("HGETALL h"), bulks({"b", "2"}));
}

TEST_F(Dump, RestoreAskingIsRestore) {
  EXPECT_EQ(run({"RESTORE-ASKING", "k", "0", payload}), ok);
  EXPECT_EQ(run("GET k"), bulk("v"));
}

}  // namespace
}  // namespace respawn::commands::test
