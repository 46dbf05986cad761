#include "engine/clients/subscriptions.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <set>
#include <vector>

namespace respawn::engine {
namespace {

class SubscriptionsTest : public testing::Test {
 protected:
  SessionPtr connect(protocol::RespVersion version = protocol::RespVersion::resp2) {
    auto session = std::make_shared<Session>();
    session->id = ++last_id_;
    session->resp = version;
    clients.add(session);
    return session;
  }

  /// Who has something to be told, in the order in which it came about.
  std::vector<SessionPtr> told() {
    std::vector<SessionPtr> all;
    while (clients.has_pushing())
      for (SessionPtr& session : clients.take_pushing()) all.push_back(std::move(session));
    return all;
  }

  static std::string heard(Session& session) { return ClientTable::take_pushes(session).text(); }

  /// The blocks that what waits for the session refers to.
  static std::vector<const SharedBlock*> blocks_of(const Session& session) {
    std::vector<const SharedBlock*> blocks;
    for (const Buffer::Attachment& each : session.pushes.attachments())
      blocks.push_back(each.block.get());
    return blocks;
  }

  static std::string bulk(std::string_view text) {
    return "$" + std::to_string(text.size()) + "\r\n" + std::string(text) + "\r\n";
  }

  ClientTable clients;
  Subscriptions subscriptions{clients};

