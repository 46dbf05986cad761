// Where the server listens, changed while it runs: by CONFIG SET, and by its file.
#include <atomic>
#include <csignal>
#include <set>
#include <thread>

#include "tests/integration/fixture.hpp"
#include "tests/support/actor_tree.hpp"
#include "tests/support/socket_table.hpp"

namespace respawn::integration {
namespace {

using Places = std::set<std::string>;

Places places_at(std::uint16_t port) {
  Places places;
  for (const auto& [address, number] : support::listeners_at(port)) places.insert(address);
  return places;
}

std::string refusal(const std::string& option, const std::string& why) {
  return "ERR CONFIG SET failed (possibly related to argument '" + option + "') - " + why;
}

const std::string cannot_bind = refusal("bind", "Failed to bind to specified addresses.");
const std::string cannot_use_port =
    refusal("port", "Unable to listen on this port. Check server logs.");

/// With each back end: io_uring, where there is one, holds a socket as long as it accepts on it.
/// Whoever gives orders does so over a Unix socket, which nothing of this concerns.
class Rebinding : public ServerTest, public testing::WithParamInterface<const char*> {
 protected:
  /// `own` are arguments of Respawn alone.
  void listen_on(const std::string& bind, const std::vector<std::string>& own = {}) {
    std::vector<std::string> arguments{"--bind",           bind, "--unixsocket", path(),
                                       "--protected-mode", "no"};
    start(arguments);
    if (is_respawn()) {
      arguments.insert(arguments.end(), {"--network-backend", GetParam()});
      arguments.insert(arguments.end(), own.begin(), own.end());
      EXPECT_TRUE(server().stop());
      start(arguments);
    }
    orders_.emplace(RawSocket::connect_unix(path()));
  }

  [[nodiscard]] std::string path() const { return (directory_.path() / "socket").string(); }

  RespClient& orders() { return *orders_; }

  std::string set(std::vector<std::string> pairs) {
    pairs.insert(pairs.begin(), {"CONFIG", "SET"});
    return orders().command(pairs).text;
  }

  [[nodiscard]] Places places() const { return places_at(port()); }

  static bool answers(std::uint16_t port, const std::string& host) {
    RespClient client(RawSocket(port, {.host = host}));
    return client.command({"PING"}).text == "PONG";
  }

  static bool refuses(std::uint16_t port, const std::string& host) {
    try {
      RawSocket socket(port, {.host = host});
      return false;
    } catch (const std::runtime_error&) {
      return true;
    }
  }

  /// The acceptors of the tree, all of which run.
  std::size_t acceptors() {
    const support::ActorTree tree(orders().command({"RESPAWN", "TREE"}));
    std::size_t found = 0;
    for (const support::ActorNode& node : tree.nodes())
      if (node.id.starts_with("acceptor:")) found += node.state == "running" ? 1 : 100;
    return found;
  }

