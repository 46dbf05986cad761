#include "net/stream.hpp"

#include <filesystem>

#include <unordered_map>

#include "base/random.hpp"
#include "loop_fixture.hpp"

namespace respawn::net {
namespace {

class StreamTest : public LoopTest {};

RESPAWN_FOR_BACKENDS(StreamTest);

/// Sends back what it receives; reads no more while too much of it is unsent.
class Echo : public Recorder {
 public:
  Echo(LoopThread& loop, AcceptedSocket socket) : loop_(loop) {
    loop_.on_loop([&] {
      stream_ = loop_->adopt(socket, *this);
      stream_->resume_receiving();
    });
  }

  ~Echo() override {
    loop_.on_loop([this] { stream_.reset(); });
  }

  void on_received(std::size_t bytes) override {
    Recorder::on_received(bytes);
    total += received.size();
    stream_->send(buffer_of(received));
    received.clear();
    most_unsent = std::max(most_unsent, stream_->unsent_bytes());
    if (stream_->unsent_bytes() > pause_past) {
      ++pauses;
      stream_->pause_receiving();
    }
  }

  void on_sent() override { stream_->resume_receiving(); }

  void on_receive_end(int error) override {
    Recorder::on_receive_end(error);
    stream_->finish_sending();
  }

  Stream& stream() { return *stream_; }

  std::size_t pause_past = ~std::size_t{0};
  std::size_t most_unsent = 0;
  std::size_t total = 0;
  int pauses = 0;

