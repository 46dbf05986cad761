// Where the server listens, and what it does when it cannot.
#include <sys/resource.h>
#include <sys/stat.h>

#include "tests/integration/fixture.hpp"

namespace respawn::integration {
namespace {

class Listeners : public ServerTest {
 protected:
  [[nodiscard]] bool answers_at(const std::string& host) const {
    RespClient client(RawSocket(port(), {.host = host}));
    return client.command({"PING"}).text == "PONG";
  }

  /// Without a server that could be asked.
  static bool is_ours() {
    ServerOptions options;
    options.arguments = {"--version"};
    options.add_port = options.await_ready = false;
    ServerProcess process(options);
    process.wait_for_exit();
    return process.standard_output().find("Respawn") != std::string::npos;
  }

  static bool has_ipv6() {
    return std::filesystem::exists("/proc/net/if_inet6") &&
           !read_file("/proc/net/if_inet6").empty();
  }
};

TEST_F(Listeners, SeveralAddresses) {
  start({"--bind", "127.0.0.1", "127.0.0.2"});
  EXPECT_TRUE(answers_at("127.0.0.1"));
  EXPECT_TRUE(answers_at("127.0.0.2"));
  EXPECT_THROW(RawSocket(port(), {.host = "127.0.0.3"}), std::runtime_error);
}

TEST_F(Listeners, IPv6) {
  if (!has_ipv6()) GTEST_SKIP() << "this machine has no IPv6";
  start({"--bind", "127.0.0.1", "::1"});
  EXPECT_TRUE(answers_at("::1"));
  EXPECT_TRUE(answers_at("127.0.0.1"));
  RespClient client(RawSocket(port(), {.host = "::1"}));
  EXPECT_NE(client.text({"CLIENT", "INFO"}).find("addr=[::1]:"), std::string::npos);
}

TEST_F(Listeners, AnOptionalAddressMayBeMissing) {
  start({"--bind", "127.0.0.1", "-192.0.2.1"});
  EXPECT_TRUE(answers_at("127.0.0.1"));
}

TEST_F(Listeners, AnAddressThatIsNotThereStopsTheStart) {
  ServerOptions options;
  options.arguments = {"--bind", "127.0.0.1", "192.0.2.1"};
  options.await_ready = false;
  auto& failed = start_with(options);
  const auto status = failed.wait_for_exit();
  ASSERT_TRUE(status);
  EXPECT_EQ(status->code, 1);
  EXPECT_NE(log().find("192.0.2.1"), std::string::npos) << log();
}

TEST_F(Listeners, APortInUseStopsTheStart) {
  auto& first = start();
  ServerOptions options;
  options.arguments = {"--port", std::to_string(first.port())};
  options.await_ready = false;
  ServerProcess second(options);
  const auto status = second.wait_for_exit();
  ASSERT_TRUE(status);
  EXPECT_EQ(status->code, 1);
  const auto text = second.standard_output() + second.standard_error();
  EXPECT_NE(text.find(std::to_string(first.port())), std::string::npos) << text;
  EXPECT_TRUE(serves());
}

TEST_F(Listeners, AUnixSocketWithItsPermissions) {
  const support::TemporaryDirectory directory;
  const auto path = (directory.path() / "socket").string();
  start({"--unixsocket", path, "--unixsocketperm", "720"});

  struct stat status {};

  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0720U);
  RespClient client(RawSocket::connect_unix(path));
  EXPECT_EQ(client.text({"PING"}), "PONG");
  EXPECT_NE(client.text({"CLIENT", "INFO"}).find("addr=" + path + ":0"), std::string::npos);
  EXPECT_TRUE(answers_at("127.0.0.1"));
  const auto stopped = server().stop();
  ASSERT_TRUE(stopped && stopped->clean());
  EXPECT_FALSE(std::filesystem::exists(path)) << "the socket is removed at the end";
}

TEST_F(Listeners, AUnixSocketReplacesOneThatWasLeftBehind) {
  const support::TemporaryDirectory directory;
  const auto path = (directory.path() / "socket").string();
  start({"--unixsocket", path});
  server().signal(SIGKILL);
  ASSERT_TRUE(server().wait_for_exit());
  ASSERT_TRUE(std::filesystem::exists(path));
  start({"--unixsocket", path});
  RespClient client(RawSocket::connect_unix(path));
  EXPECT_EQ(client.text({"PING"}), "PONG");
}

TEST_F(Listeners, TheUnixSocketOfALiveServerIsNotTaken) {
  const support::TemporaryDirectory directory;
  const auto path = (directory.path() / "socket").string();
  start({"--unixsocket", path});
  if (!is_respawn()) GTEST_SKIP() << "redis-server takes it";
  ServerOptions options;
  options.arguments = {"--unixsocket", path};
  options.await_ready = false;
  ServerProcess second(options);
  const auto status = second.wait_for_exit();
  ASSERT_TRUE(status);
  EXPECT_EQ(status->code, 1);
  const auto text = second.standard_output() + second.standard_error();
  EXPECT_NE(text.find("Failed opening Unix socket: bind: Address already in use"), text.npos)
      << text;
  RespClient client(RawSocket::connect_unix(path));
  EXPECT_EQ(support::info_field(client, "server", "process_id"), std::to_string(server().pid()));
}

TEST_F(Listeners, AServerThatWouldListenNowhereDoesNotStart) {
  for (const auto& arguments : std::vector<std::vector<std::string>>{
           {"--port", "0"}, {"--bind", ""}, {"--bind", "-192.0.2.1"}}) {
    for (const bool only_checked : {false, true}) {
      ServerOptions options;
      options.arguments = arguments;
      options.await_ready = false;
      if (only_checked) options.arguments.emplace_back("--check-config");
      const bool tries = arguments[1] == "-192.0.2.1";  // a machine may have it
      if (only_checked && (tries || !is_ours())) continue;
      auto& failed = start_with(options);
      const auto status = failed.wait_for_exit();
      ASSERT_TRUE(status) << arguments[0] << " " << arguments[1];
      EXPECT_EQ(status->code, 1);
      const std::string why = "Configured to not listen anywhere, exiting.";
      const auto found = log().find(why);
      ASSERT_NE(found, std::string::npos) << log();
      EXPECT_EQ(log().find(why, found + 1), std::string::npos) << "once: " << log();
    }
  }
}

TEST_F(Listeners, OnlyAUnixSocketThoughThereIsAPort) {
  const support::TemporaryDirectory directory;
  const auto path = (directory.path() / "socket").string();
  ServerOptions options;
  options.arguments = {"--bind", "", "--unixsocket", path};
  options.await_ready = false;
  start_with(options);
  ASSERT_TRUE(wait_until([&] {
    try {
      RespClient client(RawSocket::connect_unix(path));
      return client.text({"PING"}) == "PONG";
    } catch (const std::runtime_error&) {
      return false;
    }
  })) << log();
  EXPECT_THROW(RawSocket{port()}, std::runtime_error);
}

TEST_F(Listeners, OnlyAUnixSocket) {
  const support::TemporaryDirectory directory;
  const auto path = (directory.path() / "socket").string();
  ServerOptions options;
  options.arguments = {"--port", "0", "--unixsocket", path};
  options.await_ready = false;
  start_with(options);
  // The file is there a moment before the server listens on it.
  ASSERT_TRUE(wait_until([&] {
    try {
      RespClient client(RawSocket::connect_unix(path));
      return client.text({"PING"}) == "PONG";
    } catch (const std::runtime_error&) {
      return false;
    }
  }));
  EXPECT_THROW(RawSocket{port()}, std::runtime_error);
}

TEST_F(Listeners, ThePortCanChangeAndChangeBack) {
  start();
  const auto other = support::free_port();
  const auto listens = [](std::uint16_t at) {
    try {
      RawSocket socket(at);
      return true;
    } catch (const std::runtime_error&) {
      return false;
    }
  };
  RespClient client(port());
  client.ok({"CONFIG", "SET", "port", std::to_string(other)});
  EXPECT_EQ(RespClient(other).text({"PING"}), "PONG");
  client.ok({"CONFIG", "SET", "port", std::to_string(port())});
  EXPECT_TRUE(answers_at("127.0.0.1"));
  EXPECT_TRUE(wait_until([&] { return !listens(other); }));
  EXPECT_TRUE(answers_at("127.0.0.1"));
}

TEST_F(Listeners, ProtectedModeLetsLoopbackIn) {
  start({"--protected-mode", "yes"});
  EXPECT_TRUE(answers_at("127.0.0.1"));
}

/// Leaves the running server no descriptor beyond `spare` more than it has.
void limit_descriptors(const ServerProcess& server, int spare) {
  rlimit limit{};
  ASSERT_EQ(::prlimit(server.pid(), RLIMIT_NOFILE, nullptr, &limit), 0);
  limit.rlim_cur = static_cast<rlim_t>(server.usage().descriptors + spare);
  ASSERT_EQ(::prlimit(server.pid(), RLIMIT_NOFILE, &limit, nullptr), 0);
}

TEST_F(Listeners, OutOfDescriptorsItGoesOnWithoutSpinning) {
  start();
  // io_uring's accept keeps the limit it was started under, so the limit would not be met.
  if (is_respawn()) start({"--network-backend", "epoll"});
  RespClient first(port());
  first.command({"PING"});
  limit_descriptors(server(), 3);
  std::vector<RawSocket> sockets;
  for (int i = 0; i < 20; ++i) {
    sockets.emplace_back(port());
    sockets.back().write(support::encode_command({"PING"}));
  }
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(sockets[i].read_reply().text, "PONG");
  EXPECT_EQ(first.text({"PING"}), "PONG");
  const auto before_ms = server().usage().cpu_ms;
  EXPECT_TRUE(sockets[10].silent_for(Milliseconds(500)));
  if (support::is_respawn(first)) {
    EXPECT_LT(server().usage().cpu_ms - before_ms, 150) << "accept spins";
  }
  // As clients go, the waiting ones are accepted in their turn.
  for (std::size_t i = 0; i < sockets.size(); ++i) {
    if (i >= 3) {
      EXPECT_EQ(sockets[i].read_reply().text, "PONG") << "connection " << i;
    }
    sockets[i].close();
  }
}

TEST_F(Listeners, ALowLimitOfOpenFilesLowersMaxclients) {
  ServerOptions options;
  options.arguments = {"--maxclients", "10000"};
  options.descriptors_max = 120;
  start_with(options);
  const auto clients_max = std::stoi(option("maxclients"));
  EXPECT_LT(clients_max, 120);
  EXPECT_GT(clients_max, 20);
  std::vector<RawSocket> sockets;
  for (int i = 0; i < clients_max + 10; ++i) sockets.emplace_back(port());
  EXPECT_EQ(sockets.back().read_until_end(), "-ERR max number of clients reached\r\n");
  sockets.clear();
  EXPECT_TRUE(deserted());
}

}  // namespace
}  // namespace respawn::integration
