// What the system refuses: descriptors, threads, io_uring, memory for its rings.
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>

#include "tests/integration/fixture.hpp"

namespace respawn::integration {
namespace {

// ---- For the child, before it becomes the server ----

/// io_uring_setup fails with `error` from now on, as under a container's seccomp filter.
void refuse_rings(std::uint32_t error) {
  sock_filter program[] = {
      {BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, nr)},
      {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, SYS_io_uring_setup},
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | error},
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
  };
  const sock_fprog filter{sizeof program / sizeof program[0], program};
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter);
}

void forbid_rings() {
  refuse_rings(EPERM);
}

void have_no_memory_for_rings() {
  refuse_rings(ENOMEM);
}

/// clone and clone3 fail, as past a limit of processes.
void refuse_threads() {
  sock_filter program[] = {
      {BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, nr)},
      {BPF_JMP | BPF_JEQ | BPF_K, 1, 0, SYS_clone},
      {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, SYS_clone3},
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | EAGAIN},
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
  };
  const sock_fprog filter{sizeof program / sizeof program[0], program};
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter);
}

/// Room for the stacks of a few dozen threads.
void limit_address_space() {
  const rlimit stack{8'388'608, 8'388'608};
  ::setrlimit(RLIMIT_STACK, &stack);
  const rlimit limit{600'000'000, 600'000'000};
  ::setrlimit(RLIMIT_AS, &limit);
}

/// A low limit of open files that may be raised to 400.
void limit_descriptors_softly() {
  const rlimit limit{100, 400};
  ::setrlimit(RLIMIT_NOFILE, &limit);
  ::prctl(PR_CAPBSET_DROP, CAP_SYS_RESOURCE);
}

class Limits : public ServerTest {
 protected:
  /// Starts a server that is expected to end at once, and returns its exit code.
  int start_in_vain(std::vector<std::string> arguments, void (*before_exec)()) {
    ServerOptions options;
    options.arguments = std::move(arguments);
    options.before_exec = before_exec;
    options.await_ready = false;
    const auto status = start_with(std::move(options)).wait_for_exit();
    return status ? status->code : -1;
  }

  void start_under(void (*before_exec)(), std::vector<std::string> arguments = {}) {
    ServerOptions options;
    options.arguments = std::move(arguments);
    options.before_exec = before_exec;
    start_with(std::move(options));
  }

  /// How often a text is in what the server printed.
  std::size_t count(const std::string& text) {
    std::size_t found = 0;
    const auto printed = log();
    for (auto at = printed.find(text); at != std::string::npos; at = printed.find(text, at + 1))
      ++found;
    return found;
  }
};

// ---- Descriptors ----

constexpr const char* too_many_clients =
    "-ERR CONFIG SET failed (possibly related to argument 'maxclients') - The operating system is "
    "not able to handle the specified number of clients, try with 68\r\n";

TEST_F(Limits, MaxclientsBeyondTheDescriptorsIsRefusedWithTheLargestValue) {
  ServerOptions options;
  options.arguments = {"--maxclients", "50"};
  options.descriptors_max = 100;
  start_with(std::move(options));
  RespClient client(port());
  EXPECT_EQ(client.command({"CONFIG", "SET", "maxclients", "20000"}).bytes(), too_many_clients);
  EXPECT_EQ(client.command({"CONFIG", "SET", "maxclients", "4294967295"}).bytes(),
            too_many_clients);
  EXPECT_EQ(client.command({"CONFIG", "SET", "maxclients", "69", "timeout", "7"}).bytes(),
            too_many_clients);
  // By this client: others that have just left would still have a place for a moment.
  const auto shown = [&](const char* name) {
    return client.command({"CONFIG", "GET", name}).elements.at(1).text;
  };
  EXPECT_EQ(shown("maxclients"), "50");
  EXPECT_EQ(shown("timeout"), "0") << "all or nothing";
  client.ok({"CONFIG", "SET", "maxclients", "68"});
  EXPECT_EQ(shown("maxclients"), "68");
  // Nobody hangs: who has no place is told so.
  std::vector<RawSocket> sockets;
  for (int i = 0; i < 90; ++i) sockets.emplace_back(port());
  for (std::size_t i = 0; i < 60; ++i) {
    sockets[i].write(support::encode_command({"PING"}));
    EXPECT_EQ(sockets[i].read_reply().text, "PONG");
  }
  EXPECT_EQ(sockets.back().read_until_end(), "-ERR max number of clients reached\r\n");
}

TEST_F(Limits, ALargerMaxclientsRaisesTheLimitOfOpenFiles) {
  start_under(limit_descriptors_softly, {"--maxclients", "50"});
  RespClient client(port());
  client.ok({"CONFIG", "SET", "maxclients", "250"});
  rlimit limit{};
  ASSERT_EQ(::prlimit(server().pid(), RLIMIT_NOFILE, nullptr, &limit), 0);
  EXPECT_EQ(limit.rlim_cur, 282U);
  std::vector<RawSocket> sockets;
  for (int i = 0; i < 240; ++i) sockets.emplace_back(port());
  for (RawSocket& socket : sockets) socket.write(support::encode_command({"PING"}));
  for (RawSocket& socket : sockets) EXPECT_EQ(socket.read_reply().text, "PONG");
}

