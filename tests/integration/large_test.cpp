// Large values and long pipelines over real sockets: nobody waits for ever, and memory stays what
// the data needs.
#include "tests/integration/fixture.hpp"
#include "tests/support/process_usage.hpp"

namespace respawn::integration {
namespace {

using support::usage_of;

constexpr std::size_t mb = 1'000'000;

/// The commands of a pipeline, all written before anything is read.
void write_all(RawSocket& socket, const std::string& bytes) {
  constexpr std::size_t piece = 1 << 20;
  for (std::size_t at = 0; at < bytes.size(); at += piece) socket.write(bytes.substr(at, piece));
}

std::string repeated(const std::string& command, std::size_t count) {
  std::string all;
  all.reserve(command.size() * count);
  for (std::size_t i = 0; i < count; ++i) all += command;
  return all;
}

class LargeTest : public ServerTest {
 protected:
  void start_on_both(std::vector<std::string> arguments = {}) {
    path_ = std::filesystem::temp_directory_path() /
            ("respawn-large-" + std::to_string(::getpid()) + ".sock");
    arguments.insert(arguments.end(), {"--unixsocket", path_});
    start(std::move(arguments));
  }

  void TearDown() override {
    ServerTest::TearDown();
    std::filesystem::remove(path_);
  }

  RawSocket connect_unix() { return RawSocket::connect_unix(path_); }

  std::string path_;
};

class Backends : public LargeTest, public testing::WithParamInterface<std::string> {};

INSTANTIATE_TEST_SUITE_P(All, Backends, testing::Values("io_uring", "epoll"),
                         [](const auto& backend) { return backend.param; });

TEST_P(Backends, AWholePipelineIsWrittenBeforeItIsRead) {
  start_on_both({"--network-backend", GetParam()});
  RespClient(port()).ok({"SET", "k", std::string(200, 'v')});
  for (const bool unix_socket : {true, false}) {
    RawSocket socket = unix_socket ? connect_unix() : RawSocket(port());
    constexpr std::size_t count = 250'000;
    write_all(socket, repeated("*2\r\n$3\r\nGET\r\n$1\r\nk\r\n", count));
    const std::string reply = "$200\r\n" + std::string(200, 'v') + "\r\n";
    EXPECT_EQ(socket.read_exactly(reply.size() * count).substr(reply.size() * (count - 1)), reply);
  }
}

TEST_P(Backends, LargeValuesOfEverySizeComeBackAsTheyWere) {
  start({"--network-backend", GetParam()});
  RespClient client(port());
  std::string value;
  for (std::size_t i = 0; i < 3 * mb; ++i) value += static_cast<char>('a' + i % 23);
  const std::size_t sizes[] = {16'383, 16'384, 32'767, 32'768,  65'535, 65'536,
                               70'000, 99'999, mb,     1 << 20, 2 * mb, 3 * mb};
  for (int round = 0; round < 3; ++round) {
    for (const std::size_t size : sizes) {
      client.send({"SET", "k" + std::to_string(size), value.substr(0, size)});
      client.send({"GET", "k" + std::to_string(size)});
      client.send({"GETRANGE", "k" + std::to_string(size), "1", "-1"});
    }
    for (const std::size_t size : sizes) {
      EXPECT_EQ(client.read().text, "OK");
      EXPECT_TRUE(client.read().text == value.substr(0, size)) << size;
      EXPECT_TRUE(client.read().text == value.substr(1, size - 1)) << size;
    }
  }
}

TEST_P(Backends, WhoeverGoesInTheMiddleOfALargeValueLeavesNothing) {
  start({"--network-backend", GetParam()});
  for (int i = 0; i < 20; ++i) {
    RawSocket socket(port());
    socket.write("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$5000000\r\n" + std::string(2 * mb, 'x'));
    if (i % 2 == 0) socket.reset();
  }
  RespClient client(port());
  EXPECT_EQ(client.integer({"EXISTS", "k"}), 0);
  EXPECT_TRUE(wait_until([&] { return info("clients", "connected_clients") == "2"; }));
}

TEST_P(Backends, AReaderPastBothLimitsIsClosedWithALine) {
  start_on_both({"--network-backend", GetParam(), "--client-query-buffer-limit", "1mb"});
  RespClient(port()).ok({"SET", "k", std::string(200, 'v')});
  RawSocket socket = connect_unix();
  EXPECT_THROW(write_all(socket, repeated("*2\r\n$3\r\nGET\r\n$1\r\nk\r\n", 400'000)),
               std::runtime_error);
  EXPECT_TRUE(wait_until([&] {
    return log().find("Closing client that reached max query buffer length") != std::string::npos;
  }));
  EXPECT_TRUE(serves());
}

TEST_P(Backends, ALargeValueTakesItsOwnMemoryAndGivesItBack) {
  if (!support::memory_is_telling) GTEST_SKIP() << "memory says nothing under sanitizers";
  start({"--network-backend", GetParam()});
  RespClient client(port());
  client.ok({"SET", "warm", std::string(mb, 'x')});
  const std::int64_t before_kb = usage_of(server().pid()).resident_kb;
  constexpr std::size_t bytes = 100 * mb;
  client.ok({"SET", "k", std::string(bytes, 'x')});
  EXPECT_LE(usage_of(server().pid()).resident_peak_kb, before_kb + 110'000);
  EXPECT_EQ(client.text({"GET", "k"}).size(), bytes);
  EXPECT_LE(usage_of(server().pid()).resident_peak_kb, before_kb + 110'000);
  EXPECT_EQ(client.integer({"DEL", "k"}), 1);
  EXPECT_TRUE(wait_until([&] { return usage_of(server().pid()).resident_kb < before_kb + 10'000; },
                         Milliseconds(5'000)));
}

TEST_P(Backends, WhatIsOnlyAnnouncedTakesNoMemory) {
  if (!support::memory_is_telling) GTEST_SKIP() << "memory says nothing under sanitizers";
  start({"--network-backend", GetParam()});
  const std::int64_t before_kb = usage_of(server().pid()).resident_kb;
  const std::int64_t used = std::stoll(info("memory", "used_memory"));
  std::vector<RawSocket> sockets;
  for (int i = 0; i < 10; ++i) {
    sockets.emplace_back(port());
    sockets.back().write("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$500000000\r\n" + std::string(mb / 2, 'x'));
  }
  EXPECT_TRUE(wait_until([&] {
    return std::stoll(info("memory", "used_memory")) > used + 4 * static_cast<std::int64_t>(mb);
  }));
  EXPECT_LT(std::stoll(info("memory", "used_memory")), used + 20 * static_cast<std::int64_t>(mb));
  EXPECT_LT(usage_of(server().pid()).resident_kb, before_kb + 20'000);
}

TEST_F(LargeTest, AnIdleServerGivesItsBuffersBack) {
  if (!support::memory_is_telling) GTEST_SKIP() << "memory says nothing under sanitizers";
  start();
  const std::int64_t before_kb = usage_of(server().pid()).resident_kb;
  std::vector<std::unique_ptr<RespClient>> clients;
  for (int i = 0; i < 20; ++i) clients.push_back(std::make_unique<RespClient>(port()));
  for (int round = 0; round < 20; ++round) {
    for (const auto& client : clients) client->send({"SET", "k", std::string(mb, 'x')});
    for (const auto& client : clients) client->read();
  }
  clients.front()->command({"DEL", "k"});
  EXPECT_TRUE(wait_until([&] { return usage_of(server().pid()).resident_kb < before_kb + 6'000; },
                         Milliseconds(8'000)));
}

}  // namespace
}  // namespace respawn::integration
