// One command while it runs: what it may reach, where its reply goes, and what it did.
#pragma once

#include <cstdint>
#include <string_view>

#include "config/value.hpp"
#include "engine/run/effects.hpp"
#include "engine/run/environment.hpp"
#include "engine/table/arguments.hpp"
#include "engine/table/errors.hpp"
#include "protocol/reply_writer.hpp"

namespace respawn::engine {

/// Owner: the executor, on its stack. A handler parses all its arguments before it changes
/// anything, and writes exactly one reply.
class Execution {
 public:
  Execution(Environment& environment, Session& session, Effects& effects, const CommandSpec& spec,
            std::int64_t now_us)
      : reply(session.batch.output, session.resp),
        environment_(&environment),
        session_(&session),
        effects_(&effects),
        spec_(&spec),
        now_us_(now_us) {}

  protocol::ReplyWriter reply;

  [[nodiscard]] Session& session() { return *session_; }

  [[nodiscard]] Environment& env() { return *environment_; }

  [[nodiscard]] Store& store() { return environment_->store; }

  [[nodiscard]] const config::Config& config() const { return environment_->config(); }

  [[nodiscard]] keyspace::Database& db() {
    return environment_->store.databases.at(static_cast<std::size_t>(session_->db));
  }

  [[nodiscard]] const CommandSpec& spec() const { return *spec_; }

  /// Wall clock at the start of the command: the same for all it does.
  [[nodiscard]] std::int64_t now_us() const { return now_us_; }

  [[nodiscard]] std::int64_t now_ms() const { return now_us_ / 1000; }

  /// Replies an error (text without '-') and remembers that the command failed.
  void fail(std::string_view error);

  [[nodiscard]] bool failed() const { return failed_; }

  // Keys. An entry whose time is over is removed (with its effects) and not found.

  /// An argument that is a key, with its hash; who needs it twice keeps it, so that it is hashed
  /// once. The first key of a command may have been hashed ahead.
  [[nodiscard]] keyspace::Key key(std::string_view text) const {
    if (text.data() == expected_key_) return {text, expected_hash_};
    return {text};
  }

  /// Of the executor: the key that begins at `bytes` has this hash.
  void expect_key(const char* bytes, std::uint64_t hash) {
    expected_key_ = bytes;
    expected_hash_ = hash;
  }

  /// To read its value: counts a hit or miss, and as an access.
  keyspace::Entry* find_read(const keyspace::Key& key);
  /// To change it: counts as an access.
  keyspace::Entry* find_write(const keyspace::Key& key);
  /// To read something about it (TTL, TYPE, EXISTS): counts a hit or miss, but is no access.
  keyspace::Entry* find_untouched(const keyspace::Key& key);
  /// To look at it only: neither counted nor an access.
  keyspace::Entry* peek(const keyspace::Key& key);

  /// find_read that fails with WRONGTYPE; null with failed() set then, null without when there is
  /// no such key.
  keyspace::Entry* find_read(const keyspace::Key& key, keyspace::Type type);
  keyspace::Entry* find_write(const keyspace::Key& key, keyspace::Type type);

  /// Counts as an access, also for a client that leaves no trace (CLIENT NO-TOUCH).
  void touch(keyspace::Entry& entry);

  // Effects.

  /// The key's value (or existence, or expiry) changed: watchers, tracking, listeners and the log
  /// will know. Counts one change.
  void changed(std::string_view key, int event_class, std::string_view event);

  /// A further event of the same change ("del" behind "lpop"), or one that changes nothing.
  void happened(std::string_view key, int event_class, std::string_view event);

  /// The key was not there before: listeners to new keys will know.
  void created(std::string_view key) {
    if (config().notify_keyspace_events & config::keyspace_event::new_key) [[unlikely]]
      happened(key, config::keyspace_event::new_key, "new");
  }

  /// A copy of a key that is not among the arguments, for events; lives until they are carried out.
  std::string_view keep(std::string_view key) { return effects_->storage.emplace_back(key); }

  /// `changes` more than changed() has counted (LPUSH of several elements counts each).
  void count_changes(std::uint64_t changes) { effects_->dirty += changes; }

  /// Elements appeared at the key: clients blocked on it are served behind this command.
  void became_ready(std::string_view key);

  /// Removes a key that a client asked to remove, or that became empty, with its event.
  void erase(const keyspace::Key& key, int event_class = config::keyspace_event::generic,
             std::string_view event = "del");

  /// Instead of a reply: the session waits until one of the keys is ready, and then the command
  /// runs again.
  void block_on(Args keys, keyspace::Type wanted, std::int64_t timeout_ms, TimeoutReply on_timeout);

  /// Answers another, blocked client as if its time were over, or with an error (CLIENT UNBLOCK).
  /// False when it is not blocked.
  bool unblock(Session& blocked, bool with_error);

  /// Closes another client's connection: it waits for nothing and hears nothing from now on.
  void disconnect(Session& other);

  /// What it replies are pushes, which CLIENT REPLY OFF does not silence (SUBSCRIBE and its
  /// family).
  void reply_with_pushes() { pushes_ = true; }

  [[nodiscard]] bool pushes() const { return pushes_; }

  /// Whether the command runs again for a blocked client: a key of another type is then as good as
  /// absent.
  [[nodiscard]] bool resuming() const { return session_->blocked.active; }

 private:
  keyspace::Entry* find_live(const keyspace::Key& key);

  Environment* environment_;
  Session* session_;
  Effects* effects_;
  const CommandSpec* spec_;
  std::int64_t now_us_;
  bool failed_ = false;
  bool pushes_ = false;
  const char* expected_key_ = nullptr;
  std::uint64_t expected_hash_ = 0;
};

}  // namespace respawn::engine
