// A server whose actors are killed while a test has something going on.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/stress/harness.hpp"
#include "tests/support/actor_tree.hpp"

namespace respawn::stress {

/// Under every kind of loop. The parameter: a name, and options for the server.
using Setting = std::pair<std::string, std::vector<std::string>>;

/// Kills actors of its server, one after another. A test derives from it and takes
/// settings_of_loops().
class Killing : public testing::TestWithParam<Setting> {
 protected:
  void SetUp() override {
    if (support::server_binary().empty()) GTEST_SKIP() << "there is no server to test";
    {
      support::ServerProcess plain;
      RespClient client(plain.port());
      if (!support::is_respawn(client)) GTEST_SKIP() << "Respawn's own";
    }
    support::ServerOptions options;
    options.arguments = {"--save", "", "--restart-intensity", "100000"};
    const auto& more = GetParam().second;
    options.arguments.insert(options.arguments.end(), more.begin(), more.end());
    server_ = std::make_unique<support::ServerProcess>(options);
    controller_ = std::make_unique<Comeback>(server_->port());
  }

  /// The tree, asked until somebody answers.
  support::ActorTree tree() {
    std::optional<Reply> reply;
    const bool answered = wait_until([&] {
      reply = controller_->command({"RESPAWN", "TREE"});
      return reply && !reply->is_error();
    });
    if (!answered)
      throw std::runtime_error("RESPAWN TREE is not answered:\n" + server_->standard_output());
    return support::ActorTree(*reply);
  }

  /// Kills what the rotation says, and waits until the whole tree runs again.
  void kill(int round) {
    static const std::vector<std::string> targets{"keyspace",    "acceptor:0", "victim",
                                                  "keyspace",    "store",      "victim",
                                                  "connections", "network"};
    auto target = targets[static_cast<std::size_t>(round) % targets.size()];
    Comeback victim(server_->port());
    if (target == "victim") {
      const auto id = victim.command({"CLIENT", "ID"});
      if (!id || id->type != ':') return;
      target = "connection:" + id->text;
      victim.send({"BLPOP", "nobody", "0"});
    }
    kill(target);
  }

  void kill(const std::string& target) {
    const auto reply = controller_->command({"RESPAWN", "KILL", target});
    if (reply && reply->is_error()) {
      ADD_FAILURE() << target << ": " << reply->text;
      return;
    }
    ++kills_;
    EXPECT_TRUE(wait_until([&] { return all_run(); })) << target << "\n" << tree().text();
  }

  bool all_run() {
    const auto now = tree();
    for (const auto* id : {"store", "keyspace", "network", "connections", "acceptor:0"})
      if (now.state(id) != "running") return false;
    return true;
  }

  std::unique_ptr<support::ServerProcess> server_;
  std::unique_ptr<Comeback> controller_;
  int kills_ = 0;
};

/// For INSTANTIATE_TEST_SUITE_P, as are the names.
inline auto settings_of_loops() {
  return testing::Values(Setting{"one_loop", {"--io-threads", "1"}},
                         Setting{"epoll", {"--io-threads", "1", "--network-backend", "epoll"}},
                         Setting{"two_io_loops", {"--io-threads", "2"}});
}

inline std::string name_of_loops(const testing::TestParamInfo<Setting>& instance) {
  return instance.param.first;
}

}  // namespace respawn::stress
