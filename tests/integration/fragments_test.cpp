// Requests that arrive in pieces, and requests at the limits of the protocol.
#include "tests/integration/fixture.hpp"

namespace respawn::integration {
namespace {

using support::encode_command;
using support::encode_pipeline;

class Fragments : public ServerTest {};

/// Every kind of request: bulks with CR LF and NUL inside, an inline command, empty ones.
std::string mixed_pipeline() {
  return encode_pipeline({{"SET", "k", std::string("a\r\nb\0c", 6)}, {"GET", "k"}}) +
         "\r\n*0\r\nPING \"in line\"\r\n" +
         encode_pipeline({{"RPUSH", "l", "", "x"}, {"LRANGE", "l", "0", "-1"}, {"DEL", "l"}}) +
         "PING\n" + encode_pipeline({{"ECHO", "end"}});
}

const std::string mixed_replies =
    std::string("+OK\r\n$6\r\na\r\nb\0c\r\n", 17) +
    "$7\r\nin line\r\n:2\r\n*2\r\n$0\r\n\r\n$1\r\nx\r\n:1\r\n+PONG\r\n$3\r\nend\r\n";

TEST_F(Fragments, APipelineCutAtEveryPlace) {
  start();
  const auto pipeline = mixed_pipeline();
  RespClient other(port());
  for (std::size_t cut = 1; cut < pipeline.size(); ++cut) {
    RawSocket socket(port());
    socket.write(pipeline.substr(0, cut));
    other.command({"PING"});  // the server has turned once: the first piece is read on its own
    socket.write(pipeline.substr(cut));
    ASSERT_EQ(socket.read_exactly(mixed_replies.size()), mixed_replies) << "cut at " << cut;
  }
}

TEST_F(Fragments, APipelineByteByByte) {
  start();
  RespClient other(port());
  RawSocket socket(port());
  for (const char byte : mixed_pipeline()) {
    socket.write({&byte, 1});
    other.command({"PING"});
  }
  EXPECT_EQ(socket.read_exactly(mixed_replies.size()), mixed_replies);
}

TEST_F(Fragments, ALargeArgumentInPieces) {
  start();
  std::string value(10'000'000, 'x');
  for (std::size_t i = 0; i < value.size(); i += 1000) value[i] = static_cast<char>(i / 1000);
  const auto request = encode_command({"SET", "big", value});
  RawSocket socket(port());
  for (std::size_t at = 0; at < request.size(); at += 77'777)
    socket.write(std::string_view(request).substr(at, 77'777));
  EXPECT_EQ(socket.read_reply().text, "OK");
  socket.write(encode_command({"GET", "big"}));
  EXPECT_TRUE(socket.read_reply().text == value);
}

TEST_F(Fragments, ALongPipelineInOneGo) {
  start();
  constexpr int commands = 100'000;
  std::string request;
  for (int i = 0; i < commands; ++i) request += encode_command({"INCR", "n"});
  RawSocket socket(port());
  socket.write(request);
  for (int i = 1; i <= commands; ++i) ASSERT_EQ(socket.read_reply().integer(), i);
}

TEST_F(Fragments, TwoMillionArguments) {
  start();
  constexpr int keys = 2'000'000;
  std::string request = "*" + std::to_string(keys + 1) + "\r\n$6\r\nEXISTS\r\n";
  request.reserve(request.size() + 7 * keys);
  for (int i = 0; i < keys; ++i) request += "$1\r\na\r\n";
  RawSocket socket(port());
  socket.write(encode_command({"SET", "a", "1"}));
  socket.read_reply();
  socket.write(request);
  EXPECT_EQ(socket.read_reply().integer(), keys);
}

TEST_F(Fragments, ABulkOf600MegabytesIsRefused) {
  start();
  RawSocket socket(port());
  socket.write("*1\r\n$629145600\r\n");
  EXPECT_EQ(socket.read_until_end(), "-ERR Protocol error: invalid bulk length\r\n");
  EXPECT_TRUE(serves());
}

TEST_F(Fragments, AnnouncedMemoryIsNotTakenBeforeItArrives) {
  start();
  const auto before_kb = server().usage().resident_kb;
  std::vector<RawSocket> sockets;
  const int clients = support::memory_is_telling ? 20 : 1;  // sanitizers do touch it, to mark it
  for (int i = 0; i < clients; ++i) {
    sockets.emplace_back(port());
    sockets.back().write("*2\r\n$3\r\nGET\r\n$500000000\r\nabc");
  }
  EXPECT_TRUE(serves());
  if (support::memory_is_telling) {
    EXPECT_LT(server().usage().resident_kb - before_kb, 50'000);
  }
}

TEST_F(Fragments, ANegativeLengthIsRefused) {
  start();
  RawSocket socket(port());
  socket.write("*2\r\n$3\r\nGET\r\n$-5\r\n");
  EXPECT_EQ(socket.read_until_end(), "-ERR Protocol error: invalid bulk length\r\n");
  EXPECT_TRUE(serves());
}

TEST_F(Fragments, AnInlineRequestPast64KilobytesIsRefused) {
  start();
  RawSocket socket(port());
  // One byte more than allowed, all of which the server reads: so nothing is lost to a reset.
  socket.write(std::string(64 * 1024 + 1, 'a'));
  EXPECT_EQ(socket.read_until_end(), "-ERR Protocol error: too big inline request\r\n");
  EXPECT_TRUE(serves());
}

TEST_F(Fragments, AnInlineRequestOf100KilobytesDoesNotHurt) {
  start();
  RawSocket socket(port());
  socket.write_some(std::string(100 * 1024, 'a'));
  EXPECT_TRUE(socket.closed_within(support::patience));
  EXPECT_TRUE(serves());
}

TEST_F(Fragments, ALineWithoutEndIsKeptUntilItEnds) {
  start();
  RawSocket socket(port());
  socket.write("PING hel");
  EXPECT_TRUE(serves());
  socket.write("lo");
  EXPECT_TRUE(serves());
  socket.write("\n");
  EXPECT_EQ(socket.read_reply().bytes(), "$5\r\nhello\r\n");
}

TEST_F(Fragments, WhatCameBeforeTheClientFinishedWritingIsAnswered) {
  start();
  RawSocket socket(port());
  socket.write(encode_pipeline({{"SET", "k", "v"}, {"GET", "k"}}));
  socket.finish_writing();
  const auto answered = socket.read_until_end();
  // Redis itself may close before it has answered; whatever is answered is right.
  EXPECT_TRUE(std::string("+OK\r\n$1\r\nv\r\n").starts_with(answered)) << printable(answered);
  EXPECT_TRUE(serves());
}

}  // namespace
}  // namespace respawn::integration
