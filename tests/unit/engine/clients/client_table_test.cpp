#include "engine/clients/client_table.hpp"

#include <gtest/gtest.h>

#include <cstring>

#include "tests/unit/commands/support.hpp"

namespace respawn::engine {
namespace {

using State = Batch::State;

class ClientTableTest : public testing::Test {
 protected:
  ClientTableTest() {
    session->id = 1;
    table.enter_generation(1);
    table.add(session);
  }

  void be(State state) { session->batch.state = state; }

  /// What is to be sent to the session beside its replies.
  std::string pushes() {
    std::string bytes;
    while (table.has_pushing())
      for (const SessionPtr& each : table.take_pushing())
        bytes += ClientTable::take_pushes(*each).text();
    return bytes;
  }

  SessionPtr session = std::make_shared<Session>();
  Batch& batch = session->batch;
  ClientTable table;
};

TEST_F(ClientTableTest, WhatIsPushedGoesOutByItselfWhileTheBatchIsElsewhere) {
  for (const State state : {State::idle, State::queued, State::done}) {
    be(state);
    table.push(*session, "a");
    table.push(*session, "b");
    EXPECT_EQ(pushes(), "ab");
    EXPECT_EQ(pushes(), "");
    EXPECT_TRUE(batch.output.empty());
  }
}

TEST_F(ClientTableTest, WhatIsPushedGoesWithTheRepliesWhileTheyAreWritten) {
  batch.begin_executing(1);
  batch.output.append("reply ");
  table.push(*session, "a ");
  be(State::answered);
  table.push(*session, "b");
  EXPECT_EQ(batch.output.view(), "reply a b");
  EXPECT_EQ(pushes(), "");
}

TEST_F(ClientTableTest, WhatIsPushedWhileACommandOfItsOwnRunsGoesBehindItsReply) {
  batch.begin_executing(1);
  batch.running = true;
  batch.output.append("begun ");
  table.push(*session, "a ");
  table.push(*session, "b ");
  batch.output.append("ended ");
  EXPECT_EQ(pushes(), "");
  batch.running = false;
  table.end_command(*session);
  EXPECT_EQ(batch.output.view(), "begun ended a b ");
  EXPECT_EQ(batch.reply_start, batch.output.size());
  EXPECT_EQ(pushes(), "");
}

TEST_F(ClientTableTest, WhatIsPushedWhileALostCommandRanGoesOutByItself) {
  batch.begin_executing(1);
  batch.running = true;
  table.push(*session, "a");
  table.enter_generation(2);
  EXPECT_EQ(pushes(), "a");
}

TEST_F(ClientTableTest, WhatIsPushedToAClientThatWaitsGoesBeforeItsAnswer) {
  session->blocked.active = true;
  be(State::parked);
  table.push(*session, "a");
  EXPECT_EQ(pushes(), "a");
  table.push(*session, "b");
  batch.output.append("answer");
  be(State::answered);
  EXPECT_EQ(pushes(), "");
  EXPECT_EQ(batch.output.view(), "banswer");
}

TEST_F(ClientTableTest, AnAnswerThatIsTakenBackLeavesWhatWasPushedBefore) {
  session->blocked.active = true;
  be(State::parked);
  table.push(*session, "a");
  batch.output.append("half an answer");
  batch.output.truncate(batch.reply_start);
  EXPECT_EQ(pushes(), "a");
}

TEST_F(ClientTableTest, WhatTheFailedActorWasWritingIsNotTouched) {
  batch.begin_executing(1);
  batch.output.append("reply");
  table.enter_generation(2);
  table.push(*session, "a");
  EXPECT_EQ(batch.output.view(), "reply");
  EXPECT_EQ(pushes(), "a");
  batch.begin_executing(2);
  table.push(*session, "b");
  EXPECT_EQ(batch.output.view(), "replyb");
}

TEST_F(ClientTableTest, WhatHasNotGoneOutGoesBeforeTheRepliesOfTheNextBatch) {
  be(State::done);
  table.push(*session, "a ");
  be(State::queued);
  table.push(*session, "b ");
  batch.begin_executing(1);
  table.begin_batch(*session);
  EXPECT_EQ(batch.reply_start, batch.output.size());
  batch.output.append("reply");
  EXPECT_EQ(batch.output.view(), "a b reply");
  EXPECT_EQ(pushes(), "");
}

TEST_F(ClientTableTest, WhatWaitsForTheEndOfACommandIsNotSentBefore) {
  table.push(*session, "a ");
  batch.begin_executing(1);
  table.begin_batch(*session);
  batch.running = true;
  table.push(*session, "b ");
  EXPECT_EQ(pushes(), "");
  batch.output.append("reply ");
  batch.running = false;
  table.end_command(*session);
  EXPECT_EQ(batch.output.view(), "a reply b ");
}

TEST_F(ClientTableTest, WhatIsAttachedGoesWithTheRestOfIt) {
  BlockPtr block = SharedBlock::create(6);
  std::memcpy(block->data(), "large ", 6);
  block->resize(6);
  Buffer message;
  message.append("head ");
  message.attach(block, block->view());
  message.append("tail ");
  table.push(*session, message);
  EXPECT_EQ(pushes(), "head large tail ");

  batch.begin_executing(1);
  batch.running = true;
  table.push(*session, message);
  batch.output.append("reply ");
  batch.running = false;
  table.end_command(*session);
  EXPECT_EQ(batch.output.text(), "reply head large tail ");
  batch.output.append("dropped");
  batch.output.truncate(batch.reply_start);
  EXPECT_EQ(batch.output.text(), "reply head large tail ");
  batch.output.clear();

  session->blocked.active = true;
  be(State::parked);
  table.push(*session, message);
  EXPECT_EQ(pushes(), "head large tail ");
  message.clear();
  EXPECT_TRUE(block->unique());
}

TEST_F(ClientTableTest, ASuccessorSendsWhatWasPushedToAClientThatWaits) {
  session->blocked.active = true;
  be(State::parked);
  table.push(*session, "a");
  batch.output.append("half an answer");
  EXPECT_EQ(table.take_pushing().size(), 1U);
  table.enter_generation(2);  // before any of it was sent
  EXPECT_EQ(pushes(), "a");
}

/// Many clients, of which a turn tells a part.
class SharesTest : public testing::Test {
 protected:
  SharesTest() {
    for (std::uint64_t id = 1; id <= count; ++id) {
      sessions.push_back(std::make_shared<Session>());
      sessions.back()->id = id;
      table.add(sessions.back());
    }
  }

