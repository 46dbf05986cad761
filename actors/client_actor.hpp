// Speaks RESP outwards: sends commands to a Redis server and gives every caller its reply.
#pragma once

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/response_promise.hpp>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "base/buffer.hpp"
#include "base/random.hpp"
#include "net/loop_actor.hpp"
#include "protocol/reply_decoder.hpp"
#include "supervision/backoff.hpp"

namespace respawn::actors {

/// caller -> client: one command. Answered with CallReplied (an error reply of the server is a
/// reply), or with a caf::error (sec::runtime_error) whose text says whether the command may have
/// been executed.
struct Call {
  std::vector<std::string> arguments;
};

struct CallReplied {
  protocol::Reply reply;
};

struct ClientOptions {
  net::Address server;
  std::vector<std::vector<std::string>> greeting;  // sent on each new connection (AUTH, SELECT,
                                                   // HELLO 3); an error reply to one ends it
  std::size_t calls_max = 100'000;                 // waiting ones in all; further calls are refused
  std::int64_t patience_ms = 5'000;                // how long a call waits for a connection
  supervision::Backoff backoff = {.min_ms = 10, .max_ms = 2'000};
};

/// Calls are pipelined: those of one loop turn leave in one write, replies are matched in order.
/// Lost connections are made again, with back-off and jitter. Calls not yet sent wait for the new
/// connection; calls that were sent are answered with an error, because whether they were executed
/// is unknown.
class ClientActor final : public net::LoopActor,
                          private net::StreamHandler,
                          private net::ConnectHandler {
 public:
  ClientActor(caf::actor_config& config, net::EventLoop& loop, ClientOptions options);

  const char* name() const override { return "client"; }

 protected:
  caf::behavior make_behavior() override;
  void on_exit() override;

 private:
  struct WaitingCall {
    caf::response_promise promise;
    std::vector<std::string> arguments;  // empty once it is sent
    std::int64_t since_us = 0;
  };

  // net::ConnectHandler
  void on_connected(std::unique_ptr<net::Stream> stream) override;
  void on_connect_error(int error) override;

  // net::StreamHandler
  std::span<char> receive_space(std::size_t bytes) override;
  void on_received(std::size_t bytes) override;
  void on_receive_end(int error) override;

  void on_sent() override {}

  void on_send_error(int error) override;

  caf::result<CallReplied> call(Call& message);
  void connect();
  void greet();
  void send_waiting();
  void write(const std::vector<std::string>& arguments);
  void take_replies();
  void take_reply(protocol::Reply reply);
  void lose_connection(const std::string& why);
  void schedule_connect();
  void give_up_impatient(const std::string& why);

  const ClientOptions options_;
  Random random_;
  std::unique_ptr<net::Connecting> connecting_;
  std::unique_ptr<net::Stream> stream_;
  Buffer input_;
  std::unique_ptr<protocol::ReplyDecoder> decoder_;
  std::deque<WaitingCall> sent_;     // in the order of their replies
  std::deque<WaitingCall> waiting_;  // for a connection
  std::size_t greetings_left_ = 0;
  std::uint32_t attempt_ = 0;
};

}  // namespace respawn::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(respawn::actors::Call)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(respawn::actors::CallReplied)
