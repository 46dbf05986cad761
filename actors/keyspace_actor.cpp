#include "actors/keyspace_actor.hpp"

#include <algorithm>
#include <caf/send.hpp>
#include <utility>

#include "actors/actor_session.hpp"
#include "base/scheduling.hpp"
#include "engine/clients/client_info.hpp"
#include "engine/run/saving.hpp"

namespace respawn::actors {

using engine::Batch;
using engine::Session;
using engine::SessionPtr;

namespace {

constexpr std::int64_t tick_us = 100'000;
constexpr std::size_t expire_slice_keys = 1'000;
/// A slice of freeing ends with the first step that takes it past this time.
constexpr std::uint64_t free_slice_ns = 500'000;
constexpr std::size_t free_step_items = 250;
constexpr int free_steps_max = 20;
constexpr std::size_t idle_slice_clients = 1'000;
/// What is written waits so long for more, where nobody waits for it.
constexpr std::int64_t gathering_us = 2'000;
constexpr std::size_t save_step_entries = 16;
constexpr std::uint64_t save_slice_min_ns = 100'000;
constexpr std::uint64_t save_slice_max_ns = 400'000;
/// Between two looks at a save that waits for the disk, or for a unit to end.
constexpr std::int64_t save_wait_us = 1'000;

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
  store_.log.tell_disk = [this] { context_.append_log.tell_disk(); };
  executor_.emplace(store_, services_, loop().clock());
  counted_turns_ = loop().turn_counts();
  batches_.emplace(store_, *executor_, static_cast<engine::BatchPort&>(*this));
  context_.directory.announce(caf::actor_cast<caf::actor>(this), executor_->generation());
  send_pushes();  // what its predecessor left
  after(0, &KeyspaceActor::start);
  return {
      [this](const BatchSubmitted& message) { submit(message.session); },
      [this](const BatchYielded& message) { submit(message.session); },
      [this](const ClientConnected& message) {
        batches_->run_submitted();
        connect(message.session);
      },
      [this](const ClientLeft& message) {
        batches_->run_submitted();
        batches_->leave(message.session);
      },
      [this](const ClientGrew& message) {
        batches_->run_submitted();
        if (store_.clients.find(message.session->id)) batches_->grew(*message.session);
      },
      [this](const ClientFinished& message) {
        batches_->run_submitted();
        finish(message.session);
      },
      [this](LogAdvanced) {
        batches_->run_submitted();
        note_log_progress();
      },
      [this](ReloadRequested) {
        batches_->run_submitted();
        reload_(store_);
        settle();
      },
      [this](const ShutdownRequested& message) {
        batches_->run_submitted();
        store_.shutdown_wanted = message.request;
        shut_down();
      },
      [this](LoadAdvanced) { load(); },
  };
}

bool KeyspaceActor::receive(caf::mailbox_element& element) {
  const auto* submitted = net::LoopMessage<BatchSubmitted>::in(element);
  if (submitted) submit(submitted->session);
  return submitted != nullptr;
}

void KeyspaceActor::on_exit() {
  if (store_.log.hand_over()) context_.append_log.tell_disk();
  store_.log.tell_disk = nullptr;
  batches_.reset();
  executor_.reset();
}

void KeyspaceActor::connect(const SessionPtr& session) {
  if (session->facts.gone.load(std::memory_order_acquire)) return;
  if (store_.clients.find(session->id)) return;  // known from before a crash
  session->last_interaction_ms = loop().clock().wall_us() / 1000;
  executor_->add_client(session);
}

void KeyspaceActor::finish(const SessionPtr& session) {
  if (session->blocked.active || session->held != 0) batches_->leave(session);
}

void KeyspaceActor::submit(const SessionPtr& session) {
  if (batches_->submit(session)) call_after_messages();
}

void KeyspaceActor::after_messages() {
  count_turns();
  batches_->run_submitted();
  close_turn();
  send_pushes();
}

// ---- The append log ----

/// What the turn has written goes to the disk; changes of the log itself come between two units.
void KeyspaceActor::close_turn() {
  engine::AppendLog& log = store_.log;
  if (log.idle()) [[likely]]
    return;
  const bool in_unit = executor_->suspended();
  if (in_unit ? log.hand_over() : log.end_turn(executor_->environment()))
    context_.append_log.tell_disk();
  if (!saving_ && log.has_job()) save_soon(0);
  if (gathering_ || log.feed.chunk_bytes() == 0) return;
  gathering_ = true;
  call_after(gathering_us, [this] { hand_over_gathered(); });
}

void KeyspaceActor::hand_over_gathered() {
  gathering_ = false;
  if (store_.log.hand_over()) context_.append_log.tell_disk();
}

void KeyspaceActor::note_log_progress() {
  if (executor_->suspended()) return;  // tick() sees to it behind the unit
  store_.log.note_progress(executor_->environment());
  executor_->serve_disk_waiters();
  batches_->go_on();
  call_after_messages();
}

/// As call_after(); behind a message there is after_messages(), behind a timer there is this.
net::TimerId KeyspaceActor::after(std::int64_t delay_us, void (KeyspaceActor::*work)()) {
  return call_after(delay_us, [this, work] {
    (this->*work)();
    close_turn();
    send_pushes();
  });
}

void KeyspaceActor::start() {
  load();
  executor_->serve_ready_clients();
  answer_waits();
  tick();
}

void KeyspaceActor::yield(const SessionPtr& session) {
  send(this, BatchYielded{session});
}

void KeyspaceActor::send_ahead(Session& session, Buffer&& bytes) {
  auto& with_actor = static_cast<ActorSession&>(session);
  if (auto connection = caf::actor_cast<caf::actor>(with_actor.connection))
    with_actor.client_pushed.send(connection,
                                  ClientPushed{std::make_shared<Buffer>(std::move(bytes))},
                                  with_actor.shared_from_this());
}

void KeyspaceActor::give_back(Session& session, bool close) {
  auto& with_actor = static_cast<ActorSession&>(session);
  if (auto connection = caf::actor_cast<caf::actor>(with_actor.connection))
    with_actor.batch_returned.send(connection, BatchReturned{close}, with_actor.shared_from_this());
}

void KeyspaceActor::send_pushes() {
  if (!pushing_ && store_.clients.has_pushing()) send_share_of_pushes();
}

/// What is left has its turn when the sockets of these have had theirs.
void KeyspaceActor::send_share_of_pushes() {
  pushing_ = false;
  for (const SessionPtr& session : store_.clients.take_pushing()) {
    Buffer bytes = engine::ClientTable::take_pushes(*session);
    if (!bytes.empty()) send_ahead(*session, std::move(bytes));
  }
  if (!store_.clients.has_pushing()) return;
  pushing_ = true;
  call_after(0, [this] { send_share_of_pushes(); });
}

void KeyspaceActor::settle() {
  if (store_.clients.has_pushing()) call_after_messages();
  for (const SessionPtr& session : store_.clients.take_killed()) tell(*session, ClientKilled{});
  const std::int64_t deadline_us = executor_->next_wait_deadline_us();
  if (deadline_us != 0 && !executor_->suspended()) schedule_waits(deadline_us);
  if (!freeing_ && store_.databases.garbage().pending() > 0) {
    freeing_ = true;
    after(0, &KeyspaceActor::free_garbage);
  }
  if (store_.shutdown_wanted) shut_down();
  if (!saving_ && writes_file()) save_soon(0);
  const bool unsettled = executor_->upkeep().memory_unsettled() && !executor_->suspended();
  if (!evicting_ && unsettled) {
    evicting_ = true;
    after(0, &KeyspaceActor::go_on_evicting);
  }
}

void KeyspaceActor::schedule_waits(std::int64_t deadline_us) {
  if (wait_timer_ != 0 && wait_timer_us_ <= deadline_us) return;
  if (wait_timer_ != 0) cancel(wait_timer_);
  wait_timer_us_ = deadline_us;
  const std::int64_t delay_us =
      std::max<std::int64_t>(deadline_us - loop().clock().monotonic_us(), 0);
  wait_timer_ = after(delay_us, &KeyspaceActor::answer_waits);
}

void KeyspaceActor::answer_waits() {
  wait_timer_ = 0;
  if (executor_->suspended()) return;  // settle() sees to it behind the unit
  executor_->upkeep().answer_expired_waits();
  batches_->go_on();
}

void KeyspaceActor::tick() {
  const std::uint64_t begun_ns = loop().clock().stopwatch_ns();
  after(tick_us, &KeyspaceActor::tick);
  count_turns();
  executor_->upkeep().sample_rates(context_.counters.received_bytes, context_.counters.sent_bytes);
  engine::look_after_saving(executor_->environment());
  if (!executor_->suspended()) {
    executor_->upkeep().trim_tracking();
    store_.log.tick(executor_->environment());
    executor_->serve_disk_waiters();
  }
  executor_->client_eviction().look_at_all();
  close_idle_clients();
  expire();
  batches_->go_on();
  store_.statistics.tick_ns += loop().clock().stopwatch_ns() - begun_ns;
}

void KeyspaceActor::count_turns() {
  net::TurnCounts& now = loop().turn_counts();
  const auto add = [](std::atomic<std::uint64_t>& counter, std::uint64_t more) {
    counter.store(counter.load(std::memory_order_relaxed) + more, std::memory_order_relaxed);
  };
  NetworkCounters& counters = context_.counters;
  add(counters.turns, now.turns - counted_turns_.turns);
  add(counters.turns_busy_ns, now.busy_ns - counted_turns_.busy_ns);
  const std::uint64_t longest_ns = std::exchange(now.longest_ns, 0);
  if (longest_ns > counters.turn_longest_ns.load(std::memory_order_relaxed))
    counters.turn_longest_ns.store(longest_ns, std::memory_order_relaxed);
  counted_turns_ = now;
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
      batches_->leave(session);
    } else if (timeout_ms > 0 && engine::may_time_out(*session)) {
      close_if_idle(*session, now_ms, timeout_ms);
    }
  }
  if (place == all.end()) idle_cursor_ = 0;
}