  void push_to_all(std::string_view bytes) {
    for (const SessionPtr& session : sessions) table.push(*session, bytes);
  }

  static constexpr std::size_t count = 4 * ClientTable::turn_share * ClientTable::turn_sessions_min;
  std::vector<SessionPtr> sessions;
  ClientTable table;
};

TEST_F(SharesTest, ATurnTellsAPartOfMany) {
  push_to_all("a");
  std::size_t turns = 0;
  std::vector<SessionPtr> told;
  while (table.has_pushing()) {
    const std::vector<SessionPtr> share = table.take_pushing();
    EXPECT_LE(share.size(), count / ClientTable::turn_share);
    told.insert(told.end(), share.begin(), share.end());
    ++turns;
  }
  EXPECT_EQ(told, sessions);
  EXPECT_EQ(turns, ClientTable::turn_share);
}

TEST_F(SharesTest, FewAreToldAtOnce) {
  for (std::size_t i = 0; i < ClientTable::turn_sessions_min; ++i) table.push(*sessions[i], "a");
  EXPECT_EQ(table.take_pushing().size(), ClientTable::turn_sessions_min);
  EXPECT_FALSE(table.has_pushing());
}

TEST_F(SharesTest, WhatComesWhileAClientWaitsGoesOutWithTheRest) {
  push_to_all("a");
  std::size_t share = 0;
  for (const SessionPtr& session : table.take_pushing()) {
    EXPECT_EQ(ClientTable::take_pushes(*session).view(), "a");
    ++share;
  }
  push_to_all("b");
  std::vector<SessionPtr> told;
  while (table.has_pushing()) {
    for (const SessionPtr& session : table.take_pushing()) {
      const bool has_heard_a = told.size() >= count - share;  // these wait behind the others
      EXPECT_EQ(ClientTable::take_pushes(*session).view(), has_heard_a ? "b" : "ab");
      told.push_back(session);
    }
  }
  EXPECT_EQ(told.size(), count);
  EXPECT_EQ(told.front(), sessions[share]);
  EXPECT_EQ(told.back(), sessions[share - 1]);
}

TEST_F(SharesTest, WhoHasMuchWaitingIsToldAtOnce) {
  push_to_all("a");
  const std::string much(ClientTable::waiting_bytes_max, 'x');
  table.push(*sessions.back(), much);
  const std::vector<SessionPtr> first = table.take_pushing();
  ASSERT_FALSE(first.empty());
  EXPECT_EQ(first.front(), sessions.back());
  EXPECT_EQ(ClientTable::take_pushes(*first.front()).view(), "a" + much);
  std::size_t told = first.size();
  while (table.has_pushing()) told += table.take_pushing().size();
  EXPECT_EQ(told, count);  // and nobody a second time
}

TEST(ExecutorTest, AddingAClientWritesNothingThatItsConnectionReads) {
  commands::test::Server server;
  auto session = std::make_shared<Session>();
  session->id = 100;
  session->authenticated = false;
  session->resp = protocol::RespVersion::resp3;
  server.executor->add_client(session);
  EXPECT_FALSE(session->authenticated);
  EXPECT_EQ(session->resp, protocol::RespVersion::resp3);
  server.executor->remove_client(*session);
}

}  // namespace
}  // namespace respawn::engine
