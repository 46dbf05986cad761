// CLIENT PAUSE over connections: who is held, whom the end of the pause reaches, and what becomes
// of it when actors fail meanwhile.
#include "tests/actors/world.hpp"

namespace respawn::actors::test {
namespace {

class PauseActors : public testing::Test {
 protected:
  void pass_ms(std::int64_t ms) {
    world.loop.advance_us(ms * 1000);
    world.loop.run_until_idle();
  }

  World world;
  Client admin = world.connect();
  Client held = world.connect();
};

TEST_F(PauseActors, TheEndOfItsTimeReachesWhoIsHeld) {
  EXPECT_EQ(admin.run("CLIENT PAUSE 1000 WRITE"), ok);
  EXPECT_EQ(held.run("SET k v"), "");
  pass_ms(900);
  EXPECT_EQ(held.received(), "");
  EXPECT_EQ(held.run("GET k"), "");  // behind the other
  pass_ms(150);
  EXPECT_EQ(held.received(), ok + bulk("v"));
}

TEST_F(PauseActors, UnpauseReachesWhoIsHeld) {
  admin.run("CLIENT PAUSE 100000 WRITE");
  held.run("SET k v");
  EXPECT_EQ(admin.run("CLIENT UNPAUSE"), ok);
  EXPECT_EQ(held.received(), ok);
}

TEST_F(PauseActors, ASuccessorOfTheKeyspaceGoesOnHolding) {
  admin.run("CLIENT PAUSE 1000 WRITE");
  held.run("SET k v");
  world.kill("keyspace");
  EXPECT_EQ(held.received(), "");
  EXPECT_EQ(admin.run("GET k"), null);
  pass_ms(1100);
  EXPECT_EQ(held.received(), ok);
  EXPECT_EQ(admin.run("GET k"), bulk("v"));
}

TEST_F(PauseActors, WhatAClientSentThatHasGoneIsNotRun) {
  admin.run("CLIENT PAUSE 1000 WRITE");
  held.run("SET k v");
  held.peer().close();
  world.loop.run_until_idle();
  EXPECT_EQ(world.store.clients.blocked_count, 0U);
  pass_ms(1100);
  EXPECT_EQ(admin.run("GET k"), null);
}

TEST_F(PauseActors, WhoIsKilledIsClosed) {
  admin.run("CLIENT PAUSE 1000 WRITE");
  held.run("SET k v");
  EXPECT_EQ(admin.run("CLIENT KILL TYPE normal"), integer(1));
  EXPECT_TRUE(held.closed());
  pass_ms(1100);
  EXPECT_EQ(admin.run("GET k"), null);
}

TEST_F(PauseActors, WhoIsHeldIsNotIdle) {
  world.configure([](config::Config& config) { config.timeout_s = 1; });
  admin.run("CLIENT PAUSE 3000 WRITE");
  held.run("SET k v");
  for (int i = 0; i < 31; ++i) {
    pass_ms(100);
    admin.run("PING");
  }
  EXPECT_EQ(held.received(), ok);
  EXPECT_FALSE(held.closed());
}

}  // namespace
}  // namespace respawn::actors::test