void KeyspaceActor::close_if_idle(Session& session, std::int64_t now_ms, std::int64_t timeout_ms) {
  // Bytes that came or went without a command count, too.
  const std::uint32_t traffic = session.facts.traffic.load(std::memory_order_relaxed);
  if (std::exchange(session.seen_traffic, traffic) != traffic) session.last_interaction_ms = now_ms;
  if (now_ms - session.last_interaction_ms <= timeout_ms) return;
  if (services_.log.enabled(engine::LogLevel::verbose))
    services_.log.write(engine::LogLevel::verbose,
                        "Closing idle client " + engine::client_info(session, now_ms));
  store_.clients.kill(session);
}

/// Not in the middle of a unit.
void KeyspaceActor::expire() {
  if (executor_->suspended()) return;
  const std::int64_t next_ms = executor_->upkeep().expire_keys(expire_slice_keys);
  if (next_ms == 0 || expiring_) return;
  const std::int64_t delay_us = next_ms * 1000 - loop().clock().wall_us();
  if (delay_us >= tick_us) return;
  expiring_ = true;
  after(std::max<std::int64_t>(delay_us, 0), &KeyspaceActor::go_on_expiring);
}

void KeyspaceActor::go_on_expiring() {
  expiring_ = false;
  expire();
  batches_->go_on();
}

