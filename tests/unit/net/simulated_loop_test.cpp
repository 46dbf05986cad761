#include "net/simulated_loop.hpp"

#include "loop_fixture.hpp"

namespace respawn::net {
namespace {

class SimulatedLoopTest : public testing::Test, public AcceptHandler {
 protected:
  struct Connection : Recorder {
    std::unique_ptr<Stream> stream;
  };

  void on_accepted(AcceptedSocket socket) override {
    auto& connection = connections_.emplace_back(std::make_unique<Connection>());
    connection->stream = loop_.adopt(socket, *connection);
    connection->stream->resume_receiving();
  }

  void on_accept_error(int error) override { accept_errors_.push_back(error); }

  Connection& connection() { return *connections_.at(0); }

  SystemConfig config_;
  caf::actor_system system_{config_};
  SimulatedLoop loop_{system_};
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<int> accept_errors_;
  std::unique_ptr<Listener> listener_ = loop_.listen(1, *this);
};

TEST_F(SimulatedLoopTest, BytesGoBothWays) {
  auto peer = loop_.connect_peer(1);
  peer.write("early");
  loop_.run_until_idle();
  ASSERT_EQ(connections_.size(), 1u);
  EXPECT_EQ(connection().received, "early");
  connection().stream->send(buffer_of("reply"));
  EXPECT_EQ(peer.read_all(), "") << "not before the end of the turn";
  loop_.run_until_idle();
  EXPECT_EQ(peer.read_all(), "reply");
  EXPECT_EQ(connection().sent, 1);
  EXPECT_EQ(connection().stream->fd(), -1);
  EXPECT_EQ(connection().stream->local_address(), "127.0.0.1:6379");
  EXPECT_TRUE(connection().stream->peer_address().starts_with("127.0.0.1:"));
}

TEST_F(SimulatedLoopTest, WhoWaitsIsAcceptedByHand) {
  listener_->pause();
  auto peer = loop_.connect_peer(1);
  loop_.run_until_idle();
  ASSERT_TRUE(connections_.empty());
  const auto accepted = loop_.accept_waiting(1);
  ASSERT_EQ(accepted.size(), 1u);
  EXPECT_TRUE(loop_.accept_waiting(1).empty());
  on_accepted(accepted.front());
  peer.write("hello");
  loop_.run_until_idle();
  EXPECT_EQ(connection().received, "hello");
}

TEST_F(SimulatedLoopTest, EachWriteIsReceivedByItself) {
  auto peer = loop_.connect_peer(1);
  loop_.run_until_idle();
  std::vector<std::string> fragments;
  connection().received_hook = [&] {
    fragments.push_back(std::exchange(connection().received, {}));
  };
  peer.write("ab");
  peer.write("c");
  peer.write(std::string(20'000, 'x'));
  loop_.run_until_idle();
  ASSERT_EQ(fragments.size(), 4u);
  EXPECT_EQ(fragments[0], "ab");
  EXPECT_EQ(fragments[1], "c");
  EXPECT_EQ(fragments[2].size() + fragments[3].size(), 20'000u);
}

TEST_F(SimulatedLoopTest, ASlowReaderLeavesBytesUnsent) {
  auto peer = loop_.connect_peer(1);
  peer.set_receive_window(4);
  loop_.run_until_idle();
  connection().stream->send(buffer_of("0123456789"));
  loop_.run_until_idle();
  EXPECT_EQ(connection().stream->unsent_bytes(), 6u);
  EXPECT_EQ(connection().sent, 0);
  EXPECT_EQ(peer.read_all(), "0123");
  loop_.run_until_idle();
  EXPECT_EQ(peer.read_all(), "4567");
  loop_.run_until_idle();
  EXPECT_EQ(connection().sent, 1);
  EXPECT_EQ(peer.read_all(), "89");
}

TEST_F(SimulatedLoopTest, PausedStreamsReceiveNothing) {
  auto peer = loop_.connect_peer(1);
  loop_.run_until_idle();
  connection().stream->pause_receiving();
  peer.write("later");
  peer.close();
  loop_.run_until_idle();
  EXPECT_EQ(connection().received, "");
  connection().stream->resume_receiving();
  loop_.run_until_idle();
  EXPECT_EQ(connection().received, "later");
  EXPECT_EQ(connection().ends, 1);
  EXPECT_EQ(connection().end_error, 0);
}

TEST_F(SimulatedLoopTest, PeersFinishCloseAndReset) {
  auto finished = loop_.connect_peer(1);
  auto closed = loop_.connect_peer(1);
  auto reset = loop_.connect_peer(1);
  loop_.run_until_idle();
  finished.finish_sending();
  closed.close();
  reset.reset(ECONNRESET);
  loop_.run_until_idle();
  for (const auto& one : connections_) {
    EXPECT_EQ(one->ends, 1);
    one->stream->send(buffer_of("x"));
  }
  EXPECT_EQ(connections_[2]->end_error, ECONNRESET);
  loop_.run_until_idle();
  EXPECT_EQ(connections_[0]->sent, 1);
  EXPECT_EQ(finished.read_all(), "x");
  EXPECT_EQ(connections_[1]->send_error, EPIPE);
  EXPECT_EQ(connections_[2]->send_error, ECONNRESET);
}

TEST_F(SimulatedLoopTest, PeersSeeTheStreamFinishAndClose) {
  auto peer = loop_.connect_peer(1);
  loop_.run_until_idle();
  connection().stream->send(buffer_of("bye"));
  connection().stream->finish_sending();
  EXPECT_FALSE(peer.is_closed());
  loop_.run_until_idle();
  EXPECT_FALSE(peer.is_closed()) << "there is something to read";
  EXPECT_EQ(peer.read_all(), "bye");
  EXPECT_TRUE(peer.is_closed());
  EXPECT_FALSE(peer.is_gone());
  connections_.clear();
  EXPECT_TRUE(peer.is_gone());
  peer.write("into the void");
  loop_.run_until_idle();
}

TEST_F(SimulatedLoopTest, HandlersMayDestroyTheirStream) {
  auto peer = loop_.connect_peer(1);
  loop_.run_until_idle();
  connection().received_hook = [&] { connection().stream.reset(); };
  peer.write("a");
  peer.write("b");
  loop_.run_until_idle();
  EXPECT_EQ(connection().received, "a");
  EXPECT_TRUE(peer.is_gone());
}

TEST_F(SimulatedLoopTest, ListenersPauseFailAndResume) {
  loop_.run_until_idle();
  loop_.fail_accept(1, EMFILE);
  auto peer = loop_.connect_peer(1);
  loop_.run_until_idle();
  EXPECT_EQ(accept_errors_, std::vector{EMFILE});
  EXPECT_TRUE(connections_.empty());
  listener_->resume();
  loop_.run_until_idle();
  EXPECT_EQ(connections_.size(), 1u);
  listener_.reset();
  loop_.connect_peer(1);
  loop_.run_until_idle();
  EXPECT_EQ(connections_.size(), 1u);
}

TEST_F(SimulatedLoopTest, TimeStandsStillUntilItIsAdvanced) {
  std::vector<std::pair<int, std::int64_t>> fired;
  const auto start = loop_.clock().monotonic_us();
  const auto arm = [&](int name, std::int64_t delay_us) {
    loop_.call_after(delay_us,
                     [&, name] { fired.emplace_back(name, loop_.clock().monotonic_us() - start); });
  };
  arm(1, 3'000);
  arm(2, 1'000);
  loop_.call_after(1'000, [&] { arm(3, 500); });
  arm(4, 0);
  loop_.run_until_idle();
  EXPECT_EQ(fired, (std::vector<std::pair<int, std::int64_t>>{{4, 0}}));
  loop_.advance_ms(2);
  loop_.advance_ms(1);
  EXPECT_EQ(fired, (std::vector<std::pair<int, std::int64_t>>{
                       {4, 0}, {2, 1'000}, {3, 1'500}, {1, 3'000}}));
  EXPECT_EQ(loop_.clock().monotonic_us() - start, 3'000);
}

TEST_F(SimulatedLoopTest, ConnectsToServedAddressesOnly) {
  struct : ConnectHandler {
    void on_connected(std::unique_ptr<Stream> connected) override { stream = std::move(connected); }

    void on_connect_error(int failed) override { error = failed; }

    std::unique_ptr<Stream> stream;
    int error = 0;
  } handler;

  Recorder recorder;
  const Address address{"10.0.0.1", 7000};
  auto connecting = loop_.connect(address, handler, recorder);
  EXPECT_EQ(handler.error, 0) << "not from inside connect()";
  loop_.run_until_idle();
  EXPECT_EQ(handler.error, ECONNREFUSED);

  loop_.serve(address);
  EXPECT_FALSE(loop_.take_connected(address).has_value());
  connecting = loop_.connect(address, handler, recorder);
  loop_.run_until_idle();
  ASSERT_TRUE(handler.stream);
  auto server = loop_.take_connected(address);
  ASSERT_TRUE(server.has_value());
  handler.stream->resume_receiving();
  handler.stream->send(buffer_of("question"));
  server->write("answer");
  loop_.run_until_idle();
  EXPECT_EQ(server->read_all(), "question");
  EXPECT_EQ(recorder.received, "answer");
  EXPECT_EQ(handler.stream->peer_address(), "10.0.0.1:7000");
  handler.stream.reset();

  connecting = loop_.connect(address, handler, recorder);
  connecting.reset();
  loop_.run_until_idle();
  EXPECT_FALSE(handler.stream) << "given up";
}

TEST_F(SimulatedLoopTest, OtherThreadsQueue) {
  int called = 0;
  std::thread([&] { loop_.post([&] { ++called; }); }).join();
  EXPECT_EQ(called, 0);
  loop_.run_until_idle();
  EXPECT_EQ(called, 1);
}

TEST_F(SimulatedLoopTest, ALoopThatNeverIdlesIsAnError) {
  std::function<void()> again = [&] { loop_.post(again); };
  again();
  EXPECT_THROW(loop_.run_until_idle(), CheckFailure);
}

}  // namespace
}  // namespace respawn::net
