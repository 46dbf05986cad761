// Consumer groups; among them what users of other servers met: counters below zero, entries that
// stay pending though they are gone, entries of two consumers.
#include "keyspace/types/stream.hpp"
#include "tests/unit/commands/support.hpp"

namespace respawn::commands::test {
namespace {

class StreamGroupsTest : public CommandTest {
 protected:
  StreamGroupsTest() {
    for (int i = 1; i <= 5; ++i) run("XADD s " + std::to_string(i) + " f v" + std::to_string(i));
    run("XGROUP CREATE s g 0");
  }

  std::string entry(int i, const std::string& fields = {}) {
    const std::string values = fields.empty() ? bulks({"f", "v" + std::to_string(i)}) : fields;
    return aggregate('*', {bulk(std::to_string(i) + "-0"), values});
  }

  static std::string of_stream(const std::vector<std::string>& entries) {
    return aggregate('*', {aggregate('*', {bulk("s"), aggregate('*', entries)})});
  }

  /// Pending entries: "id consumer count", one a line.
  std::string pending() {
    std::string text;
    const auto& group =
        *server.store.databases.at(0).find("s")->object<keyspace::Stream>().find_group("g");
    EXPECT_TRUE(group.check_invariants());
    group.for_each_pending({}, [&](const keyspace::PendingEntry& each) {
      text += std::to_string(each.id.ms) + " " +
              std::string(group.consumer(each.consumer)->name()) + " " +
              std::to_string(each.deliveries) + "\n";
      return true;
    });
    return text;
  }
};

const std::string no_group = error("NOGROUP No such key 's' or consumer group 'x'");

TEST_F(StreamGroupsTest, EntriesAreDeliveredOnce) {
  EXPECT_EQ(run("XREADGROUP GROUP g a COUNT 2 STREAMS s >"), of_stream({entry(1), entry(2)}));
  EXPECT_EQ(run("XREADGROUP GROUP g b COUNT 2 STREAMS s >"), of_stream({entry(3), entry(4)}));
  EXPECT_EQ(pending(), "1 a 1\n2 a 1\n3 b 1\n4 b 1\n");
  EXPECT_EQ(run("XACK s g 1 3 77"), integer(2));
  EXPECT_EQ(run("XACK s g 1 3"), integer(0));
  EXPECT_EQ(pending(), "2 a 1\n4 b 1\n");
  EXPECT_EQ(run("XREADGROUP GROUP g a STREAMS s 0"), of_stream({entry(2)}));
  EXPECT_EQ(pending(), "2 a 2\n4 b 1\n");
  EXPECT_EQ(run("XREADGROUP GROUP g a STREAMS s >"), of_stream({entry(5)}));
  EXPECT_EQ(run("XREADGROUP GROUP g a STREAMS s >"), null_array);
  EXPECT_EQ(run("XREADGROUP GROUP g a STREAMS s 99"), of_stream({}));
}

TEST_F(StreamGroupsTest, WithoutAcknowledgingNothingIsPending) {
  EXPECT_EQ(run("XREADGROUP GROUP g a COUNT 1 NOACK STREAMS s >"), of_stream({entry(1)}));
  EXPECT_EQ(pending(), "");
}

TEST_F(StreamGroupsTest, ADeletedEntryThatIsPendingIsSaidToBeGone) {
  run("XREADGROUP GROUP g a STREAMS s >");
  run("XDEL s 2");
  EXPECT_EQ(run("XREADGROUP GROUP g a COUNT 2 STREAMS s 0"),
            of_stream({entry(1), aggregate('*', {bulk("2-0"), null_array})}));
  EXPECT_EQ(run("XCLAIM s g b 0 2"), aggregate('*', {}));
  EXPECT_EQ(pending(), "1 a 2\n3 a 1\n4 a 1\n5 a 1\n");
  run("XTRIM s MAXLEN 1");
  EXPECT_EQ(run("XAUTOCLAIM s g b 0 - JUSTID COUNT 2"),
            aggregate('*', {bulk("4-0"), aggregate('*', {}), bulks({"1-0", "3-0"})}));
  EXPECT_EQ(run("XAUTOCLAIM s g b 0 4"),
            aggregate('*', {bulk("0-0"), aggregate('*', {entry(5)}), bulks({"4-0"})}));
  EXPECT_EQ(pending(), "5 b 2\n");
}

TEST_F(StreamGroupsTest, AClaimedEntryIsOneConsumers) {
  run("XREADGROUP GROUP g a STREAMS s >");
  pass_ms(100);
  EXPECT_EQ(run("XCLAIM s g b 200 1"), aggregate('*', {}));
  EXPECT_EQ(run("XCLAIM s g b 100 1"), aggregate('*', {entry(1)}));
  EXPECT_EQ(run("XCLAIM s g b 0 2 RETRYCOUNT 7 JUSTID"), bulks({"2-0"}));
  EXPECT_EQ(run("XCLAIM s g a 0 1 JUSTID"), bulks({"1-0"}));
  EXPECT_EQ(pending(), "1 a 2\n2 b 7\n3 a 1\n4 a 1\n5 a 1\n");
  EXPECT_EQ(run("XGROUP DELCONSUMER s g a"), integer(4));
  EXPECT_EQ(pending(), "2 b 7\n");
  EXPECT_EQ(run("XGROUP DELCONSUMER s g a"), integer(0));
  EXPECT_EQ(run("XCLAIM s g b 0 4 FORCE JUSTID"), bulks({"4-0"}));
  EXPECT_EQ(run("XCLAIM s g b 0 9 FORCE"), aggregate('*', {}));
  EXPECT_EQ(run("XCLAIM s g b 0 1 NONSENSE"), error("ERR Unrecognized XCLAIM option 'NONSENSE'"));
  EXPECT_EQ(pending(), "2 b 7\n4 b 1\n");
}

TEST_F(StreamGroupsTest, AReadAgainAfterSetIdMovesTheEntry) {
  run("XREADGROUP GROUP g a COUNT 2 STREAMS s >");
  run("XGROUP SETID s g 0");
  run("XREADGROUP GROUP g b COUNT 1 STREAMS s >");
  EXPECT_EQ(pending(), "1 b 1\n2 a 1\n");
}

TEST_F(StreamGroupsTest, PendingEntriesAreListed) {
  run("XREADGROUP GROUP g a COUNT 2 STREAMS s >");
  pass_ms(50);
  run("XREADGROUP GROUP g b COUNT 1 STREAMS s >");
  const auto line = [](int i, const char* consumer, int idle) {
    return aggregate('*',
                     {bulk(std::to_string(i) + "-0"), bulk(consumer), integer(idle), integer(1)});
  };
  EXPECT_EQ(run("XPENDING s g - + 10"),
            aggregate('*', {line(1, "a", 50), line(2, "a", 50), line(3, "b", 0)}));
  EXPECT_EQ(run("XPENDING s g IDLE 50 (1-0 + 10"), aggregate('*', {line(2, "a", 50)}));
  EXPECT_EQ(run("XPENDING s g - + 10 b"), aggregate('*', {line(3, "b", 0)}));
  EXPECT_EQ(run("XPENDING s g - + 10 nobody"), aggregate('*', {}));
  EXPECT_EQ(run("XPENDING s g"),
            aggregate('*', {integer(3), bulk("1-0"), bulk("3-0"),
                            aggregate('*', {bulks({"a", "2"}), bulks({"b", "1"})})}));
  EXPECT_EQ(run("XPENDING s x"), no_group);
  EXPECT_EQ(run("XPENDING s g - +"), syntax_error);
  run("XACK s g 1 2 3");
  EXPECT_EQ(run("XPENDING s g"), aggregate('*', {integer(0), null, null, null_array}));
}

TEST_F(StreamGroupsTest, LagIsKnownOrNot) {
  const auto lag = [&] {
    const std::string info = run("XINFO GROUPS s");
    return info.substr(info.find("lag") + 5);
  };
  EXPECT_EQ(lag(), integer(5));
  run("XREADGROUP GROUP g a COUNT 2 STREAMS s >");
  EXPECT_EQ(lag(), integer(3));
  run("XDEL s 4");
  EXPECT_EQ(lag(), null);
  run("XREADGROUP GROUP g a STREAMS s >");
  EXPECT_EQ(lag(), integer(0));
}

TEST_F(StreamGroupsTest, GroupsAreMadeAndDestroyed) {
  EXPECT_EQ(run("XGROUP CREATE s g 0"), error("BUSYGROUP Consumer Group name already exists"));
  EXPECT_EQ(run("XGROUP CREATE new g $ MKSTREAM ENTRIESREAD 5"), ok);
  EXPECT_EQ(run("TYPE new"), simple("stream"));
  EXPECT_NE(run("XGROUP CREATE none g 0").find("requires the key to exist"), std::string::npos);
  EXPECT_EQ(run("XGROUP CREATE s h 0 ENTRIESREAD -2"),
            error("ERR value for ENTRIESREAD must be positive or -1"));
  EXPECT_EQ(run("XGROUP SETID s x 0"),
            error("NOGROUP No such consumer group 'x' for key name 's'"));
  EXPECT_EQ(run("XGROUP CREATE s h 0 NONSENSE"),
            error("ERR unknown subcommand or wrong number of arguments for 'CREATE'. Try XGROUP "
                  "HELP."));
  EXPECT_EQ(run("XGROUP DESTROY s g"), integer(1));
  EXPECT_EQ(run("XGROUP DESTROY s g"), integer(0));
  EXPECT_EQ(run("XREADGROUP GROUP g a STREAMS s >"),
            error("NOGROUP No such key 's' or consumer group 'g' in XREADGROUP with GROUP option"));
}

TEST_F(StreamGroupsTest, AConsumerMayHaveAnyName) {
  EXPECT_EQ(run("XREADGROUP GROUP g STREAMS COUNT 1 STREAMS s >"), of_stream({entry(1)}));
  EXPECT_EQ(pending(), "1 STREAMS 1\n");
}

TEST_F(StreamGroupsTest, HistoryOfOneKeyIsNotThatOfAll) {
  run("XADD t 1 f w");
  run("XGROUP CREATE t g 0");
  run("XREADGROUP GROUP g a COUNT 1 STREAMS s >");
  const std::string reply = run("XREADGROUP GROUP g a COUNT 5 STREAMS s t 0 >");
  EXPECT_EQ(
      reply,
      aggregate(
          '*',
          {aggregate('*', {bulk("s"), aggregate('*', {entry(1)})}),
           aggregate('*', {bulk("t"),
                           aggregate('*', {aggregate('*', {bulk("1-0"), bulks({"f", "w"})})})})}));
}

TEST_F(StreamGroupsTest, InfoSaysWhatThereIs) {
  run("XREADGROUP GROUP g a COUNT 1 STREAMS s >");
  pass_ms(70);
  EXPECT_EQ(
      run("XINFO CONSUMERS s g"),
      aggregate('*', {aggregate('*', {bulk("name"), bulk("a"), bulk("pending"), integer(1),
                                      bulk("idle"), integer(70), bulk("inactive"), integer(70)})}));
  EXPECT_NE(run("XINFO STREAM s").find("last-entry"), std::string::npos);
  EXPECT_NE(run("XINFO STREAM s FULL COUNT 1").find("pel-count"), std::string::npos);
  EXPECT_EQ(run("XINFO STREAM none"), error("ERR no such key"));
  EXPECT_EQ(run("XINFO STREAM s HALF"),
            error("ERR unknown subcommand or wrong number of arguments for 'STREAM'. Try XINFO "
                  "HELP."));
  EXPECT_EQ(run("XINFO CONSUMERS s x"),
            error("NOGROUP No such consumer group 'x' for key name 's'"));
}

}  // namespace
}  // namespace respawn::commands::test
