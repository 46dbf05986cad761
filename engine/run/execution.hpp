// One command while it runs: what it may reach, where its reply goes, and what it did.
#pragma once

#include <concepts>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/value.hpp"
#include "engine/run/effects.hpp"
#include "engine/run/environment.hpp"
#include "engine/table/arguments.hpp"
#include "engine/table/errors.hpp"
#include "keyspace/change.hpp"
#include "protocol/reply_writer.hpp"

namespace respawn::engine {

/// A key's hash that was computed ahead.
struct HashedKey {
  const char* bytes = nullptr;  // null: none was (no_hashed_key)
  std::size_t size = 0;
  std::uint64_t hash = 0;
};

inline constexpr HashedKey no_hashed_key{};

/// Owner: the runner, on its stack. A handler parses all its arguments before it changes anything,
/// and writes exactly one reply.
class Execution {
 public:
  Execution(Environment& environment, Session& session, Effects& effects, const CommandSpec& spec,
            Buffer& output, const HashedKey& foreseen)
      : reply(output, session.resp),
        environment_(&environment),
        session_(&session),
        effects_(&effects),
        spec_(&spec),
        foreseen_(&foreseen),
        now_us_(environment.unit_now_us) {}

  protocol::ReplyWriter reply;

  [[nodiscard]] Session& session() { return *session_; }

  [[nodiscard]] Environment& env() { return *environment_; }

  [[nodiscard]] Store& store() { return environment_->store; }

  [[nodiscard]] const config::Config& config() const { return environment_->config(); }

  [[nodiscard]] const keyspace::Database& db() const {
    return environment_->store.databases.at(static_cast<std::size_t>(session_->db));
  }

  [[nodiscard]] const CommandSpec& spec() const { return *spec_; }

  /// Wall clock at the start of the unit: the same for all that it does.
  [[nodiscard]] std::int64_t now_us() const { return now_us_; }

  [[nodiscard]] std::int64_t now_ms() const { return now_us_ / 1000; }

  /// The time by which it is judged whether keys and fields are over. What is replayed is told of
  /// every end, so there nothing ends by itself.
  [[nodiscard]] std::int64_t expiry_now_ms() const {
    return session_->applying ? std::numeric_limits<std::int64_t>::min() : now_ms();
  }

  /// Whether what is over may be removed in passing. While a pause lasts nothing is; only a command
  /// that changes something, which then is part of a unit that had begun before, has to.
  [[nodiscard]] bool may_expire() const {
    return !environment_->store.pause.active() || spec_->flags.has(Flag::write);
  }

  /// Replies an error (text without '-') and remembers that the command failed.
  void fail(std::string_view error);

  /// Replies an error that a command within this one failed with: it has been counted there. This
  /// one has failed, too.
  void pass_on_error(std::string_view error) {
    failed_ = true;
    reply.error(error);
  }

  [[nodiscard]] bool failed() const { return failed_; }

  /// The reply is written in this version of the protocol from now on (HELLO, RESET).
  void reply_in(protocol::RespVersion version) {
    reply = protocol::ReplyWriter(reply.buffer(), version);
  }

  // Keys. An entry whose time is over is removed (with its effects) and not found.

  /// An argument that is a key, with its hash; who needs it twice keeps it, so that it is hashed
  /// once. The first key of a command may have been hashed ahead.
  [[nodiscard]] keyspace::Key key(std::string_view text) const {
    if (text.data() == foreseen_->bytes && text.size() == foreseen_->size)
      return {text, foreseen_->hash};
    return {text};
  }

  /// To read its value: counts a hit or miss, and as an access.
  const keyspace::Entry* find_read(const keyspace::Key& key);
  /// To change it: counts as an access.
  const keyspace::Entry* find_write(const keyspace::Key& key);
  /// To read something about it (TTL, TYPE, EXISTS): counts a hit or miss, but is no access.
  const keyspace::Entry* find_untouched(const keyspace::Key& key);
  /// To look at it only: neither counted nor an access.
  const keyspace::Entry* peek(const keyspace::Key& key);

  /// As peek, but also what is over is found, and stays.
  [[nodiscard]] const keyspace::Entry* find_any(const keyspace::Key& key) const;

  /// find_read that fails with WRONGTYPE; null with failed() set then, null without when there is
  /// no such key.
  const keyspace::Entry* find_read(const keyspace::Key& key, keyspace::Type type);
  const keyspace::Entry* find_write(const keyspace::Key& key, keyspace::Type type);

  /// Counts as an access, also for a client that leaves no trace (CLIENT NO-TOUCH).
  void touch(const keyspace::Entry& entry);

  // Changes.

  /// The right to change the key at which `entry` was found (null: none was).
  [[nodiscard]] keyspace::Change change(const keyspace::Key& key, const keyspace::Entry* entry) {
    return change_in(session_->db, key, entry);
  }

  [[nodiscard]] keyspace::Change change_in(int db, const keyspace::Key& key,
                                           const keyspace::Entry* entry) {
    return {environment_->store.databases, static_cast<std::size_t>(db), key, entry};
  }

  /// The block whose contents the argument is, to be kept without copying; null where it lies among
  /// others in what was received.
  [[nodiscard]] BlockPtr block_of(std::string_view argument) const {
    BlockPtr block = session_->batch.commands.block_of(argument);
    return block ? block : session_->transaction.queue.block_of(argument);
  }

  // Effects.

  /// The key's value (or existence, or expiry) changed: watchers, tracking, listeners and the log
  /// will know. Counts as so many changes (LPUSH: each element).
  void changed(std::string_view key, int event_class, std::string_view event,
               std::uint64_t changes = 1) {
    changed_in(session_->db, key, event_class, event, changes);
  }

