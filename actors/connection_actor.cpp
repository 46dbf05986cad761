#include "actors/connection_actor.hpp"

#include <caf/send.hpp>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "engine/run/ended_wait.hpp"
#include "net/socket.hpp"
#include "protocol/reply_writer.hpp"

namespace respawn::actors {

using engine::Batch;

namespace {

/// What a client hears of a command that was running when the keyspace actor failed.
constexpr std::string_view lost_command_error =
    "ERR the keyspace failed while this command ran; whether it took effect is unknown";

}  // namespace

ConnectionActor::ConnectionActor(caf::actor_config& config, net::EventLoop& loop,
                                 ServerContext& context, std::shared_ptr<ActorSession> session,
                                 std::shared_ptr<Admission> admission, std::string farewell)
    : net::LoopActor(config, loop),
      context_(context),
      session_(std::move(session)),
      admission_(std::move(admission)),
      farewell_(std::move(farewell)),
      config_(context.config) {}

caf::behavior ConnectionActor::make_behavior() {
  stream_ = loop().adopt(admission_->adopt(), *this);
  if (!farewell_.empty()) {
    turn_away();
    return {[](ClientKilled) {}};
  }
  session_->fd = stream_->fd();
  session_->peer_address = stream_->peer_address();
  session_->local_address = stream_->local_address();
  session_->connection = address();
  keyspace_ = context_.directory.enter(session_->id, address());
  set_keepalive();  // and whatever changes from here on, this connection is told of
  caf::anon_send(keyspace_, ClientConnected{session_});
  adjust_reading();
  return {
      [this](BatchReturned message) { take_back(message.close); },
      [this](const ClientPushed& message) { push(message.bytes); },
      [this](ClientKilled) { quit(); },
      [this](ConfigChanged) { apply_config(); },
      [this](const KeyspaceStarted& message) { meet(message.keyspace, message.generation); },
  };
}

void ConnectionActor::on_exit() {
  session_->facts.gone.store(true, std::memory_order_release);
  context_.directory.leave(session_->id);
  if (!left_ && keyspace_) caf::anon_send(keyspace_, ClientLeft{session_});
  left_ = true;
  stream_.reset();
  keyspace_ = nullptr;
}

void ConnectionActor::turn_away() {
  left_ = true;
  peer_done_ = true;
  Buffer bytes;
  bytes.append(farewell_);
  stream_->send(std::move(bytes));
  finishing_ = true;
  quit_later();
}

void ConnectionActor::set_keepalive() {
  const int seconds = config_.now().tcp_keepalive_s;
  if (seconds == keepalive_s_) return;
  keepalive_s_ = seconds;
  // A socket that died meanwhile refuses options; receiving will tell.
  static_cast<void>(net::set_keepalive(stream_->fd(), seconds));
}

/// What takes effect without waiting for the client to do something.
void ConnectionActor::apply_config() {
  set_keepalive();
  if (!finishing_) check_output_limit();
}

// ---- Receiving ----

char* ConnectionActor::receive_space(std::size_t bytes) {
  return (in_flight() ? arriving_ : session_->batch.input).reserve(bytes);
}

void ConnectionActor::on_received(std::size_t bytes) {
  in_context([&] {
    context_.counters.received_bytes.fetch_add(bytes, std::memory_order_relaxed);
    if (in_flight()) {
      arriving_.commit(bytes);
      note_facts();
      return adjust_reading();
    }
    session_->batch.input.commit(bytes);
    take_input();
  });
}

void ConnectionActor::take_input() {
  if (finishing_) return;
  Batch& batch = session_->batch;
  const config::Config& config = config_.now();
  const protocol::RequestLimits limits{
      .bulk_bytes_max = static_cast<std::int64_t>(config.proto_max_bulk_len_bytes),
      .authenticated = session_->authenticated || config.requirepass.empty()};
  // Each command of a stranger may be the one that lifts the limits for those behind it.
  const std::size_t commands_max = limits.authenticated ? commands_per_batch_max : 1;
  parsed_ = parser_.parse(batch.input, parsed_, limits, commands_max, batch.commands);
  note_facts();
  if (!batch.commands.slices.empty()) return submit();
  if (!parser_.error().empty()) {
    Buffer reply;
    protocol::ReplyWriter(reply, session_->resp).error(parser_.error());
    send_bytes(std::move(reply));
    return hang_up();
  }
  if (parsed_ > 0) {
    batch.input.consume(parsed_);
    parsed_ = 0;
  }
  if (batch.input.size() > config.client_query_buffer_limit_bytes) {
    log_close("query buffer limit");
    return quit();
  }
  if (batch.input.empty() && batch.input.capacity() > idle_buffer_bytes) batch.input.release();
  if (peer_done_) hang_up();
}

void ConnectionActor::submit() {
  session_->batch.next = 0;
  go_on();
}

void ConnectionActor::on_receive_end(int error) {
  in_context([&] {
    peer_done_ = true;
    reading_ = false;
    if (error != 0) {
      log_broken(error);
      return quit();
    }
    if (!in_flight()) return hang_up();
    // What was received before is still answered, unless it waits for something.
    session_->facts.finished.store(true, std::memory_order_release);
    caf::anon_send(keyspace_, ClientFinished{session_});
    if (held_) quit_later();
  });
}

// ---- Replies ----

void ConnectionActor::take_back(bool close) {
  Batch& batch = session_->batch;
  if (batch.state.load(std::memory_order_acquire) != Batch::State::done) return;
  send_bytes(std::move(batch.output));
  batch.output.clear();
  if (!close && batch.next < batch.commands.slices.size()) return go_on();
  if (batch.commands.arguments.capacity() * sizeof(std::string_view) > idle_buffer_bytes)
    batch.commands = {};
  else
    batch.commands.clear();
  // What is left moves to the front: not behind each of many small batches.
  if (parsed_ >= batch.input.size() - parsed_) {
    batch.input.consume(parsed_);
    parsed_ = 0;
  }
  batch.state.store(Batch::State::idle, std::memory_order_relaxed);
  if (close) return hang_up();
  if (!arriving_.empty()) {
    if (batch.input.empty())
      batch.input.swap(arriving_);
    else
      batch.input.append(arriving_.view());
    arriving_.clear();
    if (arriving_.capacity() > idle_buffer_bytes) arriving_.release();
  } else if (batch.input.empty() && batch.input.capacity() > idle_buffer_bytes) {
    batch.input.release();
  }
  adjust_reading();
  if (!batch.input.empty() || !parser_.error().empty() || peer_done_) take_input();
}

void ConnectionActor::go_on() {
  held_ = stream_->unsent_bytes() >= output_pause_bytes;
  if (held_) {
    if (peer_done_) quit_later();
    return;
  }
  session_->batch.state.store(Batch::State::queued, std::memory_order_release);
  caf::anon_send(keyspace_, BatchSubmitted{session_});
}

void ConnectionActor::push(const std::shared_ptr<Buffer>& bytes) {
  if (finishing_) return;
  send_bytes(std::move(*bytes));
}

void ConnectionActor::send_bytes(Buffer&& bytes) {
  if (bytes.empty()) return;
  context_.counters.sent_bytes.fetch_add(bytes.size(), std::memory_order_relaxed);
  stream_->send(std::move(bytes));
  check_output_limit();
}

void ConnectionActor::check_output_limit() {
  std::size_t unsent = stream_->unsent_bytes();
  session_->facts.output_bytes.store(unsent, std::memory_order_relaxed);
  if (unsent <= uncounted_output_bytes) unsent = 0;
  const auto& limits = config_.now().client_output_buffer_limit;
  const config::OutputLimit& limit =
      session_->facts.subscriber.load(std::memory_order_relaxed) ? limits.pubsub : limits.normal;
  if (limit.hard_bytes != 0 && unsent > limit.hard_bytes) {
    log_close("output buffer limit");
    return quit();
  }
  if (limit.soft_bytes == 0 || unsent <= limit.soft_bytes) {
    over_soft_limit_since_us_.reset();
    return;
  }
  const std::int64_t now_us = loop().clock().monotonic_us();
  if (!over_soft_limit_since_us_) over_soft_limit_since_us_ = now_us;
  const std::int64_t until_us = *over_soft_limit_since_us_ + limit.soft_seconds * 1'000'000;
  if (now_us > until_us) {
    log_close("output buffer limit");
    return quit();
  }
  check_output_limit_at(until_us + 1'000);
}

void ConnectionActor::check_output_limit_at(std::int64_t monotonic_us) {
  if (soft_limit_timer_ != 0 && soft_limit_timer_us_ == monotonic_us) return;
  if (soft_limit_timer_ != 0) cancel(soft_limit_timer_);
  soft_limit_timer_us_ = monotonic_us;
  soft_limit_timer_ = call_after(monotonic_us - loop().clock().monotonic_us(), [this] {
    soft_limit_timer_ = 0;
    if (over_soft_limit_since_us_) check_output_limit();
  });
}

void ConnectionActor::on_sent() {
  in_context([&] {
    over_soft_limit_since_us_.reset();
    session_->facts.output_bytes.store(0, std::memory_order_relaxed);
    if (finishing_) return quit();
    if (held_) go_on();
    adjust_reading();
  });
}

void ConnectionActor::on_send_error(int) {
  in_context([&] { quit(); });
}

void ConnectionActor::hang_up() {
  if (finishing_) return;
  finishing_ = true;
  adjust_reading();
  if (stream_->unsent_bytes() == 0) return quit();
  quit_later();
}

/// Nobody may take the last bytes.
void ConnectionActor::quit_later() {
  call_after(linger_us, [this] { quit(); });
}

void ConnectionActor::adjust_reading() {
  const bool wanted = !finishing_ && !peer_done_ && arriving_.size() < input_pause_bytes &&
                      stream_->unsent_bytes() < output_pause_bytes;
  if (wanted == reading_) return;
  reading_ = wanted;
  if (wanted)
    stream_->resume_receiving();
  else
    stream_->pause_receiving();
}

// ---- The keyspace actor failed ----

void ConnectionActor::meet(const caf::actor& keyspace, std::uint64_t generation) {
  if (keyspace == keyspace_) return;
  keyspace_ = keyspace;
  caf::anon_send(keyspace_, ClientConnected{session_});
  Batch& batch = session_->batch;
  switch (batch.state.load(std::memory_order_acquire)) {
    // On several loops the new one may be at work already, having served this client's wait: its
    // generation tells. A batch that it has put behind the others is not to be submitted twice.
    case Batch::State::executing:
      if (batch.generation.load(std::memory_order_relaxed) >= generation) break;
      take_over();
      batch.state.store(Batch::State::queued, std::memory_order_release);
      caf::anon_send(keyspace_, BatchSubmitted{session_});
      break;
    case Batch::State::queued:
      if (batch.generation.load(std::memory_order_relaxed) >= generation) break;
      caf::anon_send(keyspace_, BatchSubmitted{session_});
      break;
    case Batch::State::idle:
    case Batch::State::parked:    // the new one has found it in the store
    case Batch::State::answered:  // likewise
    case Batch::State::done:
      break;
  }
  if (peer_done_) caf::anon_send(keyspace_, ClientFinished{session_});
}

/// The batch of a keyspace actor that failed while it had it. What was running is lost; the replies
/// go out now, so that what the new one pushes comes behind them.
void ConnectionActor::take_over() {
  Batch& batch = session_->batch;
  if (batch.running) {
    batch.running = false;
    batch.output.truncate(batch.reply_start);
    if (!engine::is_silent(*session_))
      protocol::ReplyWriter(batch.output, session_->resp).error(lost_command_error);
    session_->end_reply();
    ++batch.next;
  }
  batch.reply_start = 0;
  send_bytes(std::move(batch.output));
  batch.output.clear();
}

// ---- Small things ----

void ConnectionActor::note_facts() {
  const Buffer& input = in_flight() ? arriving_ : session_->batch.input;
  session_->facts.query_bytes.store(input.size(), std::memory_order_relaxed);
  session_->facts.query_free_bytes.store(input.capacity() - input.size(),
                                         std::memory_order_relaxed);
}

/// A peer that goes away without a word is everyday; anything else is not.
void ConnectionActor::log_broken(int error) {
  const bool everyday = error == ECONNRESET || error == EPIPE || error == ETIMEDOUT;
  std::string text = "Reading from client id=" + std::to_string(session_->id) + " addr=";
  text += session_->peer_address;
  text += ": ";
  text += std::generic_category().message(error);
  context_.log(everyday ? engine::LogLevel::verbose : engine::LogLevel::warning, text);
}

void ConnectionActor::log_close(std::string_view why) {
  std::string text = "Client id=" + std::to_string(session_->id) + " addr=";
  text += session_->peer_address;
  text += " closed: ";
  text += why;
  context_.log(engine::LogLevel::warning, text);
}

}  // namespace respawn::actors
