#include <gmock/gmock.h>

#include "tests/unit/commands/support.hpp"

namespace respawn::commands::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::string bad_name =
    error("ERR Client names cannot contain spaces, newlines or special characters.");

class ClientCommand : public CommandTest {
 protected:
  /// The text of a verbatim or bulk reply.
  static std::string text(const std::string& reply) {
    const std::size_t start = reply.find("\r\n") + 2;
    return reply.substr(start, reply.size() - start - 2);
  }

  static std::string id_of(Client& client) { return std::to_string(client.session().id); }
};

TEST_F(ClientCommand, IdIsTheSessions) {
  EXPECT_EQ(run("CLIENT ID"), integer(1));
  EXPECT_EQ(connect().run("CLIENT ID"), integer(2));
}

TEST_F(ClientCommand, NameIsKeptUntilItIsEmptied) {
  EXPECT_EQ(run("CLIENT GETNAME"), null);
  EXPECT_EQ(run("CLIENT SETNAME worker-1"), ok);
  EXPECT_EQ(run("CLIENT GETNAME"), bulk("worker-1"));
  EXPECT_EQ(run("CLIENT SETNAME \"a b\""), bad_name);
  EXPECT_EQ(run("CLIENT SETNAME \"a\\n\""), bad_name);
  EXPECT_EQ(run("CLIENT SETNAME \"\\xff\""), bad_name);
  EXPECT_EQ(run("CLIENT GETNAME"), bulk("worker-1"));
  EXPECT_EQ(run("CLIENT SETNAME \"\""), ok);
  EXPECT_EQ(run("CLIENT GETNAME"), null);
}

TEST_F(ClientCommand, SetinfoTellsOfTheLibrary) {
  EXPECT_EQ(run("CLIENT SETINFO lib-name lib(x)"), ok);
  EXPECT_EQ(run("CLIENT SETINFO LIB-VER 1.2"), ok);
  EXPECT_THAT(run("CLIENT INFO"), HasSubstr(" lib-name=lib(x) lib-ver=1.2\n"));
  EXPECT_EQ(run("CLIENT SETINFO lib-ver \"1 2\""),
            error("ERR lib-ver cannot contain spaces, newlines or special characters."));
  EXPECT_EQ(run("CLIENT SETINFO lib-os x"), error("ERR Unrecognized option 'lib-os'"));
}

TEST_F(ClientCommand, InfoHasEveryFieldInOrder) {
  pass_ms(3500);
  EXPECT_EQ(text(run("CLIENT INFO")),
            "id=1 addr=127.0.0.1:50001 laddr=127.0.0.1:6379 fd=8 name= age=3 idle=0 flags=N db=0 "
            "sub=0 psub=0 ssub=0 multi=-1 qbuf=0 qbuf-free=0 argv-mem=10 multi-mem=0 rbs=0 rbp=0 "
            "obl=0 oll=0 omem=0 tot-mem=" +
                std::to_string(sizeof(Session) + 10) +
                " events=r cmd=client|info user=default redir=-1 resp=2 lib-name= lib-ver=\n");
}

TEST_F(ClientCommand, FlagsTellTheState) {
  auto& blocked = connect();
  blocked.run("BLPOP k 0");
  auto& subscriber = connect();
  subscriber.run("SUBSCRIBE a b");
  subscriber.run("PSUBSCRIBE p");
  auto& monitor = connect();
  monitor.run("MONITOR");
  run("CLIENT NO-EVICT ON");
  run("CLIENT NO-TOUCH ON");
  EXPECT_THAT(run("CLIENT INFO"), HasSubstr(" flags=eT "));
  EXPECT_THAT(run("CLIENT LIST ID " + id_of(blocked)), HasSubstr(" flags=b "));
  EXPECT_THAT(run("CLIENT LIST ID " + id_of(subscriber)), HasSubstr(" flags=P db=0 sub=2 psub=1 "));
  EXPECT_THAT(run("CLIENT LIST ID " + id_of(monitor)), HasSubstr(" flags=O "));
}

