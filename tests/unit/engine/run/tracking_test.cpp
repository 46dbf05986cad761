// Client tracking of commands that run within another one, as in a transaction.
#include "engine/run/tracking.hpp"

#include <gtest/gtest.h>

#include "tests/unit/commands/support.hpp"

namespace respawn::engine {
namespace {

using commands::test::bulk;
using commands::test::bulks;
using commands::test::Client;
using commands::test::integer;
using commands::test::ok;
using commands::test::Server;

/// Runs its words as one unit: "SET a 1", "GET a", each a command without quotes.
std::string run_as_unit(Server& server, Client& client, std::initializer_list<const char*> lines) {
  Buffer replies;
  Environment& environment = server.executor->environment();
  Session& session = client.session();
  session.batch.begin_executing(server.executor->generation());
  session.batch.running = true;
  for (const char* line : lines) {
    const std::vector<std::string> words = split_quoted(line).value();
    const std::vector<std::string_view> args(words.begin(), words.end());
    environment.runner.run_nested(session, args, replies);
  }
  server.store.unit.unit_done(session.id);
  session.batch.running = false;
  session.batch.output.append(replies.view());
  server.store.clients.end_command(session);
  std::string received = session.batch.output.text();
  session.batch.output.clear();
  session.batch.state = Batch::State::idle;
  server.pass_ms(0);
  return received + client.received();
}

std::string invalidate(const std::vector<std::string>& keys) {
  return commands::test::aggregate('>', {bulk("invalidate"), bulks(keys)});
}

class TrackingInUnits : public testing::Test {
 protected:
  Server server;
  Client& reader = server.connect(protocol::RespVersion::resp3);
};

TEST_F(TrackingInUnits, IsToldBehindTheReplyOfTheWhole) {
  reader.run("CLIENT TRACKING on");
  reader.run("GET a");
  EXPECT_EQ(run_as_unit(server, reader, {"INCR a", "GET b"}),
            integer(1) + commands::test::null3 + invalidate({"a"}));
}

TEST_F(TrackingInUnits, WhatIsReadInsideIsTracked) {
  reader.run("CLIENT TRACKING on");
  run_as_unit(server, reader, {"GET a", "PING"});
  server.first.run("SET a 1");
  EXPECT_EQ(reader.received(), invalidate({"a"}));
}

TEST_F(TrackingInUnits, WhatWasChangedBeforeItWasReadIsStillTracked) {
  reader.run("CLIENT TRACKING on NOLOOP");
  EXPECT_EQ(run_as_unit(server, reader, {"INCR a", "GET a"}), integer(1) + bulk("1"));
  server.first.run("SET a 2");
  EXPECT_EQ(reader.received(), invalidate({"a"}));
}

TEST_F(TrackingInUnits, WhatIsChangedAfterItWasReadIsTold) {
  reader.run("CLIENT TRACKING on");
  EXPECT_EQ(run_as_unit(server, reader, {"INCR a", "GET a", "INCR a"}),
            integer(1) + bulk("1") + integer(2) + invalidate({"a"}))
      << "also when it is the key that was touched last";
  server.first.run("SET a 2");
  EXPECT_EQ(reader.received(), "");
}

TEST_F(TrackingInUnits, PrefixesAreToldBehindAll) {
  reader.run("CLIENT TRACKING on BCAST");
  EXPECT_EQ(run_as_unit(server, reader, {"SET b 1", "GET b", "SET a 1"}),
            ok + bulk("1") + ok + invalidate({"a", "b"}));
}

TEST_F(TrackingInUnits, AUnitThatWasCutOffIsToldByTheSuccessor) {
  Client& quiet = server.connect(protocol::RespVersion::resp3);
  Client& broadcast = server.connect(protocol::RespVersion::resp3);
  reader.run("CLIENT TRACKING on");
  quiet.run("CLIENT TRACKING on NOLOOP");
  broadcast.run("CLIENT TRACKING on BCAST NOLOOP");
  for (Client* client : {&reader, &quiet}) client->run("MGET a b");
  keyspace::Databases& data = server.store.databases;
  keyspace::Change(data, 0, std::string_view("a"), nullptr).set_string("1");
  ASSERT_TRUE(data.recover().ok());
  server.restart();
  for (Client* client : {&reader, &quiet, &broadcast})
    EXPECT_EQ(client->received(), invalidate({"a"}));
}

}  // namespace
}  // namespace respawn::engine