void KeyspaceActor::go_on_evicting() {
  evicting_ = false;
  // A command may have come in between and done it.
  engine::Upkeep& upkeep = executor_->upkeep();
  if (!executor_->suspended() && upkeep.memory_unsettled()) upkeep.make_room();
  batches_->go_on();
}

/// Timers come behind what sockets and other actors had for this turn of the loop. Not at once:
/// where time is simulated it has to go on, or nothing else ever would.
void KeyspaceActor::go_on_soon() {
  after(1, &KeyspaceActor::go_on_suspended);
}

void KeyspaceActor::go_on_suspended() {
  batches_->go_on_suspended();
}

/// What a loading thread has ready; one step at a time, so that clients are answered in between.
void KeyspaceActor::load() {
  const auto step = context_.load_queue.pop();
  if (!step) return;
  (*step)(*executor_);
  send(this, LoadAdvanced{});
  settle();
}

/// Not in the middle of a unit that is to be saved as a whole, nor while tests hold the clock.
void KeyspaceActor::shut_down() {
  if (store_.cron_paused) return;
  const engine::ShutdownRequest request = *store_.shutdown_wanted;
  const bool saves = !request.nosave && (request.save || !store_.config->save.empty());
  if (executor_->suspended() && saves) return;
  store_.shutdown_wanted.reset();
  if (engine::prepare_shutdown(executor_->environment(), request).ok())
    services_.shutdown.request(request);
  else
    services_.shutdown.fail();
}

/// Whether a snapshot or a base of the log is being written.
bool KeyspaceActor::writes_file() const {
  return store_.saving.in_progress() || store_.log.has_job();
}

void KeyspaceActor::save_soon(std::int64_t delay_us) {
  saving_ = true;
  after(delay_us, &KeyspaceActor::save);
}

/// A slice of the walk of a background save. It takes what the loop has left and, where there is
/// nothing left, a third of the time: half as long as the others had since its last slice, within
/// bounds.
void KeyspaceActor::save() {
  saving_ = false;
  engine::Environment& environment = executor_->environment();
  engine::Saving& saving = store_.saving;
  if (executor_->suspended()) return save_soon(save_wait_us);
  if (saving.cut_wanted) engine::cut_snapshot(environment);
  const std::uint64_t begun_ns = loop().clock().stopwatch_ns();
  const std::uint64_t begun_cpu_ns = thread_cpu_ns();
  const std::uint64_t others_ns = begun_ns - save_paused_ns_;
  const std::uint64_t slice_ns = std::clamp(others_ns / 2, save_slice_min_ns, save_slice_max_ns);
  bool more = true;
  while (more && loop().clock().stopwatch_ns() - begun_ns < slice_ns)
    more = engine::go_on_saving(environment, save_step_entries) ||
           store_.log.go_on(environment, save_step_entries);
  save_paused_ns_ = loop().clock().stopwatch_ns();
  saving.longest_slice_ns = std::max(saving.longest_slice_ns, save_paused_ns_ - begun_ns);
  saving.longest_slice_cpu_ns =
      std::max(saving.longest_slice_cpu_ns, thread_cpu_ns() - begun_cpu_ns);
  if (!more) engine::look_after_saving(environment);
  if (writes_file()) save_soon(more ? 0 : save_wait_us);
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
