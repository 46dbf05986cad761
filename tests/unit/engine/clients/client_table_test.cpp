#include "engine/clients/client_table.hpp"

#include <gtest/gtest.h>

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
    for (const SessionPtr& each : table.take_pushing())
      bytes += ClientTable::take_pushes(*each).view();
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