 private:
  const support::TemporaryDirectory directory_;
  std::optional<RespClient> orders_;
};

INSTANTIATE_TEST_SUITE_P(, Rebinding, testing::Values("auto", "epoll"),
                         [](const auto& backend) { return std::string(backend.param); });

TEST_P(Rebinding, NarrowingClosesTheWideSocketBeforeTheReply) {
  listen_on("* -::*");
  RespClient connected(RawSocket(port(), {.host = "127.0.0.2"}));
  ASSERT_EQ(connected.text({"PING"}), "PONG");
  ASSERT_TRUE(places().contains("0.0.0.0"));
  EXPECT_EQ(set({"bind", "127.0.0.1"}), "OK");
  EXPECT_EQ(places(), Places{"127.0.0.1"});
  EXPECT_TRUE(refuses(port(), "127.0.0.2"));
  EXPECT_TRUE(answers(port(), "127.0.0.1"));
  EXPECT_EQ(connected.text({"PING"}), "PONG") << "who is connected stays";
}

TEST_P(Rebinding, WideningAndNarrowingOverTheConnectionItself) {
  listen_on("127.0.0.1");
  RespClient client(port());
  for (int round = 0; round < 10; ++round) {
    client.ok({"CONFIG", "SET", "bind", "*"});
    ASSERT_EQ(places(), Places{"0.0.0.0"});
    ASSERT_TRUE(answers(port(), "127.0.0.2"));
    client.ok({"CONFIG", "SET", "bind", "127.0.0.1"});
    ASSERT_EQ(places(), Places{"127.0.0.1"});
    ASSERT_TRUE(answers(port(), "127.0.0.1"));
  }
}

TEST_P(Rebinding, FromAnyAddressesToAnyOthers) {
  const std::vector<std::pair<std::string, Places>> all{
      {"127.0.0.1", {"127.0.0.1"}},
      {"localhost", {"127.0.0.1"}},
      {"127.0.0.2 127.0.0.1", {"127.0.0.1", "127.0.0.2"}},
      {"*", {"0.0.0.0"}},
      {"-0.0.0.0", {"0.0.0.0"}},
      {"127.0.0.3 -192.0.2.1", {"127.0.0.3"}},
  };
  listen_on("127.0.0.1");
  for (const auto& [from, from_places] : all) {
    for (const auto& [to, to_places] : all) {
      ASSERT_EQ(set({"bind", from}), "OK") << from;
      ASSERT_EQ(places(), from_places) << from;
      ASSERT_EQ(set({"bind", to}), "OK") << from << " -> " << to;
      ASSERT_EQ(places(), to_places) << from << " -> " << to;
      for (const std::string& host : to_places)
        ASSERT_TRUE(answers(port(), host == "0.0.0.0" ? "127.0.0.9" : host)) << from << " " << to;
    }
  }
}

TEST_P(Rebinding, BothProtocols) {
  listen_on("* -::*");
  if (!places().contains("::")) GTEST_SKIP() << "this machine has no IPv6";
  EXPECT_EQ(set({"bind", "127.0.0.1 -::1"}), "OK");
  EXPECT_EQ(places(), (Places{"127.0.0.1", "::1"}));
  EXPECT_EQ(set({"bind", "::1"}), "OK");
  EXPECT_EQ(places(), Places{"::1"});
  EXPECT_TRUE(answers(port(), "::1"));
  EXPECT_EQ(set({"bind", "-::* *"}), "OK");
  EXPECT_EQ(places(), (Places{"0.0.0.0", "::"}));
  EXPECT_TRUE(answers(port(), "::1"));
  EXPECT_TRUE(answers(port(), "127.0.0.1"));
}

TEST_P(Rebinding, PortAndAddressesTogetherAndBack) {
  listen_on("*");
  const std::uint16_t other = support::free_port();
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(set({"port", std::to_string(other), "bind", "127.0.0.2"}), "OK");
    EXPECT_EQ(places(), Places{});
    EXPECT_EQ(places_at(other), Places{"127.0.0.2"});
    EXPECT_TRUE(answers(other, "127.0.0.2"));
    EXPECT_EQ(set({"bind", "*", "port", std::to_string(port())}), "OK");
    EXPECT_EQ(places(), Places{"0.0.0.0"});
    EXPECT_EQ(places_at(other), Places{});
    EXPECT_TRUE(answers(port(), "127.0.0.1"));
  }
}

TEST_P(Rebinding, WhatFailsChangesNothing) {
  listen_on("*");
  RespClient connected(port());
  const std::uint16_t other = support::free_port();
  const std::string another = std::to_string(other);
  for (const std::string before : {"*", "127.0.0.1", "127.0.0.1 127.0.0.2"}) {
    ASSERT_EQ(set({"bind", before}), "OK");
    const Places open = places();
    for (const char* bind :
         {"127.0.0.1 192.0.2.1", "* 192.0.2.1", "192.0.2.1", "127.0.0.1 127.0.0.1", "* 127.0.0.1",
          "127.0.0.3 127.0.0.1 *", "127.0.0.4 a..b"}) {
      EXPECT_EQ(set({"bind", bind}), cannot_bind) << before << " -> " << bind;
      EXPECT_EQ(set({"bind", bind, "port", another}), cannot_bind) << before << " -> " << bind;
      EXPECT_EQ(set({"port", another, "bind", bind}), cannot_use_port) << before << " " << bind;
      ASSERT_EQ(places(), open) << before << " -> " << bind;
      ASSERT_EQ(places_at(other), Places{}) << before << " -> " << bind;
      ASSERT_EQ(option("bind"), before);
      ASSERT_EQ(option("port"), std::to_string(port()));
    }
    EXPECT_TRUE(answers(port(), "127.0.0.1"));
  }
  EXPECT_EQ(connected.text({"PING"}), "PONG");
}

TEST_P(Rebinding, AnotherOptionThatIsRefusedLeavesTheSocketsAlone) {
  listen_on("*");
  const auto before = support::listeners_at(port());
  EXPECT_NE(set({"bind", "127.0.0.1", "dir", "/no/such/directory"}), "OK");
  EXPECT_NE(set({"bind", "127.0.0.1", "maxmemory", "much"}), "OK");
  EXPECT_EQ(support::listeners_at(port()), before);
}

TEST_P(Rebinding, APortInUseIsRefused) {
  listen_on("127.0.0.1");
  ServerProcess holder;
  EXPECT_EQ(set({"port", std::to_string(holder.port())}), cannot_use_port);
  EXPECT_TRUE(answers(port(), "127.0.0.1"));
  EXPECT_EQ(option("port"), std::to_string(port()));
}

TEST_P(Rebinding, WhatStaysKeepsItsSocket) {
  listen_on("127.0.0.1");
  if (!is_respawn()) GTEST_SKIP() << "Respawn's own";
  const std::string socket = support::listeners_at(port())["127.0.0.1"];
  for (const char* bind : {"127.0.0.1 127.0.0.2", "127.0.0.3 localhost", "-127.0.0.1"}) {
    ASSERT_EQ(set({"bind", bind}), "OK");
    EXPECT_EQ(support::listeners_at(port())["127.0.0.1"], socket) << bind;
  }
  ASSERT_EQ(set({"bind", "127.0.0.4 127.0.0.1 192.0.2.1"}), cannot_bind);
  EXPECT_EQ(support::listeners_at(port())["127.0.0.1"], socket);
}

TEST_P(Rebinding, WhatStaysServesWithoutAGap) {
  listen_on("127.0.0.1");
  if (!is_respawn()) GTEST_SKIP() << "Respawn's own";
  std::atomic<bool> over{false};
  std::atomic<int> served{0};
  std::atomic<int> failed{0};
  std::thread crowd([&] {
    while (!over) {
      try {
        ++(answers(port(), "127.0.0.1") ? served : failed);
      } catch (const std::runtime_error&) {
        ++failed;
      }
    }
  });
  for (int round = 0; round < 50; ++round) {
    EXPECT_EQ(set({"bind", "127.0.0.1 127.0.0.2"}), "OK");
    EXPECT_EQ(set({"bind", "127.0.0.3 127.0.0.1"}), "OK");
  }
  EXPECT_TRUE(wait_until([&] { return served > 0; }));
  over = true;
  crowd.join();
  EXPECT_EQ(failed, 0);
}

/// They come while the server is at work on the command before: the kernel has connected them, and
/// nobody has accepted them.
TEST_P(Rebinding, NobodyIsLeftInTheBacklog) {
  listen_on("*");
  if (!is_respawn()) GTEST_SKIP() << "Respawn's own";
  const std::string other = std::to_string(support::free_port());
  const std::vector<std::vector<std::string>> changes{
      {"bind", "127.0.0.1"}, {"bind", "*"}, {"bind", "127.0.0.1 192.0.2.1"}, {"port", other}};
  for (const auto& pairs : changes) {
    orders().send({"DEBUG", "SLEEP", "0.05"});
    std::vector<std::string> change{"CONFIG", "SET"};
    change.insert(change.end(), pairs.begin(), pairs.end());
    orders().send(change);
    std::vector<RespClient> clients;
    for (int i = 0; i < 20; ++i) {
      try {
        clients.emplace_back(port());
      } catch (const std::runtime_error&) {
        break;  // too late, it is closed
      }
      clients.back().send({"PING"});
    }
    for (RespClient& client : clients) ASSERT_EQ(client.read().text, "PONG") << pairs[1];
    EXPECT_EQ(orders().read().text, "OK");
    orders().read();
  }
}

TEST_P(Rebinding, TheTreeShowsTheAcceptorsThatAreLeft) {
  listen_on("*");
  if (!is_respawn()) GTEST_SKIP() << "Respawn's own";
  const auto shows = [&](std::size_t sockets) {
    return wait_until([&] { return acceptors() == sockets + 1; });  // and the Unix socket's
  };
  EXPECT_TRUE(shows(1));
  EXPECT_EQ(set({"bind", "127.0.0.1 127.0.0.2 127.0.0.3"}), "OK");
  EXPECT_TRUE(shows(3));
  EXPECT_EQ(set({"bind", "* 127.0.0.9"}), cannot_bind);
  EXPECT_TRUE(shows(3));
  EXPECT_EQ(set({"bind", "127.0.0.2"}), "OK");
  EXPECT_TRUE(shows(1));
  EXPECT_EQ(set({"port", "0"}), "OK");
  EXPECT_TRUE(shows(0));
}

TEST_P(Rebinding, AnAcceptorThatIsKilledComesBackWhereItBelongs) {
  listen_on("127.0.0.1", {"--restart-intensity", "1000"});
  if (!is_respawn()) GTEST_SKIP() << "Respawn's own";
  // How many replies follow.
  const auto kill_acceptors = [&] {
    const support::ActorTree tree(orders().command({"RESPAWN", "TREE"}));
    int killed = 0;
    for (const support::ActorNode& node : tree.nodes()) {
      if (!node.id.starts_with("acceptor:")) continue;
      orders().send({"RESPAWN", "KILL", node.id});
      ++killed;
    }
    return killed;
  };
  for (const char* bind : {"*", "127.0.0.1", "127.0.0.1 127.0.0.2"}) {
    // Before, in the middle of, and behind the change.
    const int killed = kill_acceptors();
    orders().send({"CONFIG", "SET", "bind", bind});
    for (int i = 0; i < killed; ++i) orders().read();
    ASSERT_EQ(orders().read().text, "OK") << bind;
    for (int left = kill_acceptors(); left > 0; --left) orders().read();
    ASSERT_TRUE(wait_until([&] { return acceptors() == 1 + places().size(); })) << bind;
    ASSERT_TRUE(answers(port(), "127.0.0.1")) << bind;
  }
}

/// The supervisor takes all connections with it, so the order comes from the file.
TEST_P(Rebinding, WhileTheSupervisorIsAwayTheSocketsChangeAllTheSame) {
  const auto text = [](const std::string& bind) { return "bind " + bind + "\n"; };
  const auto file = std::filesystem::path(path()).replace_filename("a.conf");
  write_file(file, text("*"));
  listen_on("*");
  if (!is_respawn()) GTEST_SKIP() << "Respawn's own";
  ServerOptions options;
  options.config = file.string();
  options.arguments = {"--network-backend", GetParam()};
  start_with(options);
  for (const std::string bind : {"127.0.0.1", "127.0.0.1 127.0.0.2"}) {
    write_file(file, text(bind));
    RespClient client(port());
    client.send({"RESPAWN", "KILL", "network"});
    server().signal(SIGHUP);
    ASSERT_TRUE(client.socket().closed_within(support::patience));
    ASSERT_TRUE(wait_until([&] { return places().size() == (bind == "127.0.0.1" ? 1 : 2); }));
    ASSERT_TRUE(wait_until([&] { return places().contains("127.0.0.1"); })) << log();
    ASSERT_TRUE(answers(port(), "127.0.0.1"));
    RespClient asking(port());
    ASSERT_TRUE(wait_until([&] {
      const support::ActorTree tree(asking.command({"RESPAWN", "TREE"}));
      std::size_t acceptors = 0;
      for (const support::ActorNode& node : tree.nodes())
        if (node.id.starts_with("acceptor:")) ++acceptors;
      return acceptors == places().size();
    })) << log();
  }
}

TEST_P(Rebinding, WithoutTcpThereIsTheUnixSocketAndTcpCanComeBack) {
  listen_on("127.0.0.1");
  EXPECT_EQ(set({"port", "0"}), "OK");
  EXPECT_EQ(places(), Places{});
  EXPECT_EQ(set({"bind", "127.0.0.2"}), "OK");
  EXPECT_EQ(places(), Places{});
  EXPECT_EQ(set({"port", std::to_string(port())}), "OK");
  EXPECT_EQ(places(), Places{"127.0.0.2"});
  EXPECT_EQ(set({"bind", ""}), "OK");
  EXPECT_EQ(places(), Places{});
  EXPECT_EQ(set({"bind", "-192.0.2.1"}), "OK");
  EXPECT_EQ(places(), Places{});
  EXPECT_EQ(set({"bind", "127.0.0.1"}), "OK");
  EXPECT_TRUE(answers(port(), "127.0.0.1"));
}

TEST_P(Rebinding, TheLastWayInIsNotClosed) {
  start({"--bind", "*"});
  if (!is_respawn()) GTEST_SKIP() << "Respawn's own";
  start({"--bind", "*", "--network-backend", GetParam()});
  RespClient client(port());
  const std::string why = "nobody could connect any more, for there is no Unix socket";
  EXPECT_EQ(client.command({"CONFIG", "SET", "port", "0"}).text, refusal("port", why));
  EXPECT_EQ(client.command({"CONFIG", "SET", "bind", ""}).text, refusal("bind", why));
  EXPECT_EQ(client.command({"CONFIG", "SET", "bind", "-192.0.2.1"}).text, refusal("bind", why));
  EXPECT_EQ(places(), Places{"0.0.0.0"});
  EXPECT_TRUE(answers(port(), "127.0.0.1"));
}

TEST_P(Rebinding, TheUnixSocketStaysWhereItIs) {
  listen_on("127.0.0.1");
  EXPECT_EQ(set({"unixsocket", "/tmp/other"}), refusal("unixsocket", "can't set immutable config"));
  EXPECT_EQ(set({"unixsocketperm", "700"}),
            refusal("unixsocketperm", "can't set immutable config"));
}

TEST_P(Rebinding, TheFileIsTakenOverAtSighup) {
  const support::TemporaryDirectory directory;
  const auto file = directory.path() / "a.conf";
  const std::uint16_t other = support::free_port();
  const auto text = [&](const std::string& bind, std::uint16_t port) {
    return "bind " + bind + "\nport " + std::to_string(port) + "\nnetwork-backend " + GetParam() +
           "\n";
  };
  write_file(file, text("*", support::free_port()));
  ServerOptions options;
  options.arguments = {"--version"};
  options.add_port = options.await_ready = false;
  if (start_with(options).wait_for_exit(); log().find("Respawn") == std::string::npos)
    GTEST_SKIP() << "Respawn's own";
  options.arguments = {};
  options.config = file.string();
  start_with(options);
  const auto reload = [&](const std::string& contents, const std::string& outcome) {
    write_file(file, contents);
    const std::size_t before = log().size();
    server().signal(SIGHUP);
    EXPECT_TRUE(wait_until([&] { return log().find(outcome, before) != std::string::npos; }))
        << log();
  };
  ASSERT_TRUE(wait_until([&] { return log().find("Ready to accept") != std::string::npos; }));
  reload(text("127.0.0.1", other), "Configuration reloaded");
  EXPECT_EQ(places_at(other), Places{"127.0.0.1"});
  reload(text("*", other), "Configuration reloaded");
  EXPECT_EQ(places_at(other), Places{"0.0.0.0"});
  reload(text("127.0.0.2", other), "Configuration reloaded");
  EXPECT_EQ(places_at(other), Places{"127.0.0.2"});
  reload(text("127.0.0.1 192.0.2.1", other), "Configuration reload rejected: bind: Failed to bind");
  EXPECT_EQ(places_at(other), Places{"127.0.0.2"});
  EXPECT_TRUE(answers(other, "127.0.0.2"));
  reload(text("127.0.0.2", other) + "unixsocket /tmp/another\n", "needs a restart");
  EXPECT_NE(log().find("option=unixsocket"), std::string::npos) << log();
}

}  // namespace
}  // namespace respawn::integration