TEST_F(ClientCommand, ListNamesEveryClientOrSome) {
  auto& other = connect();
  other.run("SUBSCRIBE c");
  const std::string all = text(run("CLIENT LIST"));
  EXPECT_THAT(all, HasSubstr("id=1 "));
  EXPECT_THAT(all, HasSubstr("\nid=2 "));
  EXPECT_THAT(run("CLIENT LIST TYPE pubsub"), Not(HasSubstr("id=1 ")));
  EXPECT_THAT(run("CLIENT LIST TYPE NORMAL"), Not(HasSubstr("id=2 ")));
  EXPECT_EQ(run("CLIENT LIST TYPE replica"), bulk(""));
  const std::string chosen = text(run("CLIENT LIST ID 2 77 1"));
  EXPECT_LT(chosen.find("id=2 "), chosen.find("id=1 "));
}

TEST_F(ClientCommand, ListRefusesOtherOptions) {
  EXPECT_EQ(run("CLIENT LIST TYPE walrus"), error("ERR Unknown client type 'walrus'"));
  EXPECT_EQ(run("CLIENT LIST ID one"), error("ERR Invalid client ID"));
  EXPECT_EQ(run("CLIENT LIST ID"), syntax_error);
  EXPECT_EQ(run("CLIENT LIST TYPE normal ID 1"), syntax_error);
}

TEST_F(ClientCommand, KillByAddressAnswersOk) {
  auto& other = connect();
  EXPECT_EQ(run("CLIENT KILL " + other.session().peer_address), ok);
  EXPECT_TRUE(other.closed());
  EXPECT_EQ(run("CLIENT KILL " + other.session().peer_address), error("ERR No such client"));
  EXPECT_THAT(run("CLIENT LIST"), Not(HasSubstr("id=2 ")));
}

TEST_F(ClientCommand, KillByConditionsCountsAndSparesTheCaller) {
  auto& subscriber = connect();
  subscriber.run("SUBSCRIBE c");
  auto& third = connect();
  EXPECT_EQ(run("CLIENT KILL TYPE pubsub ID 3"), integer(0));
  EXPECT_EQ(run("CLIENT KILL TYPE pubsub"), integer(1));
  EXPECT_TRUE(subscriber.closed());
  EXPECT_EQ(run("CLIENT KILL ADDR " + third.session().peer_address + " LADDR 127.0.0.1:1"),
            integer(0));
  EXPECT_EQ(run("CLIENT KILL USER default LADDR 127.0.0.1:6379"), integer(1));
  EXPECT_TRUE(third.closed());
  EXPECT_FALSE(server.first.closed());
}

TEST_F(ClientCommand, KillOfOneselfRepliesFirst) {
  EXPECT_EQ(server.first.pipeline({"CLIENT KILL ID 1 SKIPME no", "PING"}), integer(1));
  EXPECT_TRUE(server.first.closed());
}

TEST_F(ClientCommand, KilledClientsAreServedNothing) {
  auto& blocked = connect();
  blocked.run("BLPOP k 0");
  auto& subscriber = connect();
  subscriber.run("SUBSCRIBE c");
  EXPECT_EQ(run("CLIENT KILL ID " + id_of(blocked)), integer(1));
  EXPECT_EQ(run("CLIENT KILL ID " + id_of(subscriber)), integer(1));
  EXPECT_EQ(run("PUBLISH c x"), integer(0));
  EXPECT_EQ(run("RPUSH k v"), integer(1));
  EXPECT_EQ(run("LLEN k"), integer(1));
  EXPECT_EQ(blocked.received(), no_reply);
}

