// Accepting and connecting, over real sockets.
#include <fcntl.h>
#include <sys/resource.h>

#include <atomic>
#include <map>
#include <thread>

#include "loop_fixture.hpp"

namespace respawn::net {
namespace {

class ListenerTest : public LoopTest {};

RESPAWN_FOR_BACKENDS(ListenerTest);

struct AcceptRecorder : AcceptHandler {
  void on_accepted(AcceptedSocket socket) override { accepted.emplace_back(socket.fd); }

  void on_accept_error(int error) override { errors.push_back(error); }

  std::vector<FileDescriptor> accepted;
  std::vector<int> errors;
};

TEST_P(ListenerTest, AcceptsWhoeverWaitsAndWhoeverComes) {
  auto listening = ListeningSocket::tcp("127.0.0.1", 0, 16);
  const std::uint16_t port = listening.value().port();
  AcceptRecorder recorder;
  std::unique_ptr<Listener> listener;
  const Client early = Client::connect_to("127.0.0.1", port);
  loop().on_loop([&] { listener = loop()->listen(listening.value().fd(), recorder); });
  const Client late = Client::connect_to("127.0.0.1", port);
  EXPECT_TRUE(loop().eventually([&] { return recorder.accepted.size() == 2; }));
  loop().on_loop([&] { listener.reset(); });
}

TEST_P(ListenerTest, PausesAndResumes) {
  auto listening = ListeningSocket::tcp("127.0.0.1", 0, 16);
  const std::uint16_t port = listening.value().port();
  AcceptRecorder recorder;
  std::unique_ptr<Listener> listener;
  loop().on_loop([&] {
    listener = loop()->listen(listening.value().fd(), recorder);
    listener->pause();
  });
  const Client client = Client::connect_to("127.0.0.1", port);
  for (int turn = 0; turn < 20; ++turn)
    ASSERT_EQ(loop().on_loop([&] { return recorder.accepted.size(); }), 0u);
  loop().on_loop([&] {
    listener->resume();
    listener->pause();
    listener->resume();
  });
  EXPECT_TRUE(loop().eventually([&] { return recorder.accepted.size() == 1; }));
  loop().on_loop([&] { listener.reset(); });
}

TEST_P(ListenerTest, ThePortIsFreeAsSoonAsListenerAndSocketAreGone) {
  auto listening = ListeningSocket::tcp("127.0.0.1", 0, 16);
  const std::uint16_t port = listening.value().port();
  AcceptRecorder recorder;
  for (int round = 0; round < 20; ++round) {
    std::unique_ptr<Listener> listener;
    loop().on_loop([&] { listener = loop()->listen(listening.value().fd(), recorder); });
    const Client client = Client::connect_to("127.0.0.1", port);
    const auto size = static_cast<std::size_t>(round) + 1;
    ASSERT_TRUE(loop().eventually([&] { return recorder.accepted.size() == size; }));
    loop().on_loop([&] {
      listener.reset();
      listening = failure("closed");
      listening = ListeningSocket::tcp("127.0.0.1", port, 16);
      EXPECT_TRUE(listening.ok()) << listening.error();
    });
  }
}

/// The port is given up, and whoever has connected is kept.
TEST_P(ListenerTest, WhoeverHasConnectedIsAcceptedBeforeTheSocketIsClosed) {
  constexpr std::size_t clients_count = 12;
  auto listening = ListeningSocket::tcp("127.0.0.1", 0, 64);
  const std::uint16_t port = listening.value().port();
  AcceptRecorder recorder;
  std::unique_ptr<Listener> listener;
  std::vector<Client> clients;
  loop().on_loop([&] {
    // Some are there already, and the others come while the loop is busy with this.
    for (std::size_t i = 0; i < clients_count; ++i) {
      if (i == clients_count / 2) listener = loop()->listen(listening.value().fd(), recorder);
      clients.push_back(Client::connect_to("127.0.0.1", port));
    }
    listener->pause();
    for (const AcceptedSocket socket : loop()->accept_waiting(listening.value().fd()))
      recorder.accepted.emplace_back(socket.fd);
    listening = failure("closed");
    listening = ListeningSocket::tcp("127.0.0.1", port, 64);
    EXPECT_TRUE(listening.ok()) << listening.error();
  });
  ASSERT_TRUE(loop().eventually([&] { return recorder.accepted.size() == clients_count; }));
  loop().on_loop([&] { listener.reset(); });
  // All of them are fit to be adopted.
  for (std::size_t i = 0; i < clients_count; ++i) {
    RecordedStream stream(loop(), {recorder.accepted[i].release()});
    const std::string peer = loop().on_loop([&] {
      stream.stream()->resume_receiving();
      stream.stream()->send(buffer_of("welcome"));
      return stream.stream()->peer_address();
    });
    const auto same = [&](const Client& client) { return local_address_text(client.fd()) == peer; };
    const auto client = std::find_if(clients.begin(), clients.end(), same);
    ASSERT_NE(client, clients.end());
    EXPECT_EQ(client->read(7), "welcome");
    client->write("thanks");
    EXPECT_TRUE(loop().eventually([&] { return stream.recorder().received == "thanks"; }));
  }
}

TEST_P(ListenerTest, ThePortIsFreeAtOnceThoughClientsKeepComing) {
  constexpr int rounds = 200;
  auto listening = ListeningSocket::tcp("127.0.0.1", 0, 64);
  const SocketAddress place = listening.value().bound();
  const std::uint16_t port = listening.value().port();
  std::atomic<bool> over{false};
  std::thread crowd([&] {
    while (!over) {
      const FileDescriptor fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
      connect(fd.get(), place.get(), place.length);
      pollfd connected{fd.get(), POLLOUT, 0};
      poll(&connected, 1, 1);
    }
  });
  AcceptRecorder recorder;
  std::unique_ptr<Listener> listener;
  int failed = 0;
  for (int round = 0; round < rounds && failed == 0; ++round) {
    loop().on_loop([&] { listener = loop()->listen(listening.value().fd(), recorder); });
    ASSERT_TRUE(loop().eventually([&] { return !recorder.accepted.empty(); }));
    loop().on_loop([&] {
      listener->pause();
      listening.value().turn_away();
      for (const AcceptedSocket socket : loop()->accept_waiting(listening.value().fd()))
        recorder.accepted.emplace_back(socket.fd);
      listening = failure("closed");
      listening = ListeningSocket::tcp("127.0.0.1", port, 64);
      if (!listening.ok()) ++failed;
    });
    // Whoever was accepted just before comes still.
    loop().on_loop([] {});
    loop().on_loop([&] {
      listener.reset();
      recorder.accepted.clear();
    });
  }
  over = true;
  crowd.join();
  EXPECT_EQ(failed, 0);
}

TEST_P(ListenerTest, NobodyWaitsToBeAccepted) {
  auto listening = ListeningSocket::tcp("127.0.0.1", 0, 16);
  EXPECT_TRUE(
      loop().on_loop([&] { return loop()->accept_waiting(listening.value().fd()); }).empty());
}

/// Lowers the limit of open files so that `free` more can be opened.
class FileLimit {
 public:
  explicit FileLimit(rlim_t free) {
    getrlimit(RLIMIT_NOFILE, &before_);
    const int next = highest() + 1;
    rlimit lowered = before_;
    lowered.rlim_cur = static_cast<rlim_t>(next) + free;
    setrlimit(RLIMIT_NOFILE, &lowered);
    // Lower numbers may be free as well.
    for (FileDescriptor fd = open_one(); fd.valid(); fd = open_one())
      held_.push_back(std::move(fd));
    for (rlim_t i = 0; i < free; ++i) held_.pop_back();
  }

