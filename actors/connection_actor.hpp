// One client's socket: bytes in, commands to the keyspace, replies out.
#pragma once

#include <memory>
#include <optional>

#include "actors/actor_session.hpp"
#include "actors/messages.hpp"
#include "actors/server_context.hpp"
#include "net/loop_actor.hpp"
#include "protocol/request_parser.hpp"

namespace respawn::actors {

/// Child of the connection supervisor (temporary: it is never restarted). At most one batch is in
/// flight; while it is away, further bytes accumulate in `arriving_`, and past input_pause_bytes
/// the socket is not read. A reader that lets more than output_pause_bytes of replies pile up is
/// not read from either; past client-output-buffer-limit it is closed.
class ConnectionActor final : public net::LoopActor, private net::StreamHandler {
 public:
  static constexpr std::size_t input_pause_bytes = 1024 * 1024;
  static constexpr std::size_t output_pause_bytes = 32 * 1024 * 1024;
  /// Less than this never counts for client-output-buffer-limit, as in Redis.
  static constexpr std::size_t uncounted_output_bytes = 16 * 1024;
  static constexpr std::size_t commands_per_batch_max = 1024;
  static constexpr std::size_t idle_buffer_bytes = 16 * 1024;  // a larger empty buffer is freed
  static constexpr std::int64_t linger_us =
      60'000'000;  // for the last bytes to a peer that hung up

  ConnectionActor(caf::actor_config& config, net::EventLoop& loop, ServerContext& context,
                  std::shared_ptr<ActorSession> session, std::shared_ptr<Admission> admission,
                  std::string farewell = {});

  const char* name() const override { return "connection"; }

 protected:
  caf::behavior make_behavior() override;
  void on_exit() override;

 private:
  // net::StreamHandler
  char* receive_space(std::size_t bytes) override;
  void on_received(std::size_t bytes) override;
  void on_receive_end(int error) override;
  void on_sent() override;
  void on_send_error(int error) override;

  void turn_away();
  void set_keepalive();
  void apply_config();
  void take_input();
  void submit();
  void take_back(bool close);
  void go_on();
  void meet(const caf::actor& keyspace, std::uint64_t generation);
  void take_over();
  void push(const std::shared_ptr<Buffer>& bytes);
  void send_bytes(Buffer&& bytes);
  void check_output_limit();
  void check_output_limit_at(std::int64_t monotonic_us);
  void hang_up();
  void quit_later();
  void adjust_reading();
  void note_facts();
  void log_broken(int error);
  void log_close(std::string_view why);

  [[nodiscard]] bool in_flight() const {
    return session_->batch.state.load(std::memory_order_acquire) != engine::Batch::State::idle;
  }

  ServerContext& context_;
  std::shared_ptr<ActorSession> session_;
  std::shared_ptr<Admission> admission_;
  const std::string farewell_;  // not empty: the client is turned away with these bytes
  std::unique_ptr<net::Stream> stream_;
  caf::actor keyspace_;
  protocol::RequestParser parser_;
  std::size_t parsed_ = 0;  // bytes of the batch's input that were consumed by commands
  Buffer arriving_;         // bytes that came while the batch was away
  ConfigReader config_;
  int keepalive_s_ = 0;  // as the socket has it
  std::optional<std::int64_t> over_soft_limit_since_us_;
  net::TimerId soft_limit_timer_ = 0;
  std::int64_t soft_limit_timer_us_ = 0;  // when it fires
  bool reading_ = false;
  bool held_ = false;       // the rest of the batch waits until the reader keeps up
  bool peer_done_ = false;  // nothing further will be received
  bool finishing_ = false;  // close once everything is sent
  bool left_ = false;       // the keyspace knows no such client (any more)
};

}  // namespace respawn::actors