TEST_F(ClientCommand, KillRefusesWrongConditions) {
  EXPECT_EQ(run("CLIENT KILL ID 0"), error("ERR client-id should be greater than 0"));
  EXPECT_EQ(run("CLIENT KILL ID x"), error("ERR client-id should be greater than 0"));
  EXPECT_EQ(run("CLIENT KILL TYPE walrus"), error("ERR Unknown client type 'walrus'"));
  EXPECT_EQ(run("CLIENT KILL USER walrus"), error("ERR No such user 'walrus'"));
  EXPECT_EQ(run("CLIENT KILL SKIPME maybe"), syntax_error);
  EXPECT_EQ(run("CLIENT KILL ID 1 ADDR"), syntax_error);
  EXPECT_FALSE(server.first.closed());
}

TEST_F(ClientCommand, ReplyOffAndSkipSilence) {
  EXPECT_EQ(server.first.pipeline({"CLIENT REPLY SKIP", "PING a", "PING b"}), bulk("b"));
  EXPECT_EQ(server.first.pipeline({"CLIENT REPLY OFF", "PING a", "NOSUCH", "CLIENT REPLY SKIP"}),
            no_reply);
  EXPECT_EQ(server.first.pipeline({"CLIENT REPLY ON", "PING a"}), ok + bulk("a"));
  EXPECT_EQ(run("CLIENT REPLY maybe"), syntax_error);
}

TEST_F(ClientCommand, ReplyAlsoMutesCommandsThatBlocked) {
  auto& waiter = connect();
  EXPECT_EQ(waiter.pipeline({"CLIENT REPLY SKIP", "BLPOP k 0", "PING a"}), no_reply);
  run("RPUSH k v");
  EXPECT_EQ(waiter.received(), bulk("a"));
  EXPECT_EQ(waiter.pipeline({"CLIENT REPLY SKIP", "BLPOP k 0", "PING b"}), no_reply);
  EXPECT_EQ(run("CLIENT UNBLOCK " + id_of(waiter)), integer(1));
  EXPECT_EQ(waiter.received(), bulk("b"));
  EXPECT_EQ(waiter.pipeline({"CLIENT REPLY OFF", "BLPOP k 0", "CLIENT REPLY ON"}), no_reply);
  EXPECT_EQ(run("CLIENT UNBLOCK " + id_of(waiter) + " ERROR"), integer(1));
  EXPECT_EQ(waiter.received(), ok);
}

TEST_F(ClientCommand, UnblockEndsAWait) {
  auto& first = connect();
  first.run("BLPOP k 0");
  EXPECT_EQ(run("CLIENT UNBLOCK " + id_of(first)), integer(1));
  EXPECT_EQ(first.received(), null_array);
  first.run("BLPOP k 0");
  EXPECT_EQ(run("CLIENT UNBLOCK " + id_of(first) + " ERROR"), integer(1));
  EXPECT_EQ(first.received(), error("UNBLOCKED client unblocked via CLIENT UNBLOCK"));
  EXPECT_EQ(run("CLIENT UNBLOCK " + id_of(first) + " TIMEOUT"), integer(0));
  EXPECT_EQ(run("CLIENT UNBLOCK 77"), integer(0));
  EXPECT_EQ(run("CLIENT UNBLOCK one"), not_an_integer);
  EXPECT_EQ(run("CLIENT UNBLOCK 1 SOFTLY"),
            error("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR"));
}

TEST_F(ClientCommand, SwitchesTakeOnAndOff) {
  EXPECT_EQ(run("CLIENT NO-EVICT on"), ok);
  EXPECT_TRUE(server.first.session().no_evict);
  EXPECT_EQ(run("CLIENT NO-EVICT off"), ok);
  EXPECT_FALSE(server.first.session().no_evict);
  EXPECT_EQ(run("CLIENT NO-EVICT maybe"), syntax_error);
  EXPECT_EQ(run("CLIENT NO-TOUCH ON"), ok);
  EXPECT_TRUE(server.first.session().no_touch);
  EXPECT_EQ(run("CLIENT NO-TOUCH maybe"), syntax_error);
}

}  // namespace
}  // namespace respawn::commands::test
