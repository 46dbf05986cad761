// RESPAWN: the supervision tree as it is seen over the wire, and killing its parts one by one.
#include "tests/integration/fixture.hpp"
#include "tests/support/actor_tree.hpp"

namespace respawn::integration {
namespace {

using support::ActorTree;

class Supervision : public ServerTest {
 protected:
  void SetUp() override {
    ServerTest::SetUp();
    if (IsSkipped()) return;
    start();
    if (!is_respawn()) GTEST_SKIP() << "Respawn's own";
  }

  [[nodiscard]] ActorTree tree() const {
    RespClient client(port());
    return ActorTree(client.command({"RESPAWN", "TREE"}));
  }

  /// Kills an actor by its id or path, over a connection of its own, and waits until something with
  /// that id runs again.
  void kill_and_await(const std::string& id) {
    RespClient client(port());
    const auto before = tree().restarts(id);
    client.ok({"RESPAWN", "KILL", id});
    EXPECT_TRUE(wait_until([&] {
      const auto now = tree();
      return now.restarts(id) > before && now.state(id) == "running";
    })) << id
        << "\n"
        << tree().text();
  }
};

TEST_F(Supervision, TheTreeHasItsParts) {
  const auto now = tree();
  for (const auto* id : {"store", "keyspace", "network", "acceptor:0", "connections"})
    EXPECT_EQ(now.state(id), "running") << id << "\n" << now.text();
}

TEST_F(Supervision, AConnectionIsAnActor) {
  RespClient client(port());
  const auto id = "connection:" + client.command({"CLIENT", "ID"}).text;
  EXPECT_EQ(tree().state(id), "running") << tree().text();
}

TEST_F(Supervision, TheSameInResp3AndAsText) {
  RespClient client(port());
  client.hello(3);
  EXPECT_EQ(ActorTree(client.command({"RESPAWN", "TREE"})).state("keyspace"), "running");
  EXPECT_NE(client.text({"RESPAWN", "TREE", "TEXT"}).find("keyspace"), std::string::npos);
}

TEST_F(Supervision, ChildrenAndRestarts) {
  RespClient client(port());
  EXPECT_GE(client.command({"RESPAWN", "CHILDREN"}).elements.size(), 2U);
  EXPECT_GE(client.command({"RESPAWN", "CHILDREN", "store"}).elements.size(), 1U);
  EXPECT_TRUE(client.command({"RESPAWN", "CHILDREN", "nosuch"}).is_error());
  EXPECT_TRUE(client.command({"RESPAWN", "KILL", "nosuch"}).is_error());
  EXPECT_TRUE(client.command({"RESPAWN", "KILL"}).is_error());
  kill_and_await("keyspace");
  EXPECT_GE(client.command({"RESPAWN", "RESTARTS"}).elements.size(), 1U);
}

TEST_F(Supervision, TheKeyspaceComesBackWithItsDataAndClients) {
  RespClient client(port());
  client.ok({"SET", "k", "v"});
  client.command({"SELECT", "3"});
  client.ok({"SET", "k", "v3"});
  kill_and_await("keyspace");
  EXPECT_EQ(client.text({"GET", "k"}), "v3") << "the session keeps its database";
  client.command({"SELECT", "0"});
  EXPECT_EQ(client.text({"GET", "k"}), "v");
}

TEST_F(Supervision, WaitersOutliveTheKeyspaceInTheirOrder) {
  RespClient first(port());
  RespClient second(port());
  first.send({"BLPOP", "l", "0"});
  ASSERT_TRUE(wait_until([&] { return info("clients", "blocked_clients") == "1"; }));
  second.send({"BRPOP", "other", "l", "0"});
  ASSERT_TRUE(wait_until([&] { return info("clients", "blocked_clients") == "2"; }));
  kill_and_await("keyspace");
  EXPECT_TRUE(wait_until([&] { return info("clients", "blocked_clients") == "2"; }));
  RespClient producer(port());
  producer.command({"RPUSH", "l", "1"});
  EXPECT_EQ(first.read().elements.at(1).text, "1");
  producer.command({"RPUSH", "l", "2"});
  EXPECT_EQ(second.read().elements.at(1).text, "2");
}

TEST_F(Supervision, AWaitersTimeGoesOnAcrossARestart) {
  RespClient waiter(port());
  const auto began = support::SteadyClock::now();
  waiter.send({"BLPOP", "l", "1"});
  ASSERT_TRUE(wait_until([&] { return info("clients", "blocked_clients") == "1"; }));
  kill_and_await("keyspace");
  EXPECT_TRUE(waiter.read().null);
  EXPECT_GE(support::elapsed_ms(began), 990);
  EXPECT_LT(support::elapsed_ms(began), 1900);
}

TEST_F(Supervision, SubscribersOutliveTheKeyspace) {
  RespClient subscriber(port());
  subscriber.command({"SUBSCRIBE", "c"});
  kill_and_await("keyspace");
  RespClient publisher(port());
  EXPECT_EQ(publisher.integer({"PUBLISH", "c", "m"}), 1);
  EXPECT_EQ(subscriber.read().elements.at(2).text, "m");
}

TEST_F(Supervision, TheAcceptorComesBackAndClientsNoticeNothing) {
  RespClient client(port());
  client.ok({"SET", "k", "v"});
  kill_and_await("acceptor:0");
  EXPECT_EQ(client.text({"GET", "k"}), "v");
  EXPECT_TRUE(serves());
}

TEST_F(Supervision, AKilledConnectionEndsAlone) {
  RespClient victim(port());
  const auto id = "connection:" + victim.command({"CLIENT", "ID"}).text;
  RespClient witness(port());
  witness.ok({"RESPAWN", "KILL", id});
  EXPECT_EQ(victim.socket().read_until_end(), "");
  EXPECT_EQ(witness.text({"PING"}), "PONG");
  EXPECT_TRUE(wait_until([&] { return tree().state(id).empty(); })) << "it is temporary";
}

TEST_F(Supervision, AKilledWaiterLosesNoElement) {
  RespClient victim(port());
  const auto id = "connection:" + victim.command({"CLIENT", "ID"}).text;
  victim.send({"BLPOP", "l", "0"});
  ASSERT_TRUE(wait_until([&] { return info("clients", "blocked_clients") == "1"; }));
  RespClient witness(port());
  witness.ok({"RESPAWN", "KILL", id});
  ASSERT_TRUE(wait_until([&] { return info("clients", "blocked_clients") == "0"; }));
  EXPECT_EQ(witness.integer({"RPUSH", "l", "a"}), 1);
  EXPECT_EQ(witness.integer({"LLEN", "l"}), 1);
}

TEST_F(Supervision, SupervisorsComeBackToo) {
  for (const auto* id : {"store", "network"}) {
    SCOPED_TRACE(id);
    RespClient client(port());
    client.ok({"SET", "k", id});
    client.send({"RESPAWN", "KILL", id});
    EXPECT_TRUE(wait_until([&] {
      try {
        RespClient again(port());
        return again.text({"GET", "k"}) == id;
      } catch (const std::runtime_error&) {
        return false;  // its connection went away with the supervisor
      }
    })) << log();
  }
}

}  // namespace
}  // namespace respawn::integration