 private:
  LoopThread& loop_;
  std::unique_ptr<Stream> stream_;
};

std::string random_text(Random& random, std::size_t bytes) {
  std::string text(bytes, '\0');
  for (char& byte : text) byte = static_cast<char>(random.next());
  return text;
}

TEST_P(StreamTest, EchoesWhatComesInFragments) {
  auto pair = SocketPair::make();
  const Echo echo(loop(), pair.socket);
  const std::uint64_t seed = system_entropy();
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random(seed);
  for (int round = 0; round < 300; ++round) {
    const std::string text = random_text(random, 1 + random.below(round % 10 == 0 ? 100'000 : 50));
    const std::size_t cut = random.below(text.size());
    pair.client.write(std::string_view(text).substr(0, cut));
    pair.client.write(std::string_view(text).substr(cut));
    ASSERT_EQ(pair.client.read(text.size()), text);
  }
  pair.client.finish_sending();
  EXPECT_EQ(pair.client.read_end(), 0);
}

TEST_P(StreamTest, ReceivesNothingBeforeItIsTold) {
  auto pair = SocketPair::make();
  RecordedStream recorded(loop(), pair.socket);
  pair.client.write("early");
  pair.client.finish_sending();
  auto& recorder = recorded.recorder();
  for (int turn = 0; turn < 20; ++turn)
    ASSERT_EQ(loop().on_loop([&] { return recorder.received; }), "");
  loop().on_loop([&] { recorded.stream()->resume_receiving(); });
  EXPECT_TRUE(loop().eventually([&] { return recorder.ends == 1; }));
  EXPECT_EQ(loop().on_loop([&] { return recorder.received; }), "early");
  EXPECT_EQ(recorder.end_error, 0);
}

TEST_P(StreamTest, SendsOfATurnGoOutTogetherAndInOrder) {
  auto pair = SocketPair::make();
  RecordedStream recorded(loop(), pair.socket);
  std::string expected;
  loop().on_loop([&] {
    for (int i = 0; i < 500; ++i) {
      const std::string text =
          std::string(i % 50 == 0 ? 30'000 : 10, static_cast<char>('a' + i % 26));
      expected += text;
      Buffer buffer = buffer_of(text);
      recorded.stream()->send(std::move(buffer));
      EXPECT_TRUE(buffer.empty());
    }
    EXPECT_EQ(recorded.stream()->unsent_bytes(), expected.size());
    EXPECT_EQ(recorded.recorder().sent, 0) << "not from inside send()";
  });
  EXPECT_EQ(pair.client.read(expected.size()), expected);
  EXPECT_TRUE(loop().eventually([&] { return recorded.recorder().sent > 0; }));
  EXPECT_EQ(loop().on_loop([&] { return recorded.recorder().sent; }), 1);
  EXPECT_EQ(loop().on_loop([&] { return recorded.stream()->unsent_bytes(); }), 0u);
}

TEST_P(StreamTest, PartialWritesOfFiftyMegabytesThroughATinySocketBuffer) {
  auto pair = SocketPair::make();
  const int tiny = 4096;
  ASSERT_EQ(setsockopt(pair.socket.fd, SOL_SOCKET, SO_SNDBUF, &tiny, sizeof tiny), 0);
  RecordedStream recorded(loop(), pair.socket);
  Random random(1);
  const std::string block = random_text(random, 1'000'003);
  constexpr std::size_t blocks = 50;
  loop().on_loop([&] {
    for (std::size_t i = 0; i < blocks; ++i) recorded.stream()->send(buffer_of(block));
    recorded.stream()->finish_sending();
  });
  for (std::size_t i = 0; i < blocks; ++i) ASSERT_TRUE(pair.client.read(block.size()) == block);
  EXPECT_EQ(pair.client.read_end(), 0);
  EXPECT_TRUE(loop().eventually([&] { return recorded.recorder().sent == 1; }));
}

TEST_P(StreamTest, BackPressureLosesNoBytes) {
  auto pair = SocketPair::make();
  const int small = 8192;
  ASSERT_EQ(setsockopt(pair.socket.fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof small), 0);
  Echo echo(loop(), pair.socket);
  loop().on_loop([&] { echo.pause_past = 20'000; });
  Random random(2);
  const std::string text = random_text(random, 8'000'000);
  std::thread writer([&] {
    pair.client.write(text);
    pair.client.finish_sending();
  });
  EXPECT_TRUE(pair.client.read(text.size()) == text);
  EXPECT_EQ(pair.client.read_end(), 0);
  writer.join();
  loop().on_loop([&] {
    EXPECT_GT(echo.pauses, 0);
    EXPECT_LT(echo.most_unsent, 2'000'000u) << "what was in flight when it paused, no more";
  });
}

TEST_P(StreamTest, PausingAndResumingAtEveryChanceLosesNoBytes) {
  auto pair = SocketPair::make();
  RecordedStream recorded(loop(), pair.socket);
  auto& recorder = recorded.recorder();
  auto& stream = recorded.stream();
  Random random(3);
  const std::string text = random_text(random, 3'000'000);
  loop().on_loop([&] {
    recorder.received_hook = [&] {
      stream->pause_receiving();
      if (random.below(2) == 0)
        stream->resume_receiving();
      else if (random.below(2) == 0)
        loop()->post([&] { stream->resume_receiving(); });
      else
        loop()->call_after(50, [&] { stream->resume_receiving(); });
    };
    stream->resume_receiving();
  });
  pair.client.write(text);
  pair.client.finish_sending();
  ASSERT_TRUE(loop().eventually([&] { return recorder.ends == 1; }));
  EXPECT_TRUE(loop().on_loop([&] { return recorder.received == text; }));
}

TEST_P(StreamTest, NothingIsReceivedWhilePaused) {
  auto pair = SocketPair::make();
  RecordedStream recorded(loop(), pair.socket);
  auto& recorder = recorded.recorder();
  loop().on_loop([&] { recorded.stream()->resume_receiving(); });
  pair.client.write("one");
  ASSERT_TRUE(loop().eventually([&] { return recorder.received == "one"; }));
  loop().on_loop([&] { recorded.stream()->pause_receiving(); });
  pair.client.write("two");
  pair.client.finish_sending();
  for (int turn = 0; turn < 50; ++turn)
    ASSERT_EQ(loop().on_loop([&] { return recorder.received; }), "one");
  EXPECT_EQ(loop().on_loop([&] { return recorder.ends; }), 0);
  loop().on_loop([&] { recorded.stream()->resume_receiving(); });
  ASSERT_TRUE(loop().eventually([&] { return recorder.ends == 1; }));
  EXPECT_EQ(recorder.received, "onetwo");
}

TEST_P(StreamTest, HandlerMayDestroyTheStreamWhileItReceives) {
  auto pair = SocketPair::make();
  RecordedStream recorded(loop(), pair.socket);
  loop().on_loop([&] {
    recorded.recorder().received_hook = [&] { recorded.stream().reset(); };
    recorded.stream()->send(buffer_of("unsent"));
    recorded.stream()->resume_receiving();
  });
  EXPECT_EQ(pair.client.read(6), "unsent");
  pair.client.write("x");
  EXPECT_EQ(pair.client.read_end(), 0);
  EXPECT_EQ(loop().on_loop([&] { return recorded.recorder().ends; }), 0);
}

TEST_P(StreamTest, HandlerMayDestroyTheStreamAtItsEndAndWhenAllIsSent) {
  for (const bool at_end : {true, false}) {
    auto pair = SocketPair::make();
    RecordedStream recorded(loop(), pair.socket);
    loop().on_loop([&] {
      auto& hook = at_end ? recorded.recorder().end_hook : recorded.recorder().sent_hook;
      hook = [&] { recorded.stream().reset(); };
      recorded.stream()->resume_receiving();
      if (!at_end) recorded.stream()->send(buffer_of("x"));
    });
    if (at_end)
      pair.client.finish_sending();
    else
      EXPECT_EQ(pair.client.read(1), "x");
    EXPECT_EQ(pair.client.read_end(), 0);
  }
}

TEST_P(StreamTest, CloseWithOperationsUnderWayIsSeenByThePeerAndTellsNothing) {
  auto pair = SocketPair::make();
  RecordedStream recorded(loop(), pair.socket);
  const std::string large(30'000'000, 'x');
  loop().on_loop([&] {
    recorded.stream()->resume_receiving();
    recorded.stream()->send(buffer_of(large));
  });
  ASSERT_EQ(pair.client.read(10), "xxxxxxxxxx");
  loop().on_loop([&] {
    recorded.stream()->send(buffer_of("never sent"));
    recorded.stream()->close();
    recorded.stream()->close();
    recorded.stream()->send(buffer_of("dropped"));
    recorded.stream()->resume_receiving();
  });
  EXPECT_LT(pair.client.read(large.size()).size(), large.size() - 10);
  loop().on_loop([&] {
    EXPECT_EQ(recorded.recorder().ends, 0);
    EXPECT_EQ(recorded.recorder().sent, 0);
    EXPECT_EQ(recorded.recorder().send_errors, 0);
  });
}

TEST_P(StreamTest, ClosesItsDescriptor) {
  const auto open_descriptors = [] {
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"),
                         std::filesystem::directory_iterator());
  };
  const auto before = open_descriptors();
  for (int round = 0; round < 20; ++round) {
    auto pair = SocketPair::make();
    const Echo echo(loop(), pair.socket);
    pair.client.write("x");
    ASSERT_EQ(pair.client.read(1), "x");
  }
  EXPECT_TRUE(loop().eventually([&] { return open_descriptors() <= before; }));
}

TEST_P(StreamTest, PeerThatResetsIsAnEndWithItsError) {
  const auto listening = ListeningSocket::tcp("127.0.0.1", 0, 16);
  Client client = Client::connect_to("127.0.0.1", listening.value().port());
  RecordedStream recorded(loop(), {accept(listening.value().fd(), nullptr, nullptr)});
  loop().on_loop([&] { recorded.stream()->resume_receiving(); });
  const linger abort{1, 0};
  ASSERT_EQ(setsockopt(client.fd(), SOL_SOCKET, SO_LINGER, &abort, sizeof abort), 0);
  client.close();
  ASSERT_TRUE(loop().eventually([&] { return recorded.recorder().ends == 1; }));
  EXPECT_EQ(recorded.recorder().end_error, ECONNRESET);
}

TEST_P(StreamTest, SendingToAPeerThatIsGoneIsAnErrorOnceAndNoSignal) {
  auto pair = SocketPair::make();
  RecordedStream recorded(loop(), pair.socket);
  pair.client.close();
  loop().on_loop([&] { recorded.stream()->send(buffer_of("x")); });
  ASSERT_TRUE(loop().eventually([&] { return recorded.recorder().send_errors == 1; }));
  EXPECT_EQ(recorded.recorder().send_error, EPIPE);
  loop().on_loop([&] {
    EXPECT_EQ(recorded.stream()->unsent_bytes(), 0u);
    recorded.stream()->send(buffer_of("y"));
  });
  for (int turn = 0; turn < 5; ++turn)
    ASSERT_EQ(loop().on_loop([&] { return recorded.recorder().send_errors; }), 1);
  EXPECT_EQ(recorded.recorder().sent, 0);
}

TEST_P(StreamTest, HalfClosedPeerStillGetsItsReplies) {
  auto pair = SocketPair::make();
  RecordedStream recorded(loop(), pair.socket);
  loop().on_loop([&] {
    recorded.recorder().end_hook = [&] {
      recorded.stream()->send(buffer_of("good bye"));
      recorded.stream()->finish_sending();
      recorded.stream()->send(buffer_of("too late"));
    };
    recorded.stream()->resume_receiving();
  });
  pair.client.finish_sending();
  EXPECT_EQ(pair.client.read(100), "good bye");
}

TEST_P(StreamTest, AnExceptionWhileReceivingEndsReceivingAndNothingElse) {
  auto pair = SocketPair::make();
  auto other = SocketPair::make();
  const Echo echo(loop(), other.socket);
  RecordedStream recorded(loop(), pair.socket);
  static std::atomic<int> reported{0};
  set_loop_exception_hook([](const char* text) { reported += std::string_view(text) == "boom"; });
  loop().on_loop([&] {
    recorded.recorder().received_hook = [] { throw std::runtime_error("boom"); };
    recorded.stream()->resume_receiving();
  });
  pair.client.write("x");
  ASSERT_TRUE(loop().eventually([&] { return recorded.recorder().ends == 1; }));
  EXPECT_EQ(recorded.recorder().end_error, ENOMEM);
  EXPECT_EQ(reported.exchange(0), 1);
  set_loop_exception_hook(nullptr);
  other.client.write("still here");
  EXPECT_EQ(other.client.read(10), "still here");
}

TEST_P(StreamTest, NamesBothEnds) {
  const auto listening = ListeningSocket::tcp("::1", 0, 16);
  const Client client = Client::connect_to("::1", listening.value().port());
  RecordedStream recorded(loop(), {accept(listening.value().fd(), nullptr, nullptr)});
  loop().on_loop([&] {
    EXPECT_EQ(recorded.stream()->local_address(), listening.value().address());
    EXPECT_EQ(recorded.stream()->peer_address(), local_address_text(client.fd()));
  });
}

/// Keeps any number of echoing connections.
class EchoServer : public AcceptHandler {
 public:
  explicit EchoServer(EventLoop& loop) : loop_(loop) {}

  void on_accepted(AcceptedSocket socket) override {
    auto connection = std::make_unique<Connection>();
    Connection& here = *connection;
    here.server = this;
    here.stream = loop_.adopt(socket, here);
    here.stream->resume_receiving();
    connections_[&here] = std::move(connection);
  }

  void on_accept_error(int) override {}

  [[nodiscard]] std::size_t size() const { return connections_.size(); }

  void clear() { connections_.clear(); }

 private:
  struct Connection : Recorder {
    void on_received(std::size_t bytes) override {
      Recorder::on_received(bytes);
      stream->send(buffer_of(std::exchange(received, {})));
    }

    void on_receive_end(int) override { server->connections_.erase(this); }

    std::unique_ptr<Stream> stream;
    EchoServer* server = nullptr;
  };

  EventLoop& loop_;
  std::unordered_map<Connection*, std::unique_ptr<Connection>> connections_;
};

TEST_P(StreamTest, TwoThousandConnectionsAtOnce) {
  constexpr std::size_t count = 2000;
  const auto listening = ListeningSocket::tcp("127.0.0.1", 0, 4096);
  EchoServer server(*loop());
  std::unique_ptr<Listener> listener;
  loop().on_loop([&] { listener = loop()->listen(listening.value().fd(), server); });
  std::vector<Client> clients;
  for (std::size_t i = 0; i < count; ++i)
    clients.push_back(Client::connect_to("127.0.0.1", listening.value().port()));
  for (int round = 0; round < 3; ++round) {
    for (std::size_t i = 0; i < count; ++i) clients[i].write("hello " + std::to_string(i));
    for (std::size_t i = 0; i < count; ++i) {
      const std::string expected = "hello " + std::to_string(i);
      ASSERT_EQ(clients[i].read(expected.size()), expected);
    }
  }
  EXPECT_EQ(loop().on_loop([&] { return server.size(); }), count);
  clients.erase(clients.begin() + count / 2, clients.end());
  EXPECT_TRUE(loop().eventually([&] { return server.size() == count / 2; }));
  loop().on_loop([&] {
    server.clear();
    listener.reset();
  });
  for (const Client& client : clients) ASSERT_EQ(client.read_end(), 0);
}

}  // namespace
}  // namespace respawn::net