  ~FileLimit() { setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  /// Not a copy of standard input, which may be closed.
  static FileDescriptor open_one() { return FileDescriptor(::open("/dev/null", O_RDONLY)); }

  static int highest() {
    int found = 0;
    for (int fd = 0; fd < 4096; ++fd)
      if (::fcntl(fd, F_GETFD) >= 0) found = fd;
    return found;
  }

  rlimit before_{};
  std::vector<FileDescriptor> held_;
};

TEST_P(ListenerTest, WithoutFreeDescriptorsItPausesAndReportsOnce) {
#if defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "ThreadSanitizer needs descriptors to apply its suppressions";
#endif
  auto listening = ListeningSocket::tcp("127.0.0.1", 0, 16);
  AcceptRecorder recorder;
  std::unique_ptr<Listener> listener;
  std::vector<Client> clients;
  // UBSan needs descriptors to look at a type for the first time: let it see those below.
  ASSERT_TRUE(loop().eventually([] { return true; }));
  loop().on_loop([] {});
  {
    const FileLimit limit(4);
    // Only now: io_uring remembers the limit from when the operation was prepared.
    loop().on_loop([&] { listener = loop()->listen(listening.value().fd(), recorder); });
    clients.push_back(Client::connect_to("127.0.0.1", listening.value().port()));
    clients.push_back(Client::connect_to("127.0.0.1", listening.value().port()));
    // Both accepted ones take the rest; nobody waits, so there is nothing to report.
    ASSERT_TRUE(loop().eventually([&] { return recorder.accepted.size() == 2; }));
    EXPECT_TRUE(loop().on_loop([&] { return recorder.errors.empty(); }));
    loop().on_loop([&] { recorder.accepted.pop_back(); });
    // One descriptor is free: this client takes it, and its connection cannot be accepted.
    clients.push_back(Client::connect_to("127.0.0.1", listening.value().port()));
    ASSERT_TRUE(loop().eventually([&] { return !recorder.errors.empty(); }));
    for (int turn = 0; turn < 20; ++turn)
      ASSERT_TRUE(loop().on_loop([&] { return recorder.errors == std::vector{EMFILE}; }));
    loop().on_loop([&] { listener->resume(); });
    ASSERT_TRUE(loop().eventually([&] { return recorder.errors.size() == 2; }));
  }
  loop().on_loop([&] { listener->resume(); });
  EXPECT_TRUE(loop().eventually([&] { return recorder.accepted.size() == 2; }));
  loop().on_loop([&] { listener.reset(); });
}

struct ConnectRecorder : ConnectHandler {
  void on_connected(std::unique_ptr<Stream> connected) override { stream = std::move(connected); }

