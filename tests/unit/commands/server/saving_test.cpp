// SAVE, BGSAVE, LASTSAVE, and what follows from them.
#include <gmock/gmock.h>

#include "engine/run/saving.hpp"
#include "tests/unit/commands/support.hpp"

namespace respawn::commands::test {
namespace {

using ::testing::HasSubstr;

class SavingTest : public CommandTest {
 protected:
  SavingTest() {
    server.configure([](config::Config& c) { c.dir = "/data"; });
  }

  engine::Environment& environment() { return server.executor->environment(); }

  Saving& saving() { return server.store.saving; }

  support::MemoryFiles& files() { return server.services.files; }

  /// As the keyspace actor does, behind a unit.
  void cut() { engine::cut_snapshot(environment()); }

  void run_to_end() {
    while (engine::go_on_saving(environment(), 16)) {
    }
    saving().snapshot->file().wait();
    engine::look_after_saving(environment());
  }

  std::string info(const std::string& field) {
    const std::string text = run("INFO persistence");
    const std::size_t at = text.find("\n" + field + ":");
    if (at == std::string::npos) return "";
    const std::size_t from = at + field.size() + 2;
    return text.substr(from, text.find('\r', from) - from);
  }
};

TEST_F(SavingTest, SaveWritesTheFile) {
  run("SET k v");
  EXPECT_EQ(info("rdb_changes_since_last_save"), "1");
  pass_ms(5000);
  EXPECT_EQ(run("SAVE"), ok);
  EXPECT_TRUE(files().contents("/data/dump.rdb").starts_with("REDIS0010"));
  EXPECT_EQ(info("rdb_changes_since_last_save"), "0");
  EXPECT_EQ(run("LASTSAVE"), integer(server.clock.wall_us() / 1'000'000));
  EXPECT_EQ(info("rdb_saves"), "1");
}

TEST_F(SavingTest, SaveThatFailsSaysSo) {
  files().refuses_to_open = true;
  EXPECT_EQ(run("SAVE"), error("ERR"));
  EXPECT_FALSE(files().exists("/data/dump.rdb"));
}

TEST_F(SavingTest, BackgroundSaveIsTheStateAtItsCut) {
  run("SET k before");
  EXPECT_EQ(run("BGSAVE"), simple("Background saving started"));
  EXPECT_EQ(info("rdb_bgsave_in_progress"), "1");
  EXPECT_EQ(run("BGSAVE"), error("ERR Background save already in progress"));
  EXPECT_EQ(run("SAVE"), error("ERR Background save already in progress"));
  cut();
  run("SET k after");
  run_to_end();
  EXPECT_EQ(info("rdb_bgsave_in_progress"), "0");
  EXPECT_EQ(info("rdb_last_bgsave_status"), "ok");
  EXPECT_EQ(info("rdb_changes_since_last_save"), "1");
  server.configure([](config::Config& c) { c.enable_debug_command = config::Permission::yes; });
  EXPECT_EQ(run("DEBUG RELOAD NOSAVE"), ok);
  EXPECT_EQ(run("GET k"), bulk("before"));
}

TEST_F(SavingTest, WithinATransactionItIsScheduled) {
  run("MULTI");
  run("BGSAVE");
  run("SET k v");
  EXPECT_THAT(run("EXEC"), HasSubstr("Background saving scheduled"));
  EXPECT_FALSE(saving().in_progress());
  engine::look_after_saving(environment());
  EXPECT_TRUE(saving().in_progress());
}

TEST_F(SavingTest, SavePointsBeginOne) {
  server.configure([](config::Config& c) { c.save = {{60, 2}}; });
  run("SET k v");
  run("SET k w");
  pass_ms(60'000);
  engine::look_after_saving(environment());
  EXPECT_FALSE(saving().in_progress());
  pass_ms(1000);
  engine::look_after_saving(environment());
  EXPECT_TRUE(saving().in_progress());
}

TEST_F(SavingTest, WhatCannotBeSavedIsNotWritten) {
  files().refuses_to_open = true;
  run("BGSAVE");
  cut();
  run_to_end();
  EXPECT_EQ(info("rdb_last_bgsave_status"), "err");
  EXPECT_THAT(run("SET k v"), HasSubstr("-MISCONF Redis is configured to save RDB snapshots"));
  EXPECT_THAT(run("PING"), HasSubstr("-MISCONF"));
  EXPECT_EQ(run("GET k"), null);
  files().refuses_to_open = false;
  EXPECT_EQ(run("SAVE"), ok);
  EXPECT_EQ(run("SET k v"), ok);
}

TEST_F(SavingTest, FlushallEndsASaveAndSavesNothing) {
  run("SET k v");
  run("SAVE");
  run("BGSAVE");
  cut();
  EXPECT_EQ(run("FLUSHALL"), ok);
  EXPECT_FALSE(saving().in_progress());
  EXPECT_LT(files().contents("/data/dump.rdb").size(), 200U);
  server.configure([](config::Config& c) { c.save.clear(); });
  run("SET k v");
  run("SAVE");
  const std::string saved = files().contents("/data/dump.rdb");
  run("FLUSHALL");
  EXPECT_EQ(files().contents("/data/dump.rdb"), saved) << "without save points it stays";
}

TEST_F(SavingTest, ShutdownSaves) {
  run("SET k v");
  run("SHUTDOWN NOSAVE");
  EXPECT_FALSE(files().exists("/data/dump.rdb"));
  files().refuses_to_open = true;
  server.services.shutdown.requests.clear();
  auto& second = server.connect();
  EXPECT_EQ(second.run("SHUTDOWN"), error("ERR Errors trying to SHUTDOWN. Check logs."));
  EXPECT_TRUE(server.services.shutdown.requests.empty());
  second.run("SHUTDOWN FORCE");
  EXPECT_EQ(server.services.shutdown.requests.size(), 1U);
}

TEST_F(SavingTest, WhileDataIsLoadedOnlyWhatNeedsNoneIsAnswered) {
  server.store.loading.active = true;
  const std::string loading = error("LOADING Redis is loading the dataset in memory");
  for (const char* refused : {"GET k", "SET k v", "DBSIZE", "BGSAVE", "PING"})
    EXPECT_EQ(run(refused), loading) << refused;
  EXPECT_EQ(info("loading"), "1");
  EXPECT_EQ(info("loading_total_bytes"), "0");
  EXPECT_EQ(run("CONFIG SET appendonly no"),
            error("LOADING Redis is loading the dataset in memory"));
  server.store.loading.active = false;
  EXPECT_EQ(info("loading_total_bytes"), "");
  EXPECT_EQ(run("GET k"), null);
}

}  // namespace
}  // namespace respawn::commands::test
