#include "tests/unit/commands/support.hpp"

namespace respawn::commands::test {
namespace {

using PubsubTest = CommandTest;

/// "subscribe", a channel and a count; '*' in RESP2, '>' in RESP3.
std::string change(char type, std::string_view what, std::string_view name, int count) {
  return aggregate(type, {bulk(what), bulk(name), integer(count)});
}

std::string message(char type, std::string_view channel, std::string_view text) {
  return aggregate(type, {bulk("message"), bulk(channel), bulk(text)});
}

TEST_F(PubsubTest, SubscribeAnswersForEachChannel) {
  EXPECT_EQ(run("SUBSCRIBE a b a"), change('*', "subscribe", "a", 1) +
                                        change('*', "subscribe", "b", 2) +
                                        change('*', "subscribe", "a", 2));
  EXPECT_EQ(run("PSUBSCRIBE p*"), change('*', "psubscribe", "p*", 3));
  Client& resp3 = connect(protocol::RespVersion::resp3);
  EXPECT_EQ(resp3.run("SUBSCRIBE a"), change('>', "subscribe", "a", 1));
}

TEST_F(PubsubTest, UnsubscribeLeavesWhatIsNamed) {
  run("SUBSCRIBE a b c");
  EXPECT_EQ(run("UNSUBSCRIBE b nothing"),
            change('*', "unsubscribe", "b", 2) + change('*', "unsubscribe", "nothing", 2));
  EXPECT_EQ(run("UNSUBSCRIBE"),
            change('*', "unsubscribe", "a", 1) + change('*', "unsubscribe", "c", 0));
  EXPECT_EQ(run("UNSUBSCRIBE"), array({bulk("unsubscribe"), null, integer(0)}));
}

TEST_F(PubsubTest, PunsubscribeLeavesPatternsAlone) {
  run("SUBSCRIBE a");
  run("PSUBSCRIBE p* q*");
  EXPECT_EQ(run("PUNSUBSCRIBE q*"), change('*', "punsubscribe", "q*", 2));
  EXPECT_EQ(run("PUNSUBSCRIBE"), change('*', "punsubscribe", "p*", 1));
  EXPECT_EQ(run("PUNSUBSCRIBE"), array({bulk("punsubscribe"), null, integer(1)}));
  Client& resp3 = connect(protocol::RespVersion::resp3);
  EXPECT_EQ(resp3.run("UNSUBSCRIBE"), aggregate('>', {bulk("unsubscribe"), null3, integer(0)}));
}

TEST_F(PubsubTest, PublishReachesChannelsAndPatterns) {
  Client& channel = connect();
  Client& pattern = connect(protocol::RespVersion::resp3);
  channel.run("SUBSCRIBE news");
  pattern.run("PSUBSCRIBE n?ws *s");
  EXPECT_EQ(run("PUBLISH news hello"), integer(3));
  EXPECT_EQ(channel.received(), message('*', "news", "hello"));
  EXPECT_EQ(pattern.received(),
            aggregate('>', {bulk("pmessage"), bulk("*s"), bulk("news"), bulk("hello")}) +
                aggregate('>', {bulk("pmessage"), bulk("n?ws"), bulk("news"), bulk("hello")}));
  EXPECT_EQ(run("PUBLISH nobody x"), integer(0));
}

TEST_F(PubsubTest, MessagesStopAfterLeaving) {
  Client& listener = connect();
  listener.run("SUBSCRIBE a");
  listener.run("UNSUBSCRIBE a");
  EXPECT_EQ(run("PUBLISH a x"), integer(0));
  listener.run("SUBSCRIBE a");
  server.disconnect(listener);
  EXPECT_EQ(run("PUBLISH a x"), integer(0));
  EXPECT_EQ(run("PUBSUB CHANNELS"), array({}));
}

TEST_F(PubsubTest, AResp3ClientMayHearItself) {
  Client& resp3 = connect(protocol::RespVersion::resp3);
  resp3.run("SUBSCRIBE a");
  EXPECT_EQ(resp3.run("PUBLISH a x"), integer(1) + message('>', "a", "x"));
  EXPECT_EQ(resp3.run("GET k"), null3);
}

TEST_F(PubsubTest, OnePatternIsComparedWithManyChannels) {
  Client& listener = connect();
  listener.run("PSUBSCRIBE n[a-e]?s*");
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(run("PUBLISH news x"), integer(1));
    EXPECT_EQ(run("PUBLISH nows x"), integer(0));
    EXPECT_EQ(run("PUBLISH nabs.a x"), integer(1));
    EXPECT_EQ(run({"PUBLISH", "", "x"}), integer(0));
    server.restart();
  }
  listener.run("PUNSUBSCRIBE n[a-e]?s*");
  EXPECT_EQ(run("PUBLISH news x"), integer(0));
  EXPECT_EQ(run("PUBSUB NUMPAT"), integer(0));
}

TEST_F(PubsubTest, AResp2ClientIsRestrictedWhileSubscribed) {
  run("SUBSCRIBE a");
  EXPECT_EQ(run("GET k"),
            error("ERR Can't execute 'get': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / "
                  "RESET are allowed in this context"));
  EXPECT_EQ(run("UNSUBSCRIBE"), change('*', "unsubscribe", "a", 0));
  EXPECT_EQ(run("GET k"), null);
}

TEST_F(PubsubTest, MessagesReachABlockedClient) {
  Client& waiter = connect(protocol::RespVersion::resp3);
  waiter.run("SUBSCRIBE a");
  waiter.run("BLPOP l 0");
  run("PUBLISH a x");
  EXPECT_EQ(waiter.received(), message('>', "a", "x"));
  EXPECT_TRUE(waiter.blocked());
}

TEST_F(PubsubTest, Introspection) {
  Client& one = connect();
  Client& two = connect();
  one.run("SUBSCRIBE news sport");
  two.run("SUBSCRIBE news");
  one.run("PSUBSCRIBE p* q*");
  two.run("PSUBSCRIBE p*");
  EXPECT_EQ(run("PUBSUB CHANNELS"), bulks({"news", "sport"}));
  EXPECT_EQ(run("PUBSUB CHANNELS n*"), bulks({"news"}));
  EXPECT_EQ(run("PUBSUB NUMSUB news none"),
            array({bulk("news"), integer(2), bulk("none"), integer(0)}));
  EXPECT_EQ(run("PUBSUB NUMSUB"), array({}));
  EXPECT_EQ(run("PUBSUB NUMPAT"), integer(2));
  EXPECT_EQ(run("PUBSUB SHARDCHANNELS"), array({}));
  EXPECT_EQ(run("PUBSUB SHARDNUMSUB a"), array({bulk("a"), integer(0)}));
}

TEST_F(PubsubTest, IntrospectionRefuses) {
  EXPECT_EQ(run("PUBSUB CHANNELS a b"), error("ERR unknown subcommand or wrong number of arguments "
                                              "for 'CHANNELS'. Try PUBSUB HELP."));
  EXPECT_EQ(run("PUBSUB SHARDCHANNELS a b").substr(0, 24), "-ERR unknown subcommand ");
  EXPECT_EQ(run("PUBSUB FOO"), error("ERR unknown subcommand 'FOO'. Try PUBSUB HELP."));
  EXPECT_EQ(run("PUBSUB NUMPAT a"),
            error("ERR wrong number of arguments for 'pubsub|numpat' command"));
}

TEST_F(PubsubTest, SubscriptionsSurviveARestart) {
  Client& listener = connect();
  listener.run("SUBSCRIBE a");
  listener.run("SSUBSCRIBE s");
  server.restart();
  EXPECT_EQ(run("PUBLISH a x"), integer(1));
  EXPECT_EQ(run("SPUBLISH s y"), integer(1));
  EXPECT_EQ(listener.received(),
            message('*', "a", "x") + aggregate('*', {bulk("smessage"), bulk("s"), bulk("y")}));
}

TEST_F(PubsubTest, ShardChannelsAreCountedApart) {
  run("SUBSCRIBE a b");
  EXPECT_EQ(run("SSUBSCRIBE a s a"), change('*', "ssubscribe", "a", 1) +
                                         change('*', "ssubscribe", "s", 2) +
                                         change('*', "ssubscribe", "a", 2));
  EXPECT_EQ(run("PSUBSCRIBE p*"), change('*', "psubscribe", "p*", 3));
  EXPECT_EQ(run("SUNSUBSCRIBE a nothing"),
            change('*', "sunsubscribe", "a", 1) + change('*', "sunsubscribe", "nothing", 1));
  EXPECT_EQ(run("UNSUBSCRIBE a"), change('*', "unsubscribe", "a", 2));
  EXPECT_EQ(run("SUNSUBSCRIBE"), change('*', "sunsubscribe", "s", 0));
  EXPECT_EQ(run("SUNSUBSCRIBE"), array({bulk("sunsubscribe"), null, integer(0)}));
  Client& resp3 = connect(protocol::RespVersion::resp3);
  EXPECT_EQ(resp3.run("SSUBSCRIBE a"), change('>', "ssubscribe", "a", 1));
}

TEST_F(PubsubTest, ShardChannelsAreANamespaceOfTheirOwn) {
  Client& shard = connect();
  Client& all = connect();
  shard.run("SSUBSCRIBE c");
  all.run("SUBSCRIBE c");
  all.run("PSUBSCRIBE *");
  EXPECT_EQ(run("SPUBLISH c x"), integer(1));
  EXPECT_EQ(shard.received(), aggregate('*', {bulk("smessage"), bulk("c"), bulk("x")}));
  EXPECT_EQ(run("PUBLISH c x"), integer(2));
  EXPECT_EQ(shard.received(), "");
  EXPECT_EQ(run("PUBSUB SHARDCHANNELS"), bulks({"c"}));
  EXPECT_EQ(run("PUBSUB SHARDCHANNELS x*"), array({}));
  EXPECT_EQ(run("PUBSUB SHARDNUMSUB c d"), array({bulk("c"), integer(1), bulk("d"), integer(0)}));
  EXPECT_NE(run("INFO stats").find("\r\npubsubshard_channels:1\r\n"), std::string::npos);
  const std::string list = run("CLIENT LIST ID " + std::to_string(shard.session().id));
  EXPECT_NE(list.find(" flags=P "), std::string::npos) << list;
  EXPECT_NE(list.find(" sub=0 psub=0 ssub=1 "), std::string::npos) << list;
  server.disconnect(shard);
  EXPECT_EQ(run("SPUBLISH c x"), integer(0));
}

TEST_F(PubsubTest, AShardSubscriberIsRestrictedLikeAnyOther) {
  run("SSUBSCRIBE s");
  EXPECT_EQ(run("PING"), bulks({"pong", ""}));
  EXPECT_EQ(run("SPUBLISH s x"),
            error("ERR Can't execute 'spublish': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / "
                  "QUIT / RESET are allowed in this context"));
  EXPECT_EQ(run("UNSUBSCRIBE"), array({bulk("unsubscribe"), null, integer(0)}));
  EXPECT_EQ(run("GET k").substr(0, 18), "-ERR Can't execute");
  EXPECT_EQ(run("SUNSUBSCRIBE s"), change('*', "sunsubscribe", "s", 0));
  EXPECT_EQ(run("GET k"), null);
  run("SSUBSCRIBE s");
  EXPECT_EQ(run("RESET"), simple("RESET"));
  EXPECT_EQ(run("PUBSUB SHARDCHANNELS"), array({}));
}

TEST_F(PubsubTest, AMessageOfAnySizeArrivesWhole) {
  Client& listener = connect();
  Client& resp3 = connect(protocol::RespVersion::resp3);
  listener.run("SUBSCRIBE c");
  resp3.run("SUBSCRIBE c");
  for (const std::size_t size : {0U, 900U, 1'100U, 40'000U, 200'000U}) {
    const std::string text(size, 'x');
    EXPECT_EQ(run({"PUBLISH", "c", text}), integer(2));
    EXPECT_EQ(listener.received(), message('*', "c", text));
    EXPECT_EQ(resp3.run({"PUBLISH", "c", text}),
              message('>', "c", text) + integer(2) + message('>', "c", text));
    EXPECT_EQ(listener.received(), message('*', "c", text));
  }
}

}  // namespace
}  // namespace respawn::commands::test