  void on_connect_error(int failed) override { error = failed; }

  std::unique_ptr<Stream> stream;
  int error = 0;
};

class ConnectTest : public LoopTest {
 protected:
  void TearDown() override {
    if (!loop_) return;
    loop().on_loop([this] {
      connecting_.reset();
      connect_recorder_.stream.reset();
    });
  }

  void connect_to(const Address& address) {
    loop().on_loop([&] { connecting_ = loop()->connect(address, connect_recorder_, recorder_); });
  }

  bool connected() {
    return loop().eventually([this] { return connect_recorder_.stream != nullptr; });
  }

  int failed() {
    loop().eventually([this] { return connect_recorder_.error != 0; });
    return loop().on_loop([this] { return connect_recorder_.error; });
  }

  /// Bytes go both ways through the stream and the other end.
  void expect_talk(const ListeningSocket& listening) {
    const Client server(FileDescriptor(accept(listening.fd(), nullptr, nullptr)));
    loop().on_loop([this] {
      connect_recorder_.stream->resume_receiving();
      connect_recorder_.stream->send(buffer_of("question"));
    });
    EXPECT_EQ(server.read(8), "question");
    server.write("answer");
    EXPECT_TRUE(loop().eventually([this] { return recorder_.received == "answer"; }));
  }

  Recorder recorder_;
  ConnectRecorder connect_recorder_;
  std::unique_ptr<Connecting> connecting_;
};

RESPAWN_FOR_BACKENDS(ConnectTest);

TEST_P(ConnectTest, ToIpv4Ipv6AndLocalhost) {
  for (const auto& [bind, host] :
       {std::pair{"127.0.0.1", "127.0.0.1"}, {"::1", "::1"}, {"127.0.0.1", "localhost"}}) {
    const auto listening = ListeningSocket::tcp(bind, 0, 16);
    connect_to({host, listening.value().port()});
    ASSERT_TRUE(connected()) << host;
    loop().on_loop(
        [&] { EXPECT_EQ(connect_recorder_.stream->peer_address(), listening.value().address()); });
    expect_talk(listening.value());
    TearDown();
    recorder_.received.clear();
  }
}

TEST_P(ConnectTest, ToAUnixSocket) {
  const std::string path = "/tmp/respawn-connect-test-" + std::to_string(getpid());
  const auto listening = ListeningSocket::unix_path(path, 0700, 16);
  connect_to({"unix:" + path, 0});
  ASSERT_TRUE(connected());
  EXPECT_EQ(loop().on_loop([&] { return connect_recorder_.stream->peer_address(); }), path + ":0");
  expect_talk(listening.value());
}

TEST_P(ConnectTest, IsRefused) {
  const std::uint16_t port = ListeningSocket::tcp("127.0.0.1", 0, 16).value().port();
  connect_to({"127.0.0.1", port});
  EXPECT_EQ(failed(), ECONNREFUSED);
}

TEST_P(ConnectTest, ToAUnixSocketThatIsNotThere) {
  connect_to({"unix:/tmp/respawn/no/such/socket", 0});
  EXPECT_EQ(failed(), ENOENT);
}

TEST_P(ConnectTest, ToANameThatNobodyKnowsIsLookedUpOffTheLoop) {
  connect_to({"no-such-host.invalid", 6379});
  loop().on_loop([] {});  // the loop goes on meanwhile
  EXPECT_EQ(failed(), EHOSTUNREACH);
}

TEST_P(ConnectTest, GivenUpTellsNothing) {
  const auto listening = ListeningSocket::tcp("127.0.0.1", 0, 0);
  for (int round = 0; round < 50; ++round) {
    connect_to({"127.0.0.1", listening.value().port()});
    loop().on_loop([&] { connecting_.reset(); });
    // Whatever had come before is over now.
    loop().on_loop([&] { connect_recorder_.stream.reset(); });
    for (int turn = 0; turn < 3; ++turn)
      ASSERT_TRUE(loop().on_loop([&] { return connect_recorder_.stream == nullptr; }));
  }
}

}  // namespace
}  // namespace respawn::net
