#include "actors/keyspace_actor.hpp"

#include <caf/send.hpp>

#include "actors/actor_session.hpp"

namespace respawn::actors {

using engine::Batch;
using engine::Executor;
using engine::Session;
using engine::SessionPtr;

namespace {

constexpr std::int64_t tick_us = 100'000;
/// A batch with more output than this goes back before it is done: the connection submits the rest
/// when its reader keeps up.
constexpr std::size_t output_slice_bytes = 1024 * 1024;
constexpr std::size_t expire_slice_keys = 1'000;
/// A slice of freeing ends with the first step that takes it past this time.
constexpr std::uint64_t free_slice_ns = 500'000;
constexpr std::size_t free_step_items = 250;
constexpr int free_steps_max = 20;
constexpr std::size_t idle_slice_clients = 1'000;

template <class Message>
void tell(const Session& session, Message message) {
  const auto& with_actor = static_cast<const ActorSession&>(session);
  if (auto connection = caf::actor_cast<caf::actor>(with_actor.connection))
    caf::anon_send(connection, std::move(message));
}

}  // namespace

KeyspaceActor::KeyspaceActor(caf::actor_config& config, net::EventLoop& loop, engine::Store& store,
                             engine::Services& services, ServerContext& context, Reload reload)
    : net::LoopActor(config, loop),
      store_(store),
      services_(services),
      context_(context),
      reload_(std::move(reload)) {}

caf::behavior KeyspaceActor::make_behavior() {
  executor_.emplace(store_, services_, loop().clock());
  context_.directory.announce(caf::actor_cast<caf::actor>(this), executor_->generation());
  call_after(0, [this] {
    answer_waits();
    tick();
  });
  return {
      [this](const BatchSubmitted& message) { submit(message.session); },
      [this](const BatchYielded& message) { submit(message.session); },
      [this](const ClientConnected& message) {
        run_submitted();
        connect(message.session);
      },
      [this](const ClientLeft& message) {
        run_submitted();
        leave(message.session);
      },
      [this](const ClientFinished& message) {
        run_submitted();
        finish(message.session);
      },
      [this](ReloadRequested) {
        run_submitted();
        reload_(store_);
      },
  };
}

void KeyspaceActor::on_exit() {
  submitted_.clear();
  executor_.reset();
}

void KeyspaceActor::connect(const SessionPtr& session) {
  if (session->facts.gone.load(std::memory_order_acquire)) return;
  if (store_.clients.find(session->id)) return;  // known from before a crash
  session->last_interaction_ms = loop().clock().wall_us() / 1000;
  executor_->add_client(session);
}

void KeyspaceActor::leave(const SessionPtr& session) {
  const bool waits = session->blocked.active;
  executor_->remove_client(*session);
  session->close_now = true;
  if (waits) give_back(*session, true);
}

void KeyspaceActor::finish(const SessionPtr& session) {
  if (session->blocked.active) leave(session);
}

void KeyspaceActor::submit(const SessionPtr& session) {
  if (session->batch.state.load(std::memory_order_relaxed) != Batch::State::queued) return;
  submitted_.push_back(session);
  executor_->announce_batch(*session);
  call_after_messages();
}

void KeyspaceActor::after_messages() {
  run_submitted();
}

void KeyspaceActor::run_submitted() {
  if (submitted_.empty()) return;
  for (const SessionPtr& session : submitted_) {
    executor_->begin_batch(*session);
    run(session);
    settle();
  }
  submitted_.clear();
  executor_->end_batches();
}

void KeyspaceActor::run(const SessionPtr& session) {
  if (session->close_now) return give_back(*session, true);
  Batch& batch = session->batch;
  const std::int64_t slice_end_us = executor_->now_us() + store_.config->keyspace_slice_us;
  session->last_interaction_ms = executor_->now_us() / 1000;
  executor_->mark_executing(batch);
  while (batch.next < batch.commands.slices.size()) {
    switch (executor_->execute_next(*session)) {
      case Executor::Outcome::blocked:
        send_ahead(*session);
        batch.state.store(Batch::State::parked, std::memory_order_release);
        if (session->facts.finished.load(std::memory_order_acquire)) leave(session);
        return;
      case Executor::Outcome::close:
        ++batch.next;
        return give_back(*session, true);
      case Executor::Outcome::done:
        ++batch.next;
    }
    if (batch.output.size() > output_slice_bytes) break;
    if (executor_->now_us() > slice_end_us && batch.next < batch.commands.slices.size()) {
      batch.state.store(Batch::State::queued, std::memory_order_release);
      send(this, BatchYielded{session});
      return;
    }
  }
  give_back(*session, false);
}

void KeyspaceActor::send_ahead(Session& session) {
  Batch& batch = session.batch;
  if (batch.output.empty()) return;
  auto replies = std::make_shared<Buffer>();
  replies->swap(batch.output);
  batch.reply_start = 0;
  tell(session, ClientPushed{std::move(replies)});
}

void KeyspaceActor::give_back(Session& session, bool close) {
  session.batch.state.store(Batch::State::done, std::memory_order_release);
  tell(session, BatchReturned{close});
}

void KeyspaceActor::settle() {
  for (auto resumed = executor_->take_resumed(); !resumed.empty();
       resumed = executor_->take_resumed()) {
    for (const SessionPtr& session : resumed) {
      ++session->batch.next;
      // It was sent more than it reads: the connection decides when the rest may run.
      if (session->facts.output_bytes.load(std::memory_order_relaxed) > output_slice_bytes) {
        give_back(*session, false);
        continue;
      }
      executor_->begin_batch(*session);
      run(session);
    }
  }
  for (const SessionPtr& session : store_.clients.take_pushing())
    tell(*session, ClientPushed{std::make_shared<Buffer>(std::move(session->pushes))});
  for (const SessionPtr& session : store_.clients.take_killed()) tell(*session, ClientKilled{});
  if (std::int64_t deadline_us = executor_->next_wait_deadline_us()) schedule_waits(deadline_us);
  if (!freeing_ && store_.databases.garbage().pending() > 0) {
    freeing_ = true;
    call_after(0, [this] { free_garbage(); });
  }
  if (!making_room_ && executor_->memory_unsettled()) {
    making_room_ = true;
    call_after(0, [this] { make_room(); });
  }
}

void KeyspaceActor::schedule_waits(std::int64_t deadline_us) {
  if (wait_timer_ != 0 && wait_timer_us_ <= deadline_us) return;
  if (wait_timer_ != 0) cancel(wait_timer_);
  wait_timer_us_ = deadline_us;
  const std::int64_t delay_us =
      std::max<std::int64_t>(deadline_us - loop().clock().monotonic_us(), 0);
  wait_timer_ = call_after(delay_us, [this] { answer_waits(); });
}

void KeyspaceActor::answer_waits() {
  wait_timer_ = 0;
  executor_->answer_expired_waits();
  settle();
}

void KeyspaceActor::tick() {
  call_after(tick_us, [this] { tick(); });
  executor_->sample_rates(context_.counters.received_bytes, context_.counters.sent_bytes);
  close_idle_clients();
  expire();
  settle();
}

void KeyspaceActor::close_idle_clients() {
  const auto& all = store_.clients.all();
  const std::int64_t timeout_ms = std::int64_t{store_.config->timeout_s} * 1000;
  const std::int64_t now_ms = loop().clock().wall_us() / 1000;
  std::size_t looked_at = 0;
  auto place = all.upper_bound(idle_cursor_);
  while (place != all.end() && looked_at++ < idle_slice_clients) {
    const SessionPtr session = place->second;
    idle_cursor_ = place->first;
    ++place;
    if (session->facts.gone.load(std::memory_order_acquire)) {
      leave(session);
    } else if (timeout_ms > 0 && !session->blocked.active && session->subscription_count() == 0 &&
               now_ms - session->last_interaction_ms > timeout_ms) {
      store_.clients.kill(*session);
    }
  }
  if (place == all.end()) idle_cursor_ = 0;
}

void KeyspaceActor::expire() {
  const std::int64_t next_ms = executor_->expire_keys(expire_slice_keys);
  if (next_ms == 0 || expiring_) return;
  const std::int64_t delay_us = next_ms * 1000 - loop().clock().wall_us();
  if (delay_us >= tick_us) return;
  expiring_ = true;
  call_after(std::max<std::int64_t>(delay_us, 0), [this] {
    expiring_ = false;
    expire();
    settle();
  });
}

void KeyspaceActor::make_room() {
  making_room_ = false;
  executor_->make_room();
  settle();
}

void KeyspaceActor::free_garbage() {
  freeing_ = false;
  const std::uint64_t start_ns = loop().clock().stopwatch_ns();
  for (int step = 0; step < free_steps_max; ++step) {
    if (store_.databases.garbage().free_slice(free_step_items) == 0) break;
    if (loop().clock().stopwatch_ns() - start_ns > free_slice_ns) break;
  }
  settle();
}

}  // namespace respawn::actors
