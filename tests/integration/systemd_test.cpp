// Under a service manager: what it is told, and that the unit file asks for what the server does.
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstddef>
#include <map>
#include <sstream>

#include "tests/integration/fixture.hpp"

namespace respawn::integration {
namespace {

namespace fs = std::filesystem;

/// The end of systemd: a datagram socket at a path, or at an abstract name behind '@'.
class NotifySocket {
 public:
  explicit NotifySocket(const std::string& name)
      : fd_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    name.copy(address.sun_path, sizeof address.sun_path - 1);
    if (name.front() == '@') address.sun_path[0] = '\0';
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    if (::bind(fd_, reinterpret_cast<const sockaddr*>(&address), length) != 0)
      throw std::runtime_error("can't bind " + name);
  }

  ~NotifySocket() { ::close(fd_); }

  NotifySocket(const NotifySocket&) = delete;
  NotifySocket& operator=(const NotifySocket&) = delete;

  /// Whether no message waits.
  [[nodiscard]] bool empty() const {
    char byte = 0;
    return ::recv(fd_, &byte, 1, MSG_DONTWAIT | MSG_PEEK) < 0;
  }

  /// The variables of the next message; none when it does not come in time.
  std::map<std::string, std::string> message() {
    std::array<char, 1024> bytes;
    ssize_t size = -1;
    if (!wait_until([&] {
          size = ::recv(fd_, bytes.data(), bytes.size(), MSG_DONTWAIT);
          return size >= 0;
        }))
      return {};
    std::istringstream lines(std::string(bytes.data(), static_cast<std::size_t>(size)));
    std::map<std::string, std::string> variables;
    for (std::string line; std::getline(lines, line);)
      variables[line.substr(0, line.find('='))] = line.substr(line.find('=') + 1);
    return variables;
  }

 private:
  int fd_;
};

class Systemd : public ServerTest {
 protected:
  ServerProcess& start_under(const std::string& variable, std::vector<std::string> arguments) {
    ServerOptions options;
    options.arguments = std::move(arguments);
    options.environment = {variable};
    return start_with(std::move(options));
  }

  /// Whether the messages of a whole life come, in their order.
  void expect_messages(NotifySocket& socket) {
    auto message = socket.message();
    EXPECT_EQ(message["READY"], "1");
    EXPECT_FALSE(message["STATUS"].empty());
    server().signal(SIGHUP);
    message = socket.message();
    EXPECT_EQ(message["RELOADING"], "1");
    EXPECT_GT(std::stoull("0" + message["MONOTONIC_USEC"]), 0U);
    EXPECT_FALSE(message["STATUS"].empty());
    EXPECT_EQ(socket.message()["READY"], "1") << "the reload has ended";
    server().signal(SIGTERM);
    message = socket.message();
    EXPECT_EQ(message["STOPPING"], "1");
    EXPECT_FALSE(message["STATUS"].empty());
    const auto status = server().wait_for_exit();
    EXPECT_TRUE(status && status->clean());
  }

  support::TemporaryDirectory directory_;
};

TEST_F(Systemd, IsToldOfReadinessReloadAndStop) {
  const auto path = (directory_.path() / "notify").string();
  NotifySocket socket(path);
  start_under("NOTIFY_SOCKET=" + path, {"--supervised", "systemd"});
  EXPECT_EQ(info("server", "process_supervised"), "systemd");
  expect_messages(socket);
}

TEST_F(Systemd, IsFoundByItsAbstractSocket) {
  const auto name = "@respawn-test-" + std::to_string(::getpid());
  NotifySocket socket(name);
  start_under("NOTIFY_SOCKET=" + name, {"--supervised", "auto"});
  expect_messages(socket);
}

TEST_F(Systemd, ReadyComesWhenClientsAreServed) {
  const auto path = (directory_.path() / "notify").string();
  NotifySocket socket(path);
  ServerOptions options;
  options.arguments = {"--supervised", "systemd"};
  options.environment = {"NOTIFY_SOCKET=" + path};
  options.await_ready = false;
  start_with(std::move(options));
  ASSERT_EQ(socket.message()["READY"], "1");
  EXPECT_TRUE(serves()) << "at the first attempt";
}

TEST_F(Systemd, ShutdownSaysThatItStops) {
  const auto path = (directory_.path() / "notify").string();
  NotifySocket socket(path);
  start_under("NOTIFY_SOCKET=" + path, {"--supervised", "systemd"});
  EXPECT_EQ(socket.message()["READY"], "1");
  RespClient(port()).send({"SHUTDOWN"});
  EXPECT_EQ(socket.message()["STOPPING"], "1");
}

TEST_F(Systemd, ASupervisedServerStaysInTheForeground) {
  const auto path = (directory_.path() / "notify").string();
  NotifySocket socket(path);
  start_under("NOTIFY_SOCKET=" + path, {"--supervised", "systemd", "--daemonize", "yes"});
  EXPECT_TRUE(server().running());
  EXPECT_EQ(info("server", "process_id"), std::to_string(server().pid()));
}

TEST_F(Systemd, WhereItIsMissingTheServerSaysSoAndRuns) {
  start_under("NOTIFY_SOCKET=", {"--supervised", "systemd"});
  EXPECT_NE(log().find("systemd supervision requested, but NOTIFY_SOCKET not found!"),
            std::string::npos)
      << log();
  EXPECT_EQ(info("server", "process_supervised"), "no");
}

TEST_F(Systemd, UnaskedNobodyIsTold) {
  const auto path = (directory_.path() / "notify").string();
  NotifySocket socket(path);
  start_under("NOTIFY_SOCKET=" + path, {});
  EXPECT_EQ(info("server", "process_supervised"), "no");
  server().stop();
  EXPECT_TRUE(socket.empty());
}

TEST_F(Systemd, UpstartSeesTheServerStopWhenItIsReady) {
  ServerOptions options;
  options.arguments = {"--supervised", "upstart"};
  options.environment = {"UPSTART_JOB=respawn"};
  options.await_ready = false;
  start_with(std::move(options));
  const auto stat = "/proc/" + std::to_string(server().pid()) + "/stat";
  EXPECT_TRUE(wait_until([&] { return read_file(stat).find(") T ") != std::string::npos; }));
  server().signal(SIGCONT);
  EXPECT_EQ(info("server", "process_supervised"), "upstart");
}

// ---- The unit file ----

/// Directives by name; the values of one that is there several times are joined by a space.
std::map<std::string, std::string> unit_file() {
  std::istringstream lines(
      read_file(fs::path(RESPAWN_CONFIG).parent_path() / "respawn-server.service"));
  std::map<std::string, std::string> directives;
  for (std::string line; std::getline(lines, line);) {
    const auto equals = line.find('=');
    if (line.starts_with('#') || equals == std::string::npos) continue;
    auto& value = directives[line.substr(0, equals)];
    if (!value.empty()) value += ' ';
    value += line.substr(equals + 1);
  }
  return directives;
}

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream stream(text);
  return {std::istream_iterator<std::string>(stream), {}};
}

