// One client's socket: bytes in, commands to the keyspace, replies out.
#pragma once

#include <memory>
#include <optional>

#include "actors/actor_session.hpp"
#include "actors/durable_gate.hpp"
#include "actors/messages.hpp"
#include "actors/parked_output.hpp"
#include "actors/server_context.hpp"
#include "net/loop_actor.hpp"
#include "protocol/request_parser.hpp"

namespace respawn::actors {

/// Child of the connection supervisor (temporary: it is never restarted). At most one batch is in
/// flight; while it is away, further bytes accumulate in `arriving_`, and past input_pause_bytes
/// the socket is not read as long as the server is at work on the batch. While it is the client's
/// turn (it reads less than output_pause_bytes of replies, or blocks) requests are still read, up
/// to client-query-buffer-limit: a client may write all of a pipeline before it reads. Past that,
/// or past client-output-buffer-limit, it is closed.
class ConnectionActor final : public net::LoopActor,
                              private net::StreamHandler,
                              private DurableWaiter {
 public:
  static constexpr std::size_t input_pause_bytes = 1024 * 1024;
  static constexpr std::size_t output_pause_bytes = 32 * 1024 * 1024;
  /// Less than this never counts for client-output-buffer-limit, as in Redis.
  static constexpr std::size_t uncounted_output_bytes = 16 * 1024;
  static constexpr std::size_t commands_per_batch_max = 1024;
  static constexpr std::size_t idle_buffer_bytes = 16 * 1024;  // a larger empty buffer is freed
  static constexpr std::int64_t idle_us = 1'000'000;           // when nothing came for so long
  static constexpr std::size_t growth_reported_bytes = 1024;   // while clients are limited
  static constexpr std::size_t shrinking_noted_bytes = 64 * 1024;
  static constexpr std::int64_t look_again_us = 10'000;      // at a batch while not reading
  static constexpr std::size_t block_bytes_min = 32 * 1024;  // arguments received into blocks
  static constexpr std::int64_t linger_us =
      60'000'000;  // for the last bytes to a peer that hung up

  ConnectionActor(caf::actor_config& config, net::EventLoop& loop, ServerContext& context,
                  std::shared_ptr<ActorSession> session, std::shared_ptr<Admission> admission,
                  std::string farewell = {});

  const char* name() const override { return "connection"; }

 protected:
  caf::behavior make_behavior() override;
  void on_exit() override;
  bool receive(caf::mailbox_element& element) override;

 private:
  // net::StreamHandler
  std::span<char> receive_space(std::size_t bytes) override;
  [[nodiscard]] LargeSpace large_space() const override;
  void on_received(std::size_t bytes) override;
  void on_receive_end(int error) override;
  void on_progress() override;
  void on_sent() override;
  void on_send_error(int error) override;

  void on_log_progress() override;

  void turn_away();
  void set_keepalive();
  void apply_config();
  void take_input();
  void submit();
  void take_back(bool close);
  void go_on();
  void meet(const caf::actor& keyspace, std::uint64_t generation);
  void take_over();
  void send_bytes(Buffer&& bytes);
  void send_now(Buffer&& bytes);
  void send_when_durable(Buffer&& bytes);
  void send_parked();
  void lose();
  [[nodiscard]] std::size_t unsent_bytes() const;
  void check_output_limit();
  void check_output_limit_at(std::int64_t monotonic_us);
  void hang_up();
  void quit_later();
  void adjust_reading();
  void look_again();
  void rest();
  void rest_later();
  [[nodiscard]] std::size_t queued_bytes() const;
  bool close_for_queued_bytes();
  [[nodiscard]] bool clients_turn() const;
  void note_traffic();
  void note_facts();
  void report_growth();
  void log_client(engine::LogLevel level, std::string_view before, std::string_view behind = {});
  void log_accepted();
  void log_refused();
  void log_protocol_error();
  void log_broken(std::string_view what, int error);
  void log_output_limit();
  void log_query_limit();

  void push(const std::shared_ptr<Buffer>& bytes) {
    if (!finishing_) send_bytes(std::move(*bytes));
  }

  [[nodiscard]] bool in_flight() const {
    return session_->batch.state.load(std::memory_order_acquire) != engine::Batch::State::idle;
  }

  ServerContext& context_;
  std::shared_ptr<ActorSession> session_;
  std::shared_ptr<Admission> admission_;
  const std::string farewell_;  // not empty: the client is turned away with these bytes
  std::unique_ptr<net::Stream> stream_;
  DurableGate& gate_;
  std::unique_ptr<ParkedOutput> parked_;  // what waits for the disk; null: nothing does
  caf::actor keyspace_;
  protocol::RequestParser parser_;
  std::size_t parsed_ = 0;         // bytes of the batch's input that were consumed by commands
  std::size_t unparsed_ = 0;       // bytes behind the last complete argument, when last parsed
  Buffer arriving_;                // bytes that came while the batch was away
  std::uint64_t received_ns_ = 0;  // when the last bytes of the batch's input came
  std::uint64_t arriving_since_ns_ = 0;  // when the first of `arriving_` did
  std::size_t reported_ = 0;   // bytes that the keyspace was last told of, for maxmemory-clients
  std::size_t announced_ = 0;  // as counted: bytes of a large argument that are still to come
  ConfigReader config_;
  int keepalive_s_ = 0;  // as the socket has it
  std::optional<std::int64_t> over_soft_limit_since_us_;
  net::TimerId soft_limit_timer_ = 0;
  std::int64_t soft_limit_timer_us_ = 0;  // when it fires
  std::uint32_t rested_traffic_ = 0;      // traffic when rest() last looked
  std::size_t input_bytes_max_ = 0;       // of the batches since rest() last looked
  bool resting_later_ = false;
  bool looking_again_ = false;
  bool reading_ = false;
  bool held_ = false;        // the rest of the batch waits until the reader keeps up
  bool peer_done_ = false;   // nothing further will be received
  bool finishing_ = false;   // close once everything is sent
  bool left_ = false;        // the keyspace knows no such client (any more)
  bool end_logged_ = false;  // the log was told why the client goes
};

}  // namespace respawn::actors
