#include "actors/connection_actor.hpp"

#include <caf/send.hpp>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

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
      gate_(context.append_log.gate_of(loop)),
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
  if (context_.log.enabled(engine::LogLevel::verbose)) log_accepted();
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
  if (!end_logged_ && farewell_.empty())
    log_client(engine::LogLevel::verbose,
               peer_done_ ? "Client closed connection " : "Closed connection of client ");
  if (parked_) gate_.leave(*this);
  parked_.reset();
  stream_.reset();
  keyspace_ = nullptr;
  context_.counters.announced_bytes.fetch_sub(std::exchange(announced_, 0),
                                              std::memory_order_relaxed);
}

void ConnectionActor::turn_away() {
  left_ = true;
  peer_done_ = true;
  if (context_.log.enabled(engine::LogLevel::verbose)) log_refused();
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

std::span<char> ConnectionActor::receive_space(std::size_t bytes) {
  if (const std::span<char> space = parser_.block_space(); !space.empty()) return space;
  return {(in_flight() ? arriving_ : session_->batch.input).reserve(bytes), bytes};
}

net::StreamHandler::LargeSpace ConnectionActor::large_space() const {
  return {parser_.block_space(), parser_.block()};
}

void ConnectionActor::on_received(std::size_t bytes) {
  in_context([&] {
    context_.counters.received_bytes.fetch_add(bytes, std::memory_order_relaxed);
    context_.counters.reads.fetch_add(1, std::memory_order_relaxed);
    note_traffic();
    if (!parser_.block_space().empty()) {
      parser_.block_received(bytes);
      note_facts();
      if (!in_flight() || clients_turn()) close_for_queued_bytes();
      return;
    }
    if (in_flight()) {
      if (arriving_.empty()) arriving_since_ns_ = loop().turn_begun_ns();
      arriving_.commit(bytes);
      note_facts();
      return adjust_reading();
    }
    received_ns_ = loop().turn_begun_ns();
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
      .authenticated = session_->authenticated || !config.needs_login(),
      .block_bytes_min = block_bytes_min};
  // Each command of a stranger may be the one that lifts the limits for those behind it.
  const std::size_t commands_max = limits.authenticated ? commands_per_batch_max : 1;
  parsed_ = parser_.parse(batch.input, parsed_, limits, commands_max, batch.commands);
  unparsed_ = batch.input.size() - parsed_ - parser_.parsed_bytes();
  note_facts();
  if (!batch.commands.slices.empty()) return submit();
  if (!parser_.error().empty()) {
    log_protocol_error();
    Buffer reply;
    protocol::ReplyWriter(reply, session_->resp).error(parser_.error());
    send_bytes(std::move(reply));
    return hang_up();
  }
  if (parsed_ > 0) {
    batch.input.consume(parsed_);
    parsed_ = 0;
  }
  if (close_for_queued_bytes()) return;
  rest_later();
  if (peer_done_) hang_up();
}

void ConnectionActor::submit() {
  session_->batch.next = 0;
  session_->batch.arrived_ns = received_ns_;
  session_->batch.waited = false;
  // What comes from now on must not move the bytes that the commands point to.
  session_->batch.state.store(Batch::State::done, std::memory_order_relaxed);
  go_on();
}

void ConnectionActor::on_receive_end(int error) {
  in_context([&] {
    peer_done_ = true;
    reading_ = false;
    if (error != 0) {
      log_broken("Reading from client", error);
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
  if (!batch.waited)
    context_.counters.reply_ns.record_clamped(loop().clock().stopwatch_ns() - batch.arrived_ns);
  if (batch.commands.arguments.capacity() * sizeof(std::string_view) > idle_buffer_bytes)
    batch.commands = {};
  else
    batch.commands.clear();
  input_bytes_max_ = std::max(input_bytes_max_, batch.input.size());
  // What is left moves to the front: not behind each of many small batches.
  if (parsed_ >= batch.input.size() - parsed_) {
    batch.input.consume(parsed_);
    parsed_ = 0;
  }
  batch.state.store(Batch::State::idle, std::memory_order_relaxed);
  if (close) return hang_up();
  if (!arriving_.empty()) {
    received_ns_ = arriving_since_ns_;
    if (batch.input.empty())
      batch.input.swap(arriving_);
    else
      batch.input.append(arriving_.view());
    arriving_.clear();
  }
  rest_later();
  adjust_reading();
  if (!batch.input.empty() || !parser_.error().empty() || peer_done_) return take_input();
  note_facts();
}

void ConnectionActor::go_on() {
  held_ = unsent_bytes() >= output_pause_bytes;
  if (held_) {
    if (peer_done_) quit_later();
    return adjust_reading();
  }
  session_->batch.state.store(Batch::State::queued, std::memory_order_release);
  if (keyspace_) session_->batch_submitted.send(keyspace_, BatchSubmitted{session_}, session_);
}

bool ConnectionActor::receive(caf::mailbox_element& element) {
  const auto* returned = net::LoopMessage<BatchReturned>::in(element);
  if (returned) take_back(returned->close);
  const auto* pushed = net::LoopMessage<ClientPushed>::in(element);
  if (pushed) push(pushed->bytes);
  return returned != nullptr || pushed != nullptr;
}

/// In the order of the calls; what rests on units that are not durable yet waits until they are.
void ConnectionActor::send_bytes(Buffer&& bytes) {
  if (bytes.empty()) return;
  if (session_->log_offset.load(std::memory_order_relaxed) != 0) [[unlikely]]
    return send_when_durable(std::move(bytes));
  send_now(std::move(bytes));
}

void ConnectionActor::send_now(Buffer&& bytes) {
  context_.counters.sent_bytes.fetch_add(bytes.total_bytes(), std::memory_order_relaxed);
  context_.counters.writes.fetch_add(1, std::memory_order_relaxed);
  stream_->send(std::move(bytes));
  check_output_limit();
}

void ConnectionActor::check_output_limit() {
  std::size_t unsent = unsent_bytes();
  session_->facts.output_bytes.store(unsent, std::memory_order_relaxed);
  if (unsent <= uncounted_output_bytes) unsent = 0;
  const auto& limits = config_.now().client_output_buffer_limit;
  const config::OutputLimit& limit =
      session_->facts.subscriber.load(std::memory_order_relaxed) ? limits.pubsub : limits.normal;
  if (limit.hard_bytes != 0 && unsent > limit.hard_bytes) {
    log_output_limit();
    return quit();
  }
  report_growth();
  if (limit.soft_bytes == 0 || unsent <= limit.soft_bytes) {
    over_soft_limit_since_us_.reset();
    return;
  }
  const std::int64_t now_us = loop().clock().monotonic_us();
  if (!over_soft_limit_since_us_) over_soft_limit_since_us_ = now_us;
  const std::int64_t until_us = *over_soft_limit_since_us_ + limit.soft_seconds * 1'000'000;
  if (now_us > until_us) {
    log_output_limit();
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

void ConnectionActor::on_progress() {
  in_context([&] {
    note_traffic();
    check_output_limit();
  });
}

void ConnectionActor::on_sent() {
  in_context([&] {
    note_traffic();
    over_soft_limit_since_us_.reset();
    session_->facts.output_bytes.store(unsent_bytes(), std::memory_order_relaxed);
    report_growth();
    if (finishing_ && !parked_) return quit();
    if (held_) go_on();
    adjust_reading();
  });
}

void ConnectionActor::on_send_error(int error) {
  in_context([&] {
    log_broken("Error writing to client", error);
    quit();
  });
}

void ConnectionActor::hang_up() {
  if (finishing_) return;
  finishing_ = true;
  adjust_reading();
  if (unsent_bytes() == 0) return quit();
  quit_later();
}

/// Nobody may take the last bytes.
void ConnectionActor::quit_later() {
  call_after(linger_us, [this] { quit(); });
}

void ConnectionActor::adjust_reading() {
  if (clients_turn() && !finishing_ && close_for_queued_bytes()) return;
  const bool room = unparsed_ + arriving_.size() < input_pause_bytes || clients_turn();
  const bool wanted = !finishing_ && !peer_done_ && room;
  if (!room) look_again();
  if (wanted == reading_) return;
  reading_ = wanted;
  if (wanted)
    stream_->resume_receiving();
  else
    stream_->pause_receiving();
}

/// Whether the batch that is in flight waits for what the client does.
bool ConnectionActor::clients_turn() const {
  return held_ || session_->batch.state.load(std::memory_order_acquire) == Batch::State::parked;
}

/// The keyspace does not say when a batch begins to wait.
void ConnectionActor::look_again() {
  if (std::exchange(looking_again_, true)) return;
  call_after(look_again_us, [this] {
    looking_again_ = false;
    adjust_reading();
  });
}

// ---- Memory ----

/// Received, and not yet a complete argument of a command; what the client may be closed for.
std::size_t ConnectionActor::queued_bytes() const {
  return unparsed_ + arriving_.size() + (parser_.block() ? parser_.block()->size() : 0);
}

bool ConnectionActor::close_for_queued_bytes() {
  if (queued_bytes() <= config_.now().client_query_buffer_limit_bytes) return false;
  log_query_limit();
  quit();
  return true;
}

/// Who was idle for a while, or needed little of them, keeps no large buffers.
void ConnectionActor::rest_later() {
  if (resting_later_) return;
  const Batch& batch = session_->batch;
  const bool large = batch.input.capacity() > idle_buffer_bytes ||
                     arriving_.capacity() > idle_buffer_bytes ||
                     batch.output.capacity() > idle_buffer_bytes;
  if (!large) return;
  resting_later_ = true;
  rested_traffic_ = session_->facts.traffic.load(std::memory_order_relaxed);
  call_after(idle_us, [this] { rest(); });
}

void ConnectionActor::rest() {
  resting_later_ = false;
  if (in_flight()) return;  // it comes back here
  const std::uint32_t traffic = session_->facts.traffic.load(std::memory_order_relaxed);
  const bool idle = traffic == rested_traffic_;
  const std::size_t used = std::exchange(input_bytes_max_, 0);
  const std::size_t kept = idle ? idle_buffer_bytes : std::max(idle_buffer_bytes, 4 * used);
  Batch& batch = session_->batch;
  for (Buffer* buffer : {&batch.input, &arriving_, &batch.output})
    if (buffer->empty() && buffer->capacity() > kept) buffer->release();
  note_facts();
  if (!idle) rest_later();
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

/// Something went in or out: the client is not idle.
void ConnectionActor::note_traffic() {
  std::atomic<std::uint32_t>& traffic = session_->facts.traffic;
  traffic.store(traffic.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

void ConnectionActor::note_facts() {
  const std::size_t announced = parser_.untouched_bytes();
  if (announced != announced_) [[unlikely]] {
    // Unsigned: the difference may be negative.
    context_.counters.announced_bytes.fetch_add(announced - announced_, std::memory_order_relaxed);
    announced_ = announced;
  }
  const Buffer& input = in_flight() ? arriving_ : session_->batch.input;
  const std::size_t in_block = parser_.block() ? parser_.block()->size() : 0;
  // Before a large argument there are only complete ones, which no longer wait.
  const std::size_t waiting = in_block != 0 ? in_block : input.size();
  session_->facts.query_bytes.store(waiting, std::memory_order_relaxed);
  // What is announced counts as with Redis, which allocates it at once.
  session_->facts.query_free_bytes.store(input.capacity() + in_block + announced - waiting,
                                         std::memory_order_relaxed);
  report_growth();
}

void ConnectionActor::report_growth() {
  if (config_.now().maxmemory_clients == 0) return;
  const std::size_t bytes = session_->facts.held_bytes();
  if (bytes > reported_ + growth_reported_bytes) {
    if (keyspace_) caf::anon_send(keyspace_, ClientGrew{session_});
  } else if (bytes + shrinking_noted_bytes >= reported_) {
    return;
  }
  reported_ = bytes;
}

}  // namespace respawn::actors
