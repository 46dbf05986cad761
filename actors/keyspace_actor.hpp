// The only actor that touches the data: it runs batches, and tells connections what came of them.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "actors/messages.hpp"
#include "actors/server_context.hpp"
#include "engine/run/batch_runner.hpp"
#include "net/loop_actor.hpp"

namespace respawn::actors {

/// Borrows the store from the keeper (the wiring), which outlives it. Everything else it has is
/// derived from the store, so a successor continues where it stopped: blocked clients keep their
/// order, subscriptions stay, batches that had not begun are submitted again by their connections.
///
/// A batch that takes longer than keyspace-slice-us lets the loop's other work have its turn
/// (between two commands). What is published goes to the connections behind all batches of a turn,
/// and in shares where many listen: their sockets take far longer than the batch that published.
class KeyspaceActor final : public net::LoopActor, private engine::BatchPort {
 public:
  /// What a file reload does; given by the wiring.
  using Reload = std::function<void(engine::Store&)>;

  KeyspaceActor(caf::actor_config& config, net::EventLoop& loop, engine::Store& store,
                engine::Services& services, ServerContext& context, Reload reload);

  const char* name() const override { return "keyspace"; }

 protected:
  caf::behavior make_behavior() override;
  void on_exit() override;
  bool receive(caf::mailbox_element& element) override;
  void after_messages() override;

 private:
  void connect(const engine::SessionPtr& session);
  void finish(const engine::SessionPtr& session);
  void submit(const engine::SessionPtr& session);

  // engine::BatchPort
  void give_back(engine::Session& session, bool close) override;
  void send_ahead(engine::Session& session, Buffer&& bytes) override;
  void yield(const engine::SessionPtr& session) override;
  void settle() override;
  void go_on_soon() override;

  [[nodiscard]] bool writes_file() const;
  void close_turn();
  void hand_over_gathered();
  void note_log_progress();
  net::TimerId after(std::int64_t delay_us, void (KeyspaceActor::*work)());
  void start();
  void send_pushes();
  void send_share_of_pushes();
  void schedule_waits(std::int64_t deadline_us);
  void answer_waits();
  void tick();
  void close_idle_clients();
  void count_turns();
  void close_if_idle(engine::Session& session, std::int64_t now_ms, std::int64_t timeout_ms);
  void expire();
  void go_on_expiring();
  void free_garbage();
  void go_on_evicting();
  void go_on_suspended();
  void load();
  void save();
  void save_soon(std::int64_t delay_us);
  void shut_down();

  engine::Store& store_;
  engine::Services& services_;
  ServerContext& context_;
  Reload reload_;
  std::optional<engine::Executor> executor_;
  std::optional<engine::BatchRunner> batches_;
  net::TurnCounts counted_turns_;  // what of the loop's is in the counters
  net::TimerId wait_timer_ = 0;
  std::int64_t wait_timer_us_ = 0;  // when wait_timer_ fires
  bool pushing_ = false;            // a further share of pushes is scheduled
  bool expiring_ = false;           // a further slice of expiry is scheduled
  bool freeing_ = false;
  bool evicting_ = false;             // a further slice of eviction is scheduled
  bool gathering_ = false;            // what the log has gathered goes out soon
  bool saving_ = false;               // a further slice of a save is scheduled
  std::uint64_t save_paused_ns_ = 0;  // when the last slice ended (stopwatch)
  std::uint64_t idle_cursor_ = 0;     // client id up to which idle ones were looked for
};

}  // namespace respawn::actors