  void changed_in(int db, std::string_view key, int event_class, std::string_view event,
                  std::uint64_t changes = 1) {
    effects_->changes += changes;
    happened_in(db, key, event_class, event);
    environment_->store.unit.touch(db, key);
  }

  /// The key changed, but nobody listens for it: no event.
  void changed_silently(std::string_view key, std::uint64_t changes = 1);

  /// Everything in the database may have changed: FLUSHDB, FLUSHALL, SWAPDB.
  void changed_database(int db, std::uint64_t changes, TouchedBy by = TouchedBy::command);

  /// What is kept with the data but is no key has changed: functions.
  void changed_beside_keys() { ++effects_->changes; }

  /// A stream changed in what Redis tells nobody of who watches the key: its groups.
  void changed_unseen(std::uint64_t changes = 1) { effects_->changes += changes; }

  [[nodiscard]] bool changed_anything() const { return effects_->changes > 0; }

  /// A further event of the same change ("del" behind "lpop"), or one that changes nothing.
  void happened(std::string_view key, int event_class, std::string_view event) {
    happened_in(session_->db, key, event_class, event);
  }

  void happened_in(int db, std::string_view key, int event_class, std::string_view event) {
    if (config().notify_keyspace_events & event_class) [[unlikely]]
      effects_->events.push_back({event_class, event, key, db});
  }

  /// The key was not there before: listeners to new keys will know.
  void created(std::string_view key) {
    if (config().notify_keyspace_events & config::keyspace_event::new_key) [[unlikely]]
      happened(key, config::keyspace_event::new_key, "new");
  }

  /// A copy of a key that is not among the arguments, for events; lives until they are carried out.
  std::string_view keep(std::string_view key) { return effects_->storage.emplace_back(key); }

  /// Elements appeared at the key: clients blocked on it are served behind this command.
  void became_ready(std::string_view key) { became_ready_in(session_->db, key); }

  void became_ready_in(int db, std::string_view key);

  /// Removes a key that is there, with its event.
  void erase(const keyspace::Key& key, const keyspace::Entry* entry,
             int event_class = config::keyspace_event::generic, std::string_view event = "del");

  /// An empty result was stored: whatever is at the key goes, also what is over, of which it is not
  /// said that it expired.
  void erase_any(const keyspace::Key& key);

  /// Elements were removed from a container: the event, so many changes, and the end of a container
  /// that became empty.
  void removed(keyspace::Change& change, int event_class, std::string_view event,
               std::uint64_t changes);

  /// The end of a container that became empty, behind the changed() that says how.
  void erase_if_empty(keyspace::Change& change);

  /// How the removal of a key is replayed: DEL, or UNLINK where it is configured to be lazy.
  static std::string_view deletion(bool lazily) { return lazily ? "UNLINK" : "DEL"; }

  // How the command is replayed: word by word if it changed something, unless it says otherwise.

  /// Whether anybody wants to know: what is only of use to propagate_words() may be left out else.
  [[nodiscard]] bool recorded() const { return environment_->store.unit.wants_effects(); }

  /// As this command instead, in the client's database; of several calls each counts, in their
  /// order. Words are texts or integers: propagate_as("PEXPIREAT", key, at_ms).
  template <class... Words>
  void propagate_as(const Words&... words) {
    if (recorded()) [[unlikely]]
      propagate_words({to_word(words)...});
  }

  /// The same, of words that were put together. Requires recorded().
  void propagate_words(std::vector<std::string> words);

  /// As nothing, though it changed something.
  void propagate_nothing() {
    if (recorded()) [[unlikely]]
      effects_->replay = Replay::not_at_all;
  }

  /// Word by word, also when it changed nothing, to these.
  void propagate_always(Targets targets = Targets::everybody) {
    if (!recorded()) [[likely]]
      return;
    effects_->replay = Replay::always;
    effects_->targets = targets;
  }

  // Waiting.

  /// Instead of a reply: the session waits until one of the keys is ready, and then the command
  /// runs again. Within a transaction or a script it gets `on_timeout` at once. What is returned
  /// may be completed.
  BlockRequest& block_on(Args keys, keyspace::Type wanted, std::int64_t timeout_ms,
                         TimeoutReply on_timeout);

  /// Answers another, blocked client as if its time were over, or with an error (CLIENT UNBLOCK).
  /// False when it is not blocked.
  bool unblock(Session& blocked, bool with_error);

  /// Closes another client's connection: it waits for nothing and hears nothing from now on.
  void disconnect(Session& other);

  /// CLIENT REPLY does not silence what it replied: pushes (SUBSCRIBE and its family), or replies
  /// of others that have been silenced one by one (EXEC).
  void keep_reply() { reply_kept_ = true; }

  [[nodiscard]] bool reply_kept() const { return reply_kept_; }

  /// Whether the command runs again for a blocked client: a key of another type is then as good as
  /// absent.
  [[nodiscard]] bool resuming() const { return session_->blocked.active; }

  /// What the command that runs again said when it blocked (BlockRequest::resolved).
  [[nodiscard]] const std::vector<std::uint64_t>& resolved() const {
    return session_->blocked.resolved;
  }

 private:
  const keyspace::Entry* find_live(const keyspace::Key& key);
  void expire(const keyspace::Key& key, const keyspace::Entry* entry);

  static std::string to_word(std::string_view text) { return std::string(text); }

  template <std::integral Number>
  static std::string to_word(Number number) {
    return std::to_string(number);
  }

  Environment* environment_;
  Session* session_;
  Effects* effects_;
  const CommandSpec* spec_;
  const HashedKey* foreseen_;
  std::int64_t now_us_;
  bool failed_ = false;
  bool reply_kept_ = false;
};

}  // namespace respawn::engine