TEST_F(Limits, AFileThatAsksForTooManyClientsIsRefusedAtReload) {
  ServerOptions options;
  options.descriptors_max = 100;
  support::TemporaryDirectory directory;
  const auto file = directory.path() / "respawn.conf";
  write_file(file, "maxclients 50\n");
  options.config = file.string();
  start_with(std::move(options));
  write_file(file, "maxclients 20000\n");
  server().signal(SIGHUP);
  EXPECT_TRUE(wait_until([&] {
    return log().find(
               "maxclients: The operating system is not able to handle the specified "
               "number of clients, try with 68") != std::string::npos;
  })) << log();
  EXPECT_EQ(option("maxclients"), "50");
}

TEST_F(Limits, WithoutDescriptorsForAnyClientItDoesNotStart) {
  for (const std::uint64_t descriptors : {10U, 32U}) {
    ServerOptions options;
    options.descriptors_max = descriptors;
    options.await_ready = false;
    const auto status = start_with(std::move(options)).wait_for_exit();
    ASSERT_TRUE(status);
    EXPECT_EQ(status->code, 1) << log();
    EXPECT_EQ(count("Your current 'ulimit -n' of " + std::to_string(descriptors) +
                    " is not enough for the server to start. Please increase your open file "
                    "limit to at least 10032."),
              1U)
        << log();
  }
}

TEST_F(Limits, IoThreadsTakeTheirDescriptorsFromTheClients) {
  ServerOptions options;
  options.arguments = {"--io-threads", "8"};
  options.descriptors_max = 100;
  start_with(std::move(options));
  const auto clients_max = std::stoi(option("maxclients"));
  std::vector<RawSocket> sockets;
  for (int i = 0; i < clients_max - 2; ++i) sockets.emplace_back(port());
  for (RawSocket& socket : sockets) socket.write(support::encode_command({"PING"}));
  for (RawSocket& socket : sockets) EXPECT_EQ(socket.read_reply().text, "PONG");
}

// ---- Threads ----

TEST_F(Limits, WithoutThreadsItDoesNotStart) {
  if (sanitized) GTEST_SKIP() << "the sanitizer needs them itself";
  EXPECT_EQ(start_in_vain({}, refuse_threads), 1) << log();
  EXPECT_EQ(count("The system allows this process 0 further threads"), 1U) << log();
}

TEST_F(Limits, TooManyIoThreadsAreRefusedWithTheLargestNumber) {
  if (sanitized) GTEST_SKIP() << "the sanitizer needs the address space itself";
  EXPECT_EQ(start_in_vain({"--io-threads", "128"}, limit_address_space), 1) << log();
  const std::string naming = ", or set io-threads to ";
  ASSERT_EQ(count(naming), 1U) << log();
  const auto largest = std::stoi(log().substr(log().find(naming) + naming.size()));
  EXPECT_GT(largest, 0);
  EXPECT_LT(largest, 128);
}

// ---- io_uring ----

TEST_F(Limits, RingsThatAreForbiddenAreReplacedByEpollWithOneLine) {
  start_under(forbid_rings);
  EXPECT_EQ(info("server", "multiplexing_api"), "epoll");
  EXPECT_EQ(count("io_uring is not available: setup: Operation not permitted (forbidden by a "
                  "seccomp filter, or by kernel.io_uring_disabled); using epoll"),
            1U)
      << log();
  EXPECT_TRUE(serves());
}

TEST_F(Limits, RingsWithoutMemoryAreReplacedByEpollOnEveryThread) {
  start_under(have_no_memory_for_rings, {"--io-threads", "3"});
  EXPECT_EQ(info("server", "multiplexing_api"), "epoll");
  EXPECT_EQ(count("io_uring is not available: setup: Cannot allocate memory (the limit of locked "
                  "memory, ulimit -l, may be too low); using epoll"),
            1U)
      << log();
  EXPECT_TRUE(serves());
}

TEST_F(Limits, RingsThatAreInsistedOnStopTheStartWithTheReason) {
  EXPECT_EQ(start_in_vain({"--network-backend", "io_uring"}, forbid_rings), 1) << log();
  EXPECT_EQ(count("io_uring is not available: setup: Operation not permitted"), 1U) << log();
  EXPECT_EQ(start_in_vain({"--network-backend", "io_uring"}, have_no_memory_for_rings), 1);
  EXPECT_EQ(count("io_uring is not available: setup: Cannot allocate memory"), 1U) << log();
}

TEST_F(Limits, EpollThatIsAskedForSaysNothingOfRings) {
  start_under(forbid_rings, {"--network-backend", "epoll"});
  EXPECT_EQ(count("io_uring"), 0U) << log();
}

}  // namespace
}  // namespace respawn::integration