TEST_F(Systemd, TheUnitFileStartsReloadsAndStopsTheServer) {
  auto unit = unit_file();
  EXPECT_EQ(unit["Type"], "notify");
  EXPECT_EQ(unit["NotifyAccess"], "main");
  EXPECT_EQ(unit["ExecReload"], "/bin/kill -HUP $MAINPID");
  auto words = words_of(unit["ExecStart"]);
  ASSERT_GE(words.size(), 2U);
  EXPECT_EQ(fs::path(words[0]).filename(), fs::path(support::server_binary()).filename());
  // The same words with another file, which turns against what they say.
  const auto path = (directory_.path() / "notify").string();
  NotifySocket socket(path);
  const auto file = directory_.path() / "respawn.conf";
  write_file(file, "supervised no\ndaemonize yes\n");
  ServerOptions options;
  options.config = file.string();
  options.arguments = {words.begin() + 2, words.end()};
  options.environment = {"NOTIFY_SOCKET=" + path};
  start_with(std::move(options));
  EXPECT_EQ(info("server", "process_id"), std::to_string(server().pid()));
  expect_messages(socket);
}

TEST_F(Systemd, TheUnitFileLeavesTheServerWhatItNeeds) {
  auto unit = unit_file();
  start();
  const auto clients_max = std::stoull(option("maxclients"));
  EXPECT_GE(std::stoull(unit["LimitNOFILE"]), clients_max + 32) << "or maxclients is lowered";
  EXPECT_EQ(words_of(unit["RestrictAddressFamilies"]),
            (std::vector<std::string>{"AF_INET", "AF_INET6", "AF_UNIX"}))
      << "of clients, and of NOTIFY_SOCKET";
  EXPECT_EQ(unit["SystemCallErrorNumber"], "EPERM")
      << "io_uring that is forbidden must fail, so that epoll takes its place";
  EXPECT_EQ(unit.count("PrivateNetwork"), 0U);
  EXPECT_EQ(unit.count("ProcSubset"), 0U) << "the allocator reads /proc/sys";
}

TEST_F(Systemd, TheUnitFileTakesFromTheServerWhatItDoesNotNeed) {
  auto unit = unit_file();
  for (const auto* name :
       {"LockPersonality", "MemoryDenyWriteExecute", "NoNewPrivileges", "PrivateDevices",
        "PrivateTmp", "PrivateUsers", "ProtectClock", "ProtectControlGroups", "ProtectHome",
        "ProtectHostname", "ProtectKernelLogs", "ProtectKernelModules", "ProtectKernelTunables",
        "RemoveIPC", "RestrictNamespaces", "RestrictRealtime", "RestrictSUIDSGID"})
    EXPECT_EQ(unit[name], "true") << name;
  EXPECT_EQ(unit["ProtectSystem"], "strict");
  EXPECT_EQ(unit["ProtectProc"], "invisible");
  EXPECT_EQ(unit["SystemCallArchitectures"], "native");
  EXPECT_EQ(unit["SystemCallFilter"], "@system-service ~@privileged @resources");
  ASSERT_EQ(unit.count("CapabilityBoundingSet"), 1U);
  EXPECT_EQ(unit["CapabilityBoundingSet"], "");
  EXPECT_NE(unit["User"], "");
  EXPECT_NE(unit["User"], "root");
}

}  // namespace
}  // namespace respawn::integration