 private:
  std::uint64_t last_id_ = 0;
};

TEST_F(SubscriptionsTest, WhoSubscribedFirstIsToldFirst) {
  const SessionPtr one = connect();
  const SessionPtr two = connect();
  const SessionPtr three = connect();
  for (const SessionPtr& session : {three, one, two}) subscriptions.subscribe(*session, "c");
  EXPECT_EQ(subscriptions.publish("c", "m"), 3U);
  EXPECT_EQ(told(), (std::vector{three, one, two}));
  EXPECT_TRUE(subscriptions.unsubscribe(*three, "c"));
  EXPECT_FALSE(subscriptions.unsubscribe(*three, "c"));
  EXPECT_TRUE(subscriptions.subscribe(*three, "c"));
  EXPECT_FALSE(subscriptions.subscribe(*one, "c"));
  EXPECT_EQ(subscriptions.publish("c", "m"), 3U);
  EXPECT_EQ(told(), (std::vector{one, two, three}));
}

TEST_F(SubscriptionsTest, EverybodyKeepsHisPlaceWhenASuccessorTakesOver) {
  std::vector<SessionPtr> sessions;
  for (int i = 0; i < 20; ++i) sessions.push_back(connect());
  std::vector<SessionPtr> order(sessions.rbegin(), sessions.rend());
  for (const SessionPtr& session : order) {
    subscriptions.subscribe(*session, "c");
    subscriptions.subscribe_pattern(*session, "p*");
    subscriptions.subscribe_shard(*session, "c");
  }
  Subscriptions successor(clients);
  successor.rebuild();
  EXPECT_EQ(successor.publish("c", "m"), 20U);
  EXPECT_EQ(told(), order);
  EXPECT_EQ(successor.publish("pat", "m"), 20U);
  EXPECT_EQ(told(), order);
  EXPECT_EQ(successor.publish_shard("c", "m"), 20U);
  EXPECT_EQ(told(), order);
  const SessionPtr late = connect();
  successor.subscribe(*late, "c");
  order.push_back(late);
  successor.publish("c", "m");
  EXPECT_EQ(told(), order);
  for (const SessionPtr& session : order) successor.remove(*session);
  EXPECT_TRUE(successor.channels().empty());
  EXPECT_TRUE(successor.patterns().empty());
  EXPECT_TRUE(successor.shard_channels().empty());
}

TEST_F(SubscriptionsTest, ShardChannelsAreANamespaceOfTheirOwn) {
  const SessionPtr session = connect();
  subscriptions.subscribe_shard(*session, "c");
  EXPECT_TRUE(session->facts.subscriber);
  EXPECT_EQ(subscriptions.publish("c", "m"), 0U);
  subscriptions.subscribe_pattern(*session, "*");
  EXPECT_EQ(subscriptions.publish_shard("c", "m"), 1U);
  EXPECT_EQ(heard(*session), "*3\r\n" + bulk("smessage") + bulk("c") + bulk("m"));
  subscriptions.unsubscribe_pattern(*session, "*");
  EXPECT_TRUE(session->facts.subscriber);
  subscriptions.unsubscribe_shard(*session, "c");
  EXPECT_FALSE(session->facts.subscriber);
}

TEST_F(SubscriptionsTest, ASmallMessageIsCopied) {
  const SessionPtr session = connect();
  subscriptions.subscribe(*session, "c");
  const std::string text(100, 'x');
  subscriptions.publish("c", text);
  EXPECT_FALSE(session->pushes.has_attachments());
  EXPECT_EQ(heard(*session), "*3\r\n" + bulk("message") + bulk("c") + bulk(text));
}

TEST_F(SubscriptionsTest, ALargerOneIsEncodedOnceForAllOfOneProtocol) {
  std::vector<SessionPtr> sessions;
  for (int i = 0; i < 6; ++i) {
    sessions.push_back(
        connect(i % 2 == 0 ? protocol::RespVersion::resp2 : protocol::RespVersion::resp3));
    subscriptions.subscribe(*sessions.back(), "c");
  }
  const std::string text(10'000, 'x');
  subscriptions.publish("c", text);
  std::set<const SharedBlock*> blocks;
  for (const SessionPtr& session : sessions) {
    const auto of_one = blocks_of(*session);
    ASSERT_EQ(of_one.size(), 1U);
    blocks.insert(of_one[0]);
    EXPECT_LT(session->pushes.size(), 10U);
    EXPECT_FALSE(session->pushes.empty());
  }
  EXPECT_EQ(blocks.size(), 2U);
  const std::string encoded = "3\r\n" + bulk("message") + bulk("c") + bulk(text);
  for (const SessionPtr& session : sessions)
    EXPECT_EQ(heard(*session),
              (session->resp == protocol::RespVersion::resp3 ? ">" : "*") + encoded);
}

TEST_F(SubscriptionsTest, AMessageThatCameInABlockIsNotCopiedAtAll) {
  const SessionPtr channel = connect();
  const SessionPtr pattern = connect(protocol::RespVersion::resp3);
  subscriptions.subscribe(*channel, "c");
  subscriptions.subscribe_pattern(*pattern, "*");
  BlockPtr block = SharedBlock::create(100'000);
  std::memset(block->data(), 'x', 100'000);
  block->resize(100'000);
  EXPECT_EQ(subscriptions.publish("c", block->view(), block), 2U);
  EXPECT_EQ(blocks_of(*channel), std::vector<const SharedBlock*>{block.get()});
  EXPECT_EQ(blocks_of(*pattern), std::vector<const SharedBlock*>{block.get()});
  const std::string text(100'000, 'x');
  EXPECT_EQ(heard(*channel), "*3\r\n" + bulk("message") + bulk("c") + bulk(text));
  EXPECT_EQ(heard(*pattern), ">4\r\n" + bulk("pmessage") + bulk("*") + bulk("c") + bulk(text));
  EXPECT_TRUE(block->unique());
}

TEST_F(SubscriptionsTest, MessagesOfEverySizeStayInTheirOrder) {
  const SessionPtr session = connect();
  subscriptions.subscribe(*session, "c");
  std::string expected;
  for (std::size_t size = 0; size < 6'000; size += 97) {
    const std::string text(size, static_cast<char>('a' + size % 26));
    subscriptions.publish("c", text);
    expected += "*3\r\n" + bulk("message") + bulk("c") + bulk(text);
  }
  EXPECT_EQ(heard(*session), expected);
}

}  // namespace
}  // namespace respawn::engine
