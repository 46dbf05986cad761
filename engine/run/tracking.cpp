#include "engine/run/tracking.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include "engine/clients/client_memory.hpp"
#include "engine/table/key_finder.hpp"
#include "protocol/reply_writer.hpp"

namespace respawn::engine {

namespace {

constexpr std::string_view channel = "__redis__:invalidate";

std::string encoded(const std::vector<std::string_view>& keys) {
  Buffer buffer;
  protocol::ReplyWriter writer(buffer, protocol::RespVersion::resp2);
  writer.array(keys.size());
  for (const std::string_view key : keys) writer.bulk(key);
  return buffer.text();
}

/// All that changed below the prefix, but for what `left_out` has changed last.
std::vector<std::string_view> changed_keys(const Broadcasts::Prefix& prefix,
                                           std::optional<Broadcasts::Author> left_out) {
  std::vector<std::string_view> keys;
  for (const auto& [key, author] : prefix.changed)
    if (author != left_out) keys.emplace_back(key);
  return keys;
}

/// Scripts read by the commands that they run; shard channels only look like keys.
bool reads_keys(const CommandSpec& spec) {
  return spec.flags.has(Flag::readonly) && !spec.flags.has(Flag::pubsub) &&
         spec.group != Group::scripting;
}

/// What a transaction has changed is told by the mode that the client had then, as in Redis: before
/// another command of it changes the mode.
bool is_within_exec(const Session& session) {
  return session.transaction.phase == TransactionState::Phase::running;
}

}  // namespace

// ---- Clients ----

void Tracking::start(Session& session, const TrackingState& wanted) {
  TrackingState& state = session.tracking;
  if (state.on && is_within_exec(session)) tell_touched(session.id);
  for (const std::string& prefix : wanted.prefixes) {
    broadcasts_.join(prefix, session.id);
    if (state.prefixes.insert(prefix).second) session.names_bytes += bytes_of_name(prefix);
  }
  if (!state.on) ++client_count_;
  state.on = true;
  state.broadcast = wanted.broadcast;
  state.opt_in = wanted.opt_in;
  state.opt_out = wanted.opt_out;
  state.no_loop = wanted.no_loop;
  state.broken_redirect = false;
  state.redirect = wanted.redirect;
  follow_units();
}

void Tracking::stop(Session& session) {
  if (!session.tracking.on) return;
  if (is_within_exec(session)) tell_touched(session.id);
  for (const std::string& prefix : session.tracking.prefixes) {
    broadcasts_.leave(prefix, session.id);
    session.names_bytes -= bytes_of_name(prefix);
  }
  session.tracking = {};
  --client_count_;
  follow_units();
}

void Tracking::rebuild() {
  client_count_ = 0;
  broadcasts_.forget_clients();
  for (const auto& [id, session] : clients_.all()) {
    if (!session->tracking.on) continue;
    ++client_count_;
    for (const std::string& prefix : session->tracking.prefixes) broadcasts_.join(prefix, id);
  }
  broadcasts_.drop_deserted();
  follow_units();
}

void Tracking::follow_units() {
  const bool wanted = client_count_ > 0;
  if (wanted == listens_) return;
  if (wanted) {
    told_ = unit_.touched().size();
    unit_.add_listener(*this);
  } else {
    unit_.remove_listener(*this);
    forget_keys();
  }
  listens_ = wanted;
}

SessionPtr Tracking::receiver(std::uint64_t id) const {
  SessionPtr session = clients_.find(id);
  const bool leaves = session && (session->close_now || session->close_after_reply ||
                                  session->facts.gone.load(std::memory_order_acquire));
  return leaves ? nullptr : session;
}

// ---- What was read ----

void Tracking::remember(const Session& session, const CommandSpec& spec, Args args) {
  if (!session.tracking.remembers() || !reads_keys(spec)) return;
  const auto found = find_keys(spec, args);
  if (!found) return;
  // What the unit has changed before was not what is read now.
  tell_touched(session.id);
  for (const FoundKey& key : *found) keys_->add(args[key.position], session.id);
  trim();
}

void Tracking::limit_keys(std::int64_t keys_max) {
  keys_max_ = static_cast<std::size_t>(keys_max);
  trim();
}

void Tracking::trim() {
  if (keys_max_ == 0) return;
  for (std::size_t i = 0; i < evictions_max && keys_->size() > keys_max_; ++i) {
    const std::string key = keys_->random(random_);
    invalidate(key, Broadcasts::nobody);
  }
}

/// Those who waited for them have been told.
void Tracking::forget_keys() {
  if (keys_->size() == 0) return;
  auto fresh = std::make_unique<TrackedKeys>();
  std::swap(fresh, keys_);
  garbage_.take(std::move(fresh));
}

// ---- What was changed ----

void Tracking::unit_done(const UnitRecord& unit) {
  tell_touched(unit.author());
  told_ = 0;
}

/// What was touched since the last call.
void Tracking::tell_touched(std::uint64_t author) {
  const std::vector<Touched>& touched = unit_.touched();
  bool told_all = false;  // by what was touched just before: FLUSHALL touches each database
  for (; told_ < touched.size(); ++told_) {
    const Touched& each = touched[told_];
    const bool unasked = each.by == TouchedBy::itself;
    if (!each.whole_database) {
      if (!broadcasts_.prefixes().empty())
        broadcasts_.note(each.key, unasked ? Broadcasts::nobody : author);
      invalidate(each.key, unasked ? Broadcasts::nobody : author);
      told_all = false;
    } else if (each.by != TouchedBy::swap && !std::exchange(told_all, true)) {
      invalidate_all();
    }
  }
  unit_.touched_was_seen();
}

/// Clients that have read it are told, and it is forgotten.
void Tracking::invalidate(std::string_view key, std::uint64_t author) {
  const TrackedKeys::Clients readers = keys_->take(key);
  if (readers.empty()) return;
  const std::string keys = encoded({key});
  for (const std::uint64_t id : readers) {
    const SessionPtr session = clients_.find(id);
    if (!session || !session->tracking.on || session->tracking.broadcast) continue;
    if (session->tracking.no_loop && id == author) continue;
    tell(*session, keys);
  }
}

void Tracking::invalidate_all() {
  for (const auto& [id, session] : clients_.all())
    if (session->tracking.on) tell(*session, std::nullopt);
  forget_keys();
}

bool Tracking::broadcast_all() {
  for (const auto& [text, prefix] : broadcasts_.prefixes())
    if (!prefix.changed.empty()) broadcast(prefix);
  broadcasts_.told();
  return true;
}

void Tracking::broadcast(const Broadcasts::Prefix& prefix) {
  const std::string all = encoded(changed_keys(prefix, std::nullopt));
  for (const std::uint64_t id : prefix.clients) {
    const SessionPtr session = clients_.find(id);
    if (!session) continue;
    if (!session->tracking.no_loop) {
      tell(*session, all);
    } else if (const auto others = changed_keys(prefix, id); !others.empty()) {
      tell(*session, encoded(others));
    }
  }
}

// ---- Messages ----

/// A push in RESP3; in RESP2 a message to whoever it is sent on to, if that one has subscribed to
/// anything. Others cannot be told.
void Tracking::tell(Session& session, Keys keys) {
  SessionPtr other;
  if (session.tracking.redirect != 0) {
    other = receiver(session.tracking.redirect);
    if (!other) return break_redirect(session);
  }
  Session& told = other ? *other : session;
  Buffer message;
  protocol::ReplyWriter writer(message, told.resp);
  if (told.resp == protocol::RespVersion::resp3) {
    writer.push(2);
    writer.bulk("invalidate");
  } else if (other && told.subscription_count() > 0) {
    writer.push(3);
    writer.bulk("message");
    writer.bulk(channel);
  } else {
    return;
  }
  keys ? writer.raw(*keys) : writer.null();
  clients_.push(told, message.view());
}

/// Each time that a message finds nobody.
void Tracking::break_redirect(Session& session) {
  session.tracking.broken_redirect = true;
  if (session.resp != protocol::RespVersion::resp3) return;
  Buffer message;
  protocol::ReplyWriter writer(message, session.resp);
  writer.push(2);
  writer.bulk("tracking-redir-broken");
  writer.integer(static_cast<std::int64_t>(session.tracking.redirect));
  clients_.push(session, message.view());
}

}  // namespace respawn::engine
