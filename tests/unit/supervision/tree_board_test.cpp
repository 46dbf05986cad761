#include "supervision/tree_board.hpp"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "tests/unit/supervision/supervisor_world.hpp"

namespace respawn::supervision {
namespace {

class TreeBoardTest : public testing::Test, public SupervisorWorld {
 protected:
  void TearDown() override {
    if (root) send("root", StopSupervisor{});
    root = nullptr;
  }

  /// root (rest_for_one): store (one_for_all: keyspace, log), connections (dynamic).
  void grow() {
    run({.path = "root",
         .strategy = Strategy::rest_for_one,
         .children = {supervisor("store", {.path = "root/store",
                                           .strategy = Strategy::one_for_all,
                                           .children = {worker("keyspace"), worker("log")}}),
                      supervisor("connections",
                                 {.path = "root/connections", .strategy = Strategy::dynamic})}});
    for (const char* id : {"connection:1", "connection:2", "connection:3"})
      send("connections", StartChild{worker(id)});
  }

  [[nodiscard]] std::string picture(std::size_t children_max = 100) const {
    std::string text;
    for (const TreeRow& row : board->tree(children_max)) {
      text += std::string(2 * row.depth, ' ') + row.child.id + " " +
              std::string(to_string(row.child.state));
      if (row.strategy)
        text += " " + std::string(to_string(*row.strategy)) + " " + std::to_string(row.children);
      text += "\n";
    }
    return text;
  }
};

TEST_F(TreeBoardTest, ShowsTheTreeInStartOrder) {
  grow();
  EXPECT_EQ(picture(),
            "root running rest_for_one 2\n"
            "  store running one_for_all 2\n"
            "    keyspace running\n"
            "    log running\n"
            "  connections running dynamic 3\n"
            "    connection:1 running\n"
            "    connection:2 running\n"
            "    connection:3 running\n");
}

TEST_F(TreeBoardTest, ListsOnlySoManyChildren) {
  grow();
  EXPECT_EQ(picture(1),
            "root running rest_for_one 2\n"
            "  store running one_for_all 2\n"
            "    keyspace running\n");
}

TEST_F(TreeBoardTest, RowsTellRestartsReasonAndSince) {
  grow();
  runtime->advance(500);
  send("root/store/keyspace", Crash{"bad luck"});
  const ChildRow keyspace = board->children("root/store")->front();
  EXPECT_EQ(keyspace.id, "keyspace");
  EXPECT_EQ(keyspace.restarts, 1u);
  EXPECT_EQ(keyspace.last_exit, "std::runtime_error: bad luck");
  EXPECT_EQ(keyspace.since_wall_ms, runtime->wall_ms());
  EXPECT_EQ(keyspace.restart, RestartType::permanent);
  EXPECT_EQ(board->children("root")->front().since_wall_ms, runtime->wall_ms() - 500);
  EXPECT_FALSE(board->children("root/nobody"));
}

TEST_F(TreeBoardTest, FindsByPathAndById) {
  grow();
  EXPECT_EQ(board->find("root"), root);
  EXPECT_TRUE(board->find("root/store/keyspace"));
  EXPECT_EQ(board->find("root/store/keyspace"), board->find("keyspace"));
  EXPECT_TRUE(board->find("connection:2"));
  EXPECT_NE(board->find("connection:2"), board->find("connection:3"));
  for (const char* unknown : {"", "/", "nobody", "root/", "root/nobody", "store/keyspace", "a/b/c"})
    EXPECT_FALSE(board->find(unknown)) << unknown;
}

TEST_F(TreeBoardTest, KeepsNobodyAlive) {
  grow();
  const caf::actor_addr address = board->children("root/connections")->front().handle;
  send("connection:1", Finish{});
  EXPECT_FALSE(caf::actor_cast<caf::actor>(address));
  EXPECT_FALSE(board->find("connection:1"));
  EXPECT_EQ(board->children("root/connections")->size(), 2u);
}

TEST_F(TreeBoardTest, LeavingTakesTheSubtreeAndNoNeighbour) {
  TreeBoard other;
  for (const char* path : {"net", "net/a", "net/a/b", "net-2", "net0", "netx/a"})
    EXPECT_TRUE(other.enter(path, Strategy::one_for_one, {}, 0).empty());
  other.leave("net");
  for (const char* path : {"net", "net/a", "net/a/b"}) EXPECT_FALSE(other.children(path)) << path;
  for (const char* path : {"net-2", "net0", "netx/a"}) EXPECT_TRUE(other.children(path)) << path;
}

TEST_F(TreeBoardTest, RemembersTheLastReports) {
  TreeBoard small(2);
  for (const char* reason : {"1", "2", "3"}) small.record({.reason = reason});
  ASSERT_EQ(small.recent_reports().size(), 2u);
  EXPECT_EQ(small.recent_reports()[0].reason, "2");
  EXPECT_EQ(small.recent_reports()[1].reason, "3");
}

TEST_F(TreeBoardTest, IsWrittenAndReadByManyThreads) {
  TreeBoard shared(16);
  constexpr int children = 500;
  const auto write = [&shared](const std::string& path) {
    EXPECT_TRUE(shared.enter(path, Strategy::dynamic, {}, 0).empty());
    for (int child = 0; child < children; ++child) {
      shared.put(path, {.id = std::to_string(child)});
      shared.record({.child = std::to_string(child)});
      if (child % 2 == 1) shared.erase(path, std::to_string(child));
    }
  };
  std::vector<std::thread> threads;
  for (const char* path : {"a", "b", "c"}) threads.emplace_back(write, path);
  for (int reading = 0; reading < 100; ++reading) {
    EXPECT_LE(shared.tree(10).size(), 33u);
    EXPECT_LE(shared.recent_reports().size(), 16u);
    EXPECT_FALSE(shared.find("7"));
  }
  for (std::thread& thread : threads) thread.join();
  for (const char* path : {"a", "b", "c"})
    EXPECT_EQ(shared.children(path)->size(), static_cast<std::size_t>(children / 2));
}

}  // namespace
}  // namespace respawn::supervision
