#include "actors/client_actor.hpp"

#include <caf/sec.hpp>
#include <cstring>

#include "protocol/request_writer.hpp"

namespace respawn::actors {

namespace {

caf::error call_error(std::string text) {
  return caf::make_error(caf::sec::runtime_error, std::move(text));
}

std::string system_text(int error) {
  return error == 0 ? "the server closed the connection" : std::strerror(error);
}

}  // namespace

ClientActor::ClientActor(caf::actor_config& config, net::EventLoop& loop, ClientOptions options)
    : net::LoopActor(config, loop), options_(std::move(options)), random_(system_entropy()) {}

caf::behavior ClientActor::make_behavior() {
  connect();
  return {[this](Call& message) { return call(message); }};
}

void ClientActor::on_exit() {
  for (auto* calls : {&sent_, &waiting_}) {
    for (WaitingCall& call : *calls) call.promise.deliver(call_error("the client stopped"));
    calls->clear();
  }
  connecting_.reset();
  stream_.reset();
}

caf::result<CallReplied> ClientActor::call(Call& message) {
  auto promise = make_response_promise();
  if (message.arguments.empty()) {
    promise.deliver(call_error("a call needs a command"));
  } else if (sent_.size() + waiting_.size() >= options_.calls_max) {
    promise.deliver(call_error("too many calls wait for a reply; this one was not sent"));
  } else if (stream_ && greetings_left_ == 0 && waiting_.empty()) {
    write(message.arguments);
    sent_.push_back({promise, {}, 0});
  } else {
    waiting_.push_back({promise, std::move(message.arguments), loop().clock().monotonic_us()});
  }
  return promise;
}

// ---- Connecting ----

void ClientActor::connect() {
  connecting_ = loop().connect(options_.server, *this, *this);
}

void ClientActor::on_connected(std::unique_ptr<net::Stream> stream) {
  in_context([&] {
    connecting_.reset();
    stream_ = std::move(stream);
    decoder_ = std::make_unique<protocol::ReplyDecoder>();
    input_.clear();
    stream_->resume_receiving();
    greet();
  });
}

void ClientActor::on_connect_error(int error) {
  in_context([&] {
    connecting_.reset();
    give_up_impatient("not connected: " + system_text(error));
    schedule_connect();
  });
}

void ClientActor::greet() {
  greetings_left_ = options_.greeting.size();
  for (const std::vector<std::string>& command : options_.greeting) write(command);
  if (greetings_left_ == 0) send_waiting();
}

void ClientActor::send_waiting() {
  attempt_ = 0;
  for (WaitingCall& call : waiting_) {
    write(call.arguments);
    call.arguments.clear();
    sent_.push_back(std::move(call));
  }
  waiting_.clear();
}

void ClientActor::write(const std::vector<std::string>& arguments) {
  const std::vector<std::string_view> views(arguments.begin(), arguments.end());
  Buffer bytes;
  protocol::write_request(bytes, views);
  stream_->send(std::move(bytes));
}

void ClientActor::schedule_connect() {
  const std::int64_t delay_ms =
      supervision::backoff_delay_ms(options_.backoff, attempt_++, random_.unit());
  call_after(delay_ms * 1000, [this] { connect(); });
}

// ---- Replies ----

std::span<char> ClientActor::receive_space(std::size_t bytes) {
  return {input_.reserve(bytes), bytes};
}

void ClientActor::on_received(std::size_t bytes) {
  in_context([&] {
    input_.commit(bytes);
    take_replies();
  });
}

void ClientActor::take_replies() {
  std::vector<protocol::Reply> replies;
  input_.consume(decoder_->decode(input_.view(), replies));
  for (protocol::Reply& reply : replies) {
    if (!stream_) return;
    take_reply(std::move(reply));
  }
  if (stream_ && !decoder_->error().empty())
    lose_connection("malformed reply: " + decoder_->error());
}

void ClientActor::take_reply(protocol::Reply reply) {
  if (reply.type == protocol::ReplyType::push) return;  // answers no call
  if (greetings_left_ > 0) {
    if (reply.is_error()) return lose_connection("the server refused: " + reply.string);
    if (--greetings_left_ == 0) send_waiting();
    return;
  }
  if (sent_.empty()) return lose_connection("a reply to no call");
  sent_.front().promise.deliver(CallReplied{std::move(reply)});
  sent_.pop_front();
}

void ClientActor::on_receive_end(int error) {
  in_context([&] { lose_connection(system_text(error)); });
}

void ClientActor::on_send_error(int error) {
  in_context([&] { lose_connection(system_text(error)); });
}

void ClientActor::lose_connection(const std::string& why) {
  if (!stream_) return;
  stream_.reset();
  greetings_left_ = 0;
  for (WaitingCall& call : sent_)
    call.promise.deliver(
        call_error("connection lost before the reply: " + why + " (it may have been executed)"));
  sent_.clear();
  give_up_impatient("not connected: " + why);
  schedule_connect();
}

void ClientActor::give_up_impatient(const std::string& why) {
  const std::int64_t oldest_us = loop().clock().monotonic_us() - options_.patience_ms * 1000;
  while (!waiting_.empty() && waiting_.front().since_us <= oldest_us) {
    waiting_.front().promise.deliver(call_error(why + " (it was not sent)"));
    waiting_.pop_front();
  }
}

}  // namespace respawn::actors
