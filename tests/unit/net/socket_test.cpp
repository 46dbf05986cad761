#include "net/socket.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "loop_fixture.hpp"

namespace respawn::net {
namespace {

int option(int fd, int level, int name) {
  int value = 0;
  socklen_t size = sizeof value;
  EXPECT_EQ(getsockopt(fd, level, name, &value, &size), 0);
  return value;
}

/// A directory of its own, removed at the end.
class Directory {
 public:
  Directory() : path_(mkdtemp(pattern_)) {}

  ~Directory() { std::filesystem::remove_all(path_); }

  [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  char pattern_[20] = "/tmp/respawn-XXXXXX";
  std::string path_;
};

mode_t permissions_of(const std::string& path) {
  struct stat file {};

  EXPECT_EQ(lstat(path.c_str(), &file), 0) << path;
  return file.st_mode & 0777u;
}

TEST(ListeningSocketTest, ListensOnIpv4) {
  const auto socket = ListeningSocket::tcp("127.0.0.1", 0, 16);
  ASSERT_TRUE(socket.ok()) << socket.error();
  EXPECT_EQ(socket.value().address(), "127.0.0.1:" + std::to_string(socket.value().port()));
  const Client client = Client::connect_to("127.0.0.1", socket.value().port());
  const FileDescriptor accepted(accept(socket.value().fd(), nullptr, nullptr));
  EXPECT_EQ(option(accepted.get(), IPPROTO_TCP, TCP_NODELAY), 1) << "inherited";
  EXPECT_EQ(local_address_text(client.fd()), peer_address_text(accepted.get()));
  EXPECT_EQ(peer_address_text(client.fd()), socket.value().address());
}

TEST(ListeningSocketTest, ListensOnIpv6) {
  const auto socket = ListeningSocket::tcp("::1", 0, 16);
  ASSERT_TRUE(socket.ok()) << socket.error();
  EXPECT_EQ(socket.value().address(), "[::1]:" + std::to_string(socket.value().port()));
  const Client client = Client::connect_to("::1", socket.value().port());
  EXPECT_EQ(peer_address_text(client.fd()), socket.value().address());
}

TEST(ListeningSocketTest, EveryAddressOfBothProtocolsOnOnePort) {
  const auto four = ListeningSocket::tcp("*", 0, 16);
  ASSERT_TRUE(four.ok()) << four.error();
  const std::uint16_t port = four.value().port();
  const auto six = ListeningSocket::tcp("::*", port, 16);
  ASSERT_TRUE(six.ok()) << six.error();
  EXPECT_EQ(four.value().address(), "0.0.0.0:" + std::to_string(port));
  EXPECT_EQ(six.value().address(), "[::]:" + std::to_string(port));
}

TEST(ListeningSocketTest, NamesTheAddressThatIsTaken) {
  const auto first = ListeningSocket::tcp("127.0.0.1", 0, 16);
  const std::uint16_t port = first.value().port();
  const auto second = ListeningSocket::tcp("127.0.0.1", port, 16);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error(), "Could not create server TCP listening socket 127.0.0.1:" +
                                std::to_string(port) + ": bind: Address already in use");
}

TEST(ListeningSocketTest, NamesTheHostThatDoesNotExist) {
  const auto socket = ListeningSocket::tcp("no such host", 7000, 16);
  ASSERT_FALSE(socket.ok());
  EXPECT_TRUE(socket.error().starts_with(
      "Could not create server TCP listening socket no such host:7000: "))
      << socket.error();
}

TEST(ListenTcpTest, SkipsOptionalAddressesThatAreNotHere) {
  const auto sockets = listen_tcp({"127.0.0.1", "-192.0.2.1", "-::1"}, 0, 16);
  ASSERT_TRUE(sockets.ok()) << sockets.error();
  ASSERT_EQ(sockets.value().size(), 2u);
  EXPECT_TRUE(sockets.value()[0].address().starts_with("127.0.0.1:"));
  EXPECT_TRUE(sockets.value()[1].address().starts_with("[::1]:"));
}

TEST(ListenTcpTest, FailsAsAWholeWhenAnAddressThatIsNotOptionalIsNotHere) {
  const auto sockets = listen_tcp({"127.0.0.1", "192.0.2.1"}, 17999, 16);
  ASSERT_FALSE(sockets.ok());
  EXPECT_EQ(sockets.error(),
            "Could not create server TCP listening socket 192.0.2.1:17999: bind: Cannot assign "
            "requested address");
  EXPECT_TRUE(ListeningSocket::tcp("127.0.0.1", 17999, 16).ok()) << "the first one is closed again";
}

SocketAddress place(const std::string& entry, std::uint16_t port) {
  const auto places = places_to_listen(entry, port);
  return places.ok() ? places.value().front() : SocketAddress{};
}

TEST(PlacesToListenTest, AreWhatAnEntryStandsFor) {
  for (const auto& [entry, text] : {std::pair{"127.0.0.2", "127.0.0.2:7"},
                                    {"-127.0.0.2", "127.0.0.2:7"},
                                    {"*", "0.0.0.0:7"},
                                    {"-*", "0.0.0.0:7"},
                                    {"::1", "[::1]:7"},
                                    {"-::*", "[::]:7"},
                                    {"::", "[::]:7"},
                                    {"localhost", "127.0.0.1:7"}})
    EXPECT_EQ(address_text(place(entry, 7)), text) << entry;
  const auto nothing = places_to_listen("-no such host", 7);
  ASSERT_FALSE(nothing.ok());
  EXPECT_TRUE(
      nothing.error().starts_with("Could not create server TCP listening socket no such host:7: "))
      << nothing.error();
}

TEST(PlacesToListenTest, AreTheSameOrInEachOthersWay) {
  struct Case {
    const char* one;
    const char* other;
    bool same;
    bool in_the_way;
  };

  for (const Case& each : {Case{"127.0.0.1", "127.0.0.1", true, true},
                           {"127.0.0.1", "localhost", true, true},
                           {"*", "0.0.0.0", true, true},
                           {"::*", "::", true, true},
                           {"127.0.0.1", "127.0.0.2", false, false},
                           {"127.0.0.1", "*", false, true},
                           {"::1", "::*", false, true},
                           {"::1", "::2", false, false},
                           {"*", "::*", false, false},
                           {"127.0.0.1", "::*", false, false}}) {
    for (const auto& [one, other] : {std::pair{each.one, each.other}, {each.other, each.one}}) {
      EXPECT_EQ(is_same_place(place(one, 7), place(other, 7)), each.same) << one << " " << other;
      EXPECT_EQ(in_the_way(place(one, 7), place(other, 7)), each.in_the_way) << one << " " << other;
      EXPECT_FALSE(is_same_place(place(one, 7), place(other, 8))) << one << " " << other;
      EXPECT_FALSE(in_the_way(place(one, 7), place(other, 8))) << one << " " << other;
    }
  }
}

TEST(PlacesToListenTest, InTheWayIsWhatTheKernelRefuses) {
  const char* const entries[] = {"127.0.0.1", "127.0.0.2", "*", "::1", "::*"};
  for (const char* first : entries) {
    const auto open = ListeningSocket::tcp(first, 0, 16);
    ASSERT_TRUE(open.ok()) << open.error();
    EXPECT_TRUE(is_same_place(open.value().bound(), place(first, open.value().port())));
    for (const char* second : entries) {
      const auto other = ListeningSocket::tcp(second, open.value().port(), 16);
      EXPECT_EQ(other.ok(), !in_the_way(open.value().bound(), place(second, open.value().port())))
          << first << " " << second;
    }
  }
}

/// Starts to connect; over loopback that is done at once, if it can be.
bool connects_at_once(const ListeningSocket& listening) {
  const FileDescriptor fd(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
  connect(fd.get(), listening.bound().get(), listening.bound().length);
  pollfd connected{fd.get(), POLLOUT, 0};
  return poll(&connected, 1, 20) == 1 && (connected.revents & POLLERR) == 0;
}

TEST(ListeningSocketTest, TurnsAwayWhoComesAndKeepsWhoIsThere) {
  const auto socket = ListeningSocket::tcp("127.0.0.1", 0, 16);
  ASSERT_TRUE(socket.ok()) << socket.error();
  ASSERT_TRUE(connects_at_once(socket.value()));
  const FileDescriptor gone(accept(socket.value().fd(), nullptr, nullptr));
  const Client early = Client::connect_to("127.0.0.1", socket.value().port());
  early.write("before");
  socket.value().turn_away();
  EXPECT_FALSE(connects_at_once(socket.value()));
  const Client server(FileDescriptor(accept(socket.value().fd(), nullptr, nullptr)));
  early.write(" and after");
  EXPECT_EQ(server.read(16), "before and after");
  ASSERT_TRUE(set_nonblocking(socket.value().fd(), true).ok());
  EXPECT_EQ(accept(socket.value().fd(), nullptr, nullptr), -1) << "there is nobody else";
}

TEST(ListeningSocketTest, NobodyListensOnceItIsGoneWhoeverElseHasTheDescriptor) {
  auto socket = ListeningSocket::tcp("127.0.0.1", 0, 16);
  ASSERT_TRUE(socket.ok()) << socket.error();
  const std::uint16_t port = socket.value().port();
  const FileDescriptor copy(dup(socket.value().fd()));
  socket = failure("closed");
  EXPECT_EQ(accept(copy.get(), nullptr, nullptr), -1);
  EXPECT_TRUE(ListeningSocket::tcp("127.0.0.1", port, 16).ok());
}

TEST(ListeningSocketTest, WhoIsLetInIsHeard) {
  const auto socket = ListeningSocket::tcp("127.0.0.1", 0, 16);
  ASSERT_TRUE(socket.ok()) << socket.error();
  const Client client = Client::connect_to("127.0.0.1", socket.value().port());
  const Client server(FileDescriptor(accept(socket.value().fd(), nullptr, nullptr)));
  let_in(server.fd());  // without need
  const sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
  const sock_fprog program{1, const_cast<sock_filter*>(&nothing)};
  ASSERT_EQ(setsockopt(server.fd(), SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program), 0);
  client.write("hello");
  let_in(server.fd());
  EXPECT_EQ(server.read(5), "hello");
}

TEST(UnixSocketTest, HasThePermissionsAskedForWhateverTheUmask) {
  const Directory directory;
  for (const mode_t mask : {0u, 022u, 077u, 0777u}) {
    const mode_t before = umask(mask);
    for (const mode_t permissions : {0700u, 0770u, 0777u, 0600u}) {
      const std::string path = directory.file("sock");
      const auto socket = ListeningSocket::unix_path(path, permissions, 16);
      ASSERT_TRUE(socket.ok()) << socket.error();
      EXPECT_EQ(permissions_of(path), permissions) << "umask " << mask;
    }
    umask(before);
  }
}

TEST(UnixSocketTest, TheFileNeverPermitsMoreThanAsked) {
  // What bind() alone makes of the socket's mode, without the chmod() behind it.
  const Directory directory;
  const mode_t before = umask(0);
  const FileDescriptor fd(socket(AF_UNIX, SOCK_STREAM, 0));
  ASSERT_EQ(fchmod(fd.get(), 0700), 0);
  const std::string path = directory.file("sock");
  const auto address = resolve("unix:" + path, 0);
  ASSERT_EQ(bind(fd.get(), address.value()[0].get(), address.value()[0].length), 0);
  EXPECT_EQ(permissions_of(path), 0700u);
  umask(before);
}

TEST(UnixSocketTest, LeavesThePermissionsToTheUmaskWhenNoneAreGiven) {
  const Directory directory;
  const mode_t before = umask(027);
  const auto socket = ListeningSocket::unix_path(directory.file("sock"), 0, 16);
  EXPECT_EQ(permissions_of(directory.file("sock")), 0750u);
  umask(before);
}

/// A socket file whose owner ended without removing it.
void leave_behind(const std::string& path) {
  const FileDescriptor fd(socket(AF_UNIX, SOCK_STREAM, 0));
  const auto address = resolve("unix:" + path, 0);
  ASSERT_EQ(bind(fd.get(), address.value()[0].get(), address.value()[0].length), 0);
  ASSERT_EQ(listen(fd.get(), 1), 0);
}

TEST(UnixSocketTest, DoesNotTakeTheFileOfSomebodyWhoListens) {
  const Directory directory;
  const std::string path = directory.file("sock");
  const auto first = ListeningSocket::unix_path(path, 0700, 0);
  ASSERT_TRUE(first.ok()) << first.error();
  for (int i = 0; i < 3; ++i) {  // who asks takes a place in the backlog: it is full in the end
    const auto second = ListeningSocket::unix_path(path, 0700, 16);
    ASSERT_FALSE(second.ok());
    EXPECT_EQ(second.error(), "Failed opening Unix socket: bind: Address already in use");
  }
  const FileDescriptor asked(accept(first.value().fd(), nullptr, nullptr));
  const Client client = Client::connect_to("unix:" + path, 0);
  EXPECT_EQ(peer_address_text(client.fd()), path + ":0") << "the first one has it still";
}

TEST(UnixSocketTest, LeavesTheFileOfItsSuccessorAlone) {
  const Directory directory;
  const std::string path = directory.file("sock");
  auto first = ListeningSocket::unix_path(path, 0700, 16);
  std::filesystem::remove(path);
  auto second = ListeningSocket::unix_path(path, 0700, 16);
  ASSERT_TRUE(second.ok()) << second.error();
  first = failure("dropped");
  EXPECT_TRUE(std::filesystem::exists(path));
}

TEST(UnixSocketTest, ReplacesAStaleSocketAndNothingElse) {
  const Directory directory;
  const std::string path = directory.file("sock");
  leave_behind(path);
  auto fresh = ListeningSocket::unix_path(path, 0700, 16);
  ASSERT_TRUE(fresh.ok()) << fresh.error();
  EXPECT_TRUE(std::filesystem::exists(path));
  fresh = failure("dropped");
  EXPECT_FALSE(std::filesystem::exists(path)) << "removed at the end";

  ASSERT_GE(FileDescriptor(open(path.c_str(), O_CREAT | O_WRONLY, 0600)).get(), 0);
  const auto refused = ListeningSocket::unix_path(path, 0700, 16);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error(), "Failed opening Unix socket: bind: Address already in use");
  EXPECT_TRUE(std::filesystem::exists(path));
}

TEST(UnixSocketTest, RefusesAPathThatIsTooLong) {
  const auto socket = ListeningSocket::unix_path("/tmp/" + std::string(200, 'x'), 0, 16);
  ASSERT_FALSE(socket.ok());
  EXPECT_EQ(socket.error(), "Failed opening Unix socket: bind: File name too long");
}

TEST(UnixSocketTest, BothEndsAreNamedByThePath) {
  const Directory directory;
  const std::string path = directory.file("sock");
  const auto socket = ListeningSocket::unix_path(path, 0700, 16);
  ASSERT_TRUE(socket.ok());
  EXPECT_EQ(socket.value().address(), path + ":0");
  const Client client = Client::connect_to("unix:" + path, 0);
  const FileDescriptor accepted(accept(socket.value().fd(), nullptr, nullptr));
  for (const int fd : {client.fd(), accepted.get()}) {
    EXPECT_EQ(peer_address_text(fd), path + ":0");
    EXPECT_EQ(local_address_text(fd), path + ":0");
  }
}

TEST(SocketOptionsTest, KeepaliveProbesThreeTimesInTheInterval) {
  const FileDescriptor fd(socket(AF_INET, SOCK_STREAM, 0));
  ASSERT_TRUE(set_keepalive(fd.get(), 300).ok());
  EXPECT_EQ(option(fd.get(), SOL_SOCKET, SO_KEEPALIVE), 1);
  EXPECT_EQ(option(fd.get(), IPPROTO_TCP, TCP_KEEPIDLE), 300);
  EXPECT_EQ(option(fd.get(), IPPROTO_TCP, TCP_KEEPINTVL), 100);
  EXPECT_EQ(option(fd.get(), IPPROTO_TCP, TCP_KEEPCNT), 3);
  ASSERT_TRUE(set_keepalive(fd.get(), 1).ok());
  EXPECT_EQ(option(fd.get(), IPPROTO_TCP, TCP_KEEPINTVL), 1);
  ASSERT_TRUE(set_keepalive(fd.get(), 0).ok());
  EXPECT_EQ(option(fd.get(), SOL_SOCKET, SO_KEEPALIVE), 0);
}

TEST(SocketOptionsTest, LeaveUnixSocketsAndSimulatedOnesAlone) {
  const FileDescriptor fd(socket(AF_UNIX, SOCK_STREAM, 0));
  EXPECT_TRUE(set_keepalive(fd.get(), 300).ok());
  EXPECT_TRUE(set_no_delay(fd.get()).ok());
  EXPECT_TRUE(set_keepalive(-1, 300).ok());
  EXPECT_TRUE(set_no_delay(-1).ok());
}

TEST(ResolveTest, KnowsWhatNeedsNoNameServer) {
  for (const char* host : {"127.0.0.1", "::1", "localhost", "unix:/tmp/x"})
    EXPECT_TRUE(is_local_address(host)) << host;
  for (const char* host : {"example.org", "1.2.3", "", "localhost.example"})
    EXPECT_FALSE(is_local_address(host)) << host;
  EXPECT_EQ(address_text(resolve("127.0.0.1", 1).value().front()), "127.0.0.1:1");
  EXPECT_EQ(address_text(resolve("::1", 2).value().front()), "[::1]:2");
  EXPECT_EQ(address_text(resolve("unix:/tmp/x", 3).value().front()), "/tmp/x:0");
}

}  // namespace
}  // namespace respawn::net
