#include "engine/run/executor.hpp"

#include <algorithm>

#include "engine/clients/monitor.hpp"
#include "engine/run/access_clock.hpp"
#include "engine/run/ended_wait.hpp"
#include "keyspace/types/hash.hpp"

namespace respawn::engine {

namespace {

/// Whether enable-debug-command admits this client.
bool is_permitted(const config::Config& config, const Session& session) {
  switch (config.enable_debug_command) {
    case config::Permission::yes:
      return true;
    case config::Permission::local:
      return session.is_local();
    case config::Permission::no:
      return false;
  }
  return false;
}

/// Why this client may not run the command, "" when it may.
std::string forbidden(const config::Config& config, const Session& session,
                      const CommandSpec& spec) {
  const Flags flags = spec.flags;
  if (flags.has(Flag::guarded) && !is_permitted(config, session))
    return errors::not_permitted(spec.name);
  if (!session.authenticated && !config.requirepass.empty() && !flags.has(Flag::no_auth))
    return std::string(errors::not_authenticated);
  return "";
}

/// Why the command does not fit what the client does at present, "" when it does.
std::string untimely(const Session& session, const CommandSpec& spec) {
  const Flags flags = spec.flags;
  if (session.in_subscribe_mode() && !flags.has(Flag::allowed_when_subscribed))
    return errors::not_in_subscribe_mode(spec.name);
  const bool uses_keys =
      flags.has(Flag::write) || flags.has(Flag::readonly) || flags.has(Flag::may_replicate);
  if (session.monitor && uses_keys) return std::string(errors::monitor_reads_only);
  return "";
}

/// The words by which a browser that was tricked into talking to this port gives itself away.
bool is_http(std::string_view name) {
  return iequals(name, "post") || iequals(name, "host:");
}

Args next_command(const Session& session) {
  const Batch& batch = session.batch;
  const auto& slice = batch.commands.slices[batch.next];
  return Args(batch.commands.arguments).subspan(slice.first, slice.count);
}

}  // namespace

Executor::Executor(Store& store, Services& services, const Clock& clock)
    : store_(store),
      clock_(clock),
      subscriptions_(store.clients),
      blocking_(store.clients, waiters_),
      environment_{store, subscriptions_, blocking_, services, clock},
      memory_limit_(store, services, clock),
      generation_(++store.generation),
      lookahead_(store.registry, store.databases) {
  subscriptions_.rebuild();
  blocking_.rebuild();
  read_clock();
}

void Executor::add_client(SessionPtr session) {
  session->authenticated = store_.config->requirepass.empty();
  store_.clients.add(std::move(session));
}

void Executor::remove_client(Session& session) {
  blocking_.forget(session);
  subscriptions_.remove(session);
  store_.clients.remove(session);
}

void Executor::sample_rates(std::uint64_t received_bytes, std::uint64_t sent_bytes) {
  const std::int64_t now_ms = clock_.monotonic_us() / 1000;
  engine::Statistics& statistics = store_.statistics;
  statistics.received_bytes = received_bytes;
  statistics.sent_bytes = sent_bytes;
  statistics.commands_rate.sample(now_ms, statistics.commands_processed);
  statistics.received_rate.sample(now_ms, received_bytes);
  statistics.sent_rate.sample(now_ms, sent_bytes);
  // Also renews what used_memory() knows about other threads.
  statistics.peak_memory = std::max(statistics.peak_memory, environment_.services.memory().used);
}

void Executor::read_clock() {
  now_us_ = batch_start_us_ = clock_.wall_us();
  now_ns_ = batch_start_ns_ = clock_.stopwatch_ns();
}

void Executor::mark_executing(Batch& batch) const {
  batch.generation.store(generation_, std::memory_order_relaxed);
  batch.state.store(Batch::State::executing, std::memory_order_release);
}

void Executor::begin_batch(const Session& session) {
  read_clock();
  renew_access_clock();
  lookahead_.enter(session);
}

void Executor::renew_access_clock() {
  const std::uint32_t access_clock = fresh_access_clock(*store_.config, now_us_);
  if (access_clock == access_clock_) return;
  access_clock_ = access_clock;
  store_.databases.set_access_clock(access_clock);
}

Executor::Outcome Executor::execute_next(Session& session) {
  Batch& batch = session.batch;
  const Args args = next_command(session);
  batch.reply_start = batch.output.size();
  foreseen_ = lookahead_.at(batch);
  Command* command =
      resolve(session, args, foreseen_ ? foreseen_->command : store_.registry.find(args[0]));
  bool pushed = false;
  if (command && admit(session, *command)) {
    pushed = run(session, *command, args);
    if (!store_.clients.monitors().empty()) [[unlikely]]
      feed_monitors(store_.clients, session, *command->spec, args, now_us_);
  }
  if (effects_.block) {
    effects_.block = false;
    blocking_.block(session, effects_.block_request, clock_.monotonic_us());
    return Outcome::blocked;
  }
  if (is_silent(session) && !pushed) batch.output.truncate(batch.reply_start);
  session.reply_skip_this = session.reply_skip_next;
  session.reply_skip_next = false;
  if (waiters_.has_ready()) serve_ready_clients();
  return session.close_after_reply || session.close_now ? Outcome::close : Outcome::done;
}

Command* Executor::reject(Session& session, Command* command, std::string_view error) {
  store_.statistics.count_error(error);
  if (command) ++command->statistics.rejected_calls;
  protocol::ReplyWriter(session.batch.output, session.resp).error(error);
  return nullptr;
}

/// Without a word: also the replies to what came before in this batch are dropped.
Command* Executor::hang_up_on_http(Session& session) {
  constexpr std::int64_t silence_us = 60'000'000;
  if (http_logged_us_ == 0 || now_us_ - http_logged_us_ > silence_us) {
    http_logged_us_ = now_us_;
    environment_.services.log(
        LogLevel::warning,
        "A client sends HTTP (POST or Host:): this may be a web page that was made to attack this "
        "server. The connection is closed. Client: " +
            session.peer_address);
  }
  session.batch.output.clear();
  session.batch.reply_start = 0;
  session.close_after_reply = true;
  return nullptr;
}

Command* Executor::resolve(Session& session, Args args, Command* command) {
  if (!command) {
    if (is_http(args[0])) return hang_up_on_http(session);
    return reject(session, nullptr,
                  errors::unknown_command(args[0], args.data() + 1, args.size() - 1));
  }
  if (!command->subcommands.empty() && args.size() > 1) {
    Command* sub = command->subcommand(args[1]);
    if (!sub)
      return reject(session, command, errors::unknown_subcommand(args[1], command->spec->name));
    command = sub;
  }
  if (!command->spec->arity.admits(args.size()))
    return reject(session, command, errors::wrong_arity(command->spec->name));
  return command;
}

bool Executor::admit(Session& session, Command& command) {
  const CommandSpec& spec = *command.spec;
  const bool unrestricted = session.authenticated && session.subscription_count() == 0 &&
                            !session.monitor && !spec.flags.has(Flag::guarded);
  const bool limited = store_.config->maxmemory_bytes != 0;
  if (unrestricted && !limited) [[likely]]
    return true;
  // In Redis's order of reasons.
  std::string error = forbidden(*store_.config, session, spec);
  if (error.empty() && limited && enforce_memory_limit() == MemoryLimit::State::exceeded &&
      spec.flags.has(Flag::denyoom))
    error = errors::out_of_memory;
  if (error.empty()) error = untimely(session, spec);
  if (error.empty()) return true;
  reject(session, &command, error);
  return false;
}

MemoryLimit::State Executor::enforce_memory_limit() {
  return memory_limit_.make_room(now_us_, [this](const keyspace::Eviction::Victim& victim) {
    remove_key(victim.database, victim.entry, config::keyspace_event::evicted, "evicted");
    ++store_.databases.statistics.evicted_keys;
  });
}

void Executor::make_room() {
  read_clock();
  enforce_memory_limit();
}

/// Of the server's own accord.
void Executor::remove_key(std::size_t index, keyspace::Entry* entry, int event_class,
                          std::string_view event) {
  const std::string key(entry->key());
  store_.databases.at(index).erase(entry);
  ++store_.databases.changes;
  effects_.events.push_back({event_class, event, key, static_cast<int>(index)});
  carry_out_events();
}

bool Executor::run(Session& session, Command& command, Args args) {
  const CommandSpec& spec = *command.spec;
  session.last_command = &spec;
  Execution execution(environment_, session, effects_, spec, now_us_);
  if (foreseen_) execution.expect_key(foreseen_->key_bytes, foreseen_->key_hash);
  if (spec.flags.has(Flag::write)) {
    keyspace::Databases::Mutation mutation(store_.databases);
    spec.run(execution, args);
    mutation.complete();
  } else {
    spec.run(execution, args);
  }
  if (!effects_.events.empty()) carry_out_events();
  store_.databases.changes += effects_.dirty;
  effects_.dirty = 0;

  const std::uint64_t end_ns = clock_.stopwatch_ns();
  command.statistics.nanoseconds += end_ns - now_ns_;
  // A command that blocks is counted when it ends.
  if (!effects_.block) count_call(store_, command, execution.failed());
  now_ns_ = end_ns;
  now_us_ = batch_start_us_ + static_cast<std::int64_t>((end_ns - batch_start_ns_) / 1000);
  return execution.pushes();
}

void Executor::carry_out_events() {
  const int wanted = store_.config->notify_keyspace_events;
  if (wanted != 0) [[unlikely]] {
    for (const KeyEvent& event : effects_.events) {
      if ((event.event_class & wanted) == 0) continue;
      const std::string db = std::to_string(event.db);
      if (wanted & config::keyspace_event::keyspace)
        subscriptions_.publish("__keyspace@" + db + "__:" + std::string(event.key), event.event);
      if (wanted & config::keyspace_event::keyevent)
        subscriptions_.publish("__keyevent@" + db + "__:" + std::string(event.event), event.key);
    }
  }
  effects_.events.clear();
  if (!effects_.storage.empty()) effects_.storage.clear();
}

void Executor::serve_ready_clients() {
  while (std::optional<keyspace::ReadyKey> ready = waiters_.take_ready()) {
    keyspace::Database& db = store_.databases.at(static_cast<std::size_t>(ready->database));
    keyspace::Waiter* waiter = waiters_.first(ready->database, ready->key);
    while (waiter) {
      const keyspace::Entry* entry = db.find(std::string_view(ready->key));
      if (!entry) break;
      keyspace::Waiter* behind = waiters_.next(*waiter, ready->key);
      if (entry->type() == waiter->wanted) run_again(*static_cast<Session*>(waiter->owner));
      waiter = behind;
    }
  }
}

void Executor::run_again(Session& session) {
  Batch& batch = session.batch;
  if (session.facts.gone.load(std::memory_order_acquire)) {
    blocking_.forget(session);
    return;
  }
  Args args = next_command(session);
  foreseen_ = nullptr;
  Command* command = resolve(session, args, store_.registry.find(args[0]));
  RESPAWN_CHECK(command != nullptr);
  batch.reply_start = batch.output.size();
  mark_executing(batch);
  run(session, *command, args);
  batch.state.store(Batch::State::parked, std::memory_order_relaxed);
  if (effects_.block) {
    effects_.block = false;
    return;
  }
  if (is_silent(session)) batch.output.truncate(batch.reply_start);
  blocking_.release(session);
}

void Executor::answer_expired_waits() {
  read_clock();
  const std::int64_t now_us = clock_.monotonic_us();
  while (Session* session = blocking_.first_expired(now_us))
    end_wait(environment_, *session, WaitEnd::timeout);
}

/// Takes what it removes from `fields_max`; false when that did not suffice.
bool Executor::expire_fields(std::size_t index, std::size_t& fields_max) {
  keyspace::Database& db = store_.databases.at(index);
  const std::int64_t now_ms = now_us_ / 1000;
  while (keyspace::Entry* entry = db.next_expired_fields(now_ms)) {
    if (fields_max == 0) return false;
    auto& hash = entry->object<keyspace::Hash>();
    const std::size_t erased = hash.erase_expired(now_ms, fields_max);
    // One for having looked: what expired may have been removed by commands already.
    fields_max -= std::max<std::size_t>(erased, 1);
    const std::string key(entry->key());
    const bool emptied = hash.empty();
    emptied ? db.erase(entry) : db.fields_expire(entry);
    if (erased == 0) continue;
    store_.databases.changes += erased;
    const int db_index = static_cast<int>(index);
    effects_.events.push_back({config::keyspace_event::hash, "hexpired", key, db_index});
    if (emptied) effects_.events.push_back({config::keyspace_event::generic, "del", key, db_index});
    carry_out_events();
  }
  return true;
}

std::int64_t Executor::expire_keys(std::size_t keys_max) {
  if (!store_.active_expire) return 0;
  read_clock();
  const std::int64_t now_ms = now_us_ / 1000;
  std::int64_t next_ms = 0;
  for (std::size_t index = 0; index < store_.databases.count(); ++index) {
    keyspace::Database& db = store_.databases.at(index);
    while (keyspace::Entry* entry = db.next_expired(now_ms)) {
      if (keys_max-- == 0) return now_ms;
      remove_key(index, entry, config::keyspace_event::expired, "expired");
      ++store_.databases.statistics.expired_keys;
    }
    if (!expire_fields(index, keys_max)) return now_ms;
    const std::int64_t at_ms = std::min(db.earliest_expiry_ms(), db.earliest_field_expiry_ms());
    // A key lives through the millisecond of its expiry.
    if (at_ms != keyspace::never && (next_ms == 0 || at_ms < next_ms)) next_ms = at_ms + 1;
  }
  return next_ms;
}

}  // namespace respawn::engine
