#include <gmock/gmock.h>

#include "tests/unit/commands/support.hpp"

namespace respawn::commands::test {
namespace {

using ::testing::ElementsAre;

class Respawn : public CommandTest {
 protected:
  Respawn() {
    TreeNode keyspace = worker("root/store/keyspace", "permanent", "running");
    keyspace.restarts = 2;
    keyspace.last_exit = "killed";
    keyspace.since_ms = server.clock.wall_us() / 1000 - 1500;
    TreeNode store = supervisor("root/store", "rest_for_one");
    store.children.push_back(std::move(keyspace));
    TreeNode& root = server.services.tree.top;
    root = supervisor("root", "one_for_one");
    root.children.push_back(std::move(store));
    root.children.push_back(worker("root/metrics", "transient", "restarting"));
  }

  static TreeNode node(const std::string& path, std::string restart, std::string state) {
    TreeNode made;
    made.id = path.substr(path.rfind('/') + 1);
    made.path = path;
    made.restart = std::move(restart);
    made.state = std::move(state);
    return made;
  }

  static TreeNode worker(const std::string& path, std::string restart, std::string state) {
    TreeNode made = node(path, std::move(restart), std::move(state));
    made.kind = "worker";
    return made;
  }

  static TreeNode supervisor(const std::string& path, std::string strategy) {
    TreeNode made = node(path, "permanent", "running");
    made.kind = "supervisor";
    made.strategy = std::move(strategy);
    return made;
  }

  /// The keyspace actor as RESPAWN TREE and CHILDREN show it.
  static std::string keyspace(char map) {
    return aggregate(
        map, {bulk("id"),       bulk("keyspace"),  bulk("path"),      bulk("root/store/keyspace"),
              bulk("kind"),     bulk("worker"),    bulk("strategy"),  bulk(""),
              bulk("restart"),  bulk("permanent"), bulk("state"),     bulk("running"),
              bulk("restarts"), integer(2),        bulk("last-exit"), bulk("killed"),
              bulk("age-ms"),   integer(1500),     bulk("children"),  array({})});
  }
};

TEST_F(Respawn, ChildrenAreMapsOfWhatIsKnown) {
  EXPECT_EQ(run("RESPAWN CHILDREN store"), array({keyspace('*')}));
  EXPECT_EQ(run("RESPAWN CHILDREN root/store"), array({keyspace('*')}));
  EXPECT_EQ(connect(protocol::RespVersion::resp3).run("RESPAWN CHILDREN store"),
            array({keyspace('%')}));
  EXPECT_THAT(run("RESPAWN CHILDREN"), ::testing::StartsWith("*2\r\n*20\r\n$2\r\nid\r\n"));
  EXPECT_EQ(run("RESPAWN CHILDREN nosuch"), error("ERR no such supervisor"));
  EXPECT_EQ(run("RESPAWN CHILDREN a b"),
            error("ERR wrong number of arguments for 'respawn|children' command"));
}

TEST_F(Respawn, TreeHoldsTheChildrenWithinTheirParents) {
  const std::string tree = run("RESPAWN TREE");
  EXPECT_THAT(tree, ::testing::StartsWith("*20\r\n$2\r\nid\r\n$4\r\nroot\r\n"));
  EXPECT_THAT(tree, ::testing::HasSubstr(keyspace('*')));
  EXPECT_EQ(run("RESPAWN TREE PICTURE"), syntax_error);
}

TEST_F(Respawn, TreeTextIsADrawing) {
  EXPECT_EQ(run("RESPAWN TREE TEXT"),
            bulk("root (one_for_one, running)\n"
                 "|- store (rest_for_one, running)\n"
                 "|  `- keyspace (permanent, running, restarted 2x, last exit: killed)\n"
                 "`- metrics (transient, restarting)\n"));
}

TEST_F(Respawn, RestartsAreTheLatestReports) {
  server.services.tree.records = {{.wall_ms = 5,
                                   .path = "root/store/keyspace",
                                   .event = "restarted",
                                   .reason = "",
                                   .attempt = 1},
                                  {.wall_ms = 4,
                                   .path = "root/store/keyspace",
                                   .event = "child_terminated",
                                   .reason = "killed"}};
  EXPECT_EQ(run("RESPAWN RESTARTS 1"),
            array({array({bulk("time-ms"), integer(5), bulk("path"), bulk("root/store/keyspace"),
                          bulk("event"), bulk("restarted"), bulk("reason"), bulk(""),
                          bulk("attempt"), integer(1)})}));
  EXPECT_THAT(run("RESPAWN RESTARTS"), ::testing::StartsWith("*2\r\n"));
  EXPECT_EQ(run("RESPAWN RESTARTS 0"), array({}));
  EXPECT_EQ(run("RESPAWN RESTARTS -1"), error("ERR value is out of range, must be positive"));
  EXPECT_EQ(run("RESPAWN RESTARTS all"), error("ERR value is out of range, must be positive"));
}

TEST_F(Respawn, KillPassesTheNameOn) {
  EXPECT_EQ(run("RESPAWN KILL keyspace"), ok);
  EXPECT_THAT(server.services.tree.killed, ElementsAre("keyspace"));
  server.services.tree.kill_error = "ERR no such actor";
  EXPECT_EQ(run("RESPAWN KILL nosuch"), error("ERR no such actor"));
}

}  // namespace
}  // namespace respawn::commands::test
