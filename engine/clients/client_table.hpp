// Every client the keyspace knows, and what is to be done with their connections.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string_view>
#include <vector>

#include "engine/clients/session.hpp"

namespace respawn::engine {

/// Told of whoever is told something outside his replies.
class PushObserver {
 public:
  virtual ~PushObserver() = default;
  virtual void pushed(Session& session) = 0;
};

/// Owner: the keyspace actor; outlives it, and is where its successor finds blocked and subscribed
/// clients. Sessions are in the order of their ids, which is the order of their arrival.
class ClientTable {
 public:
  /// Who was pushed to waits for the others (take_pushing), until this much waits for him.
  static constexpr std::size_t waiting_bytes_max = 16 * 1024;
  /// Those of one turn: a part of those that wait, and never less than so many.
  static constexpr std::size_t turn_share = 16;
  static constexpr std::size_t turn_sessions_min = 64;

  void add(SessionPtr session);
  void remove(Session& session);

  [[nodiscard]] SessionPtr find(std::uint64_t id) const;

  [[nodiscard]] std::size_t size() const { return sessions_.size(); }

  [[nodiscard]] const std::map<std::uint64_t, SessionPtr>& all() const { return sessions_; }

  /// Marks a session killed: its connection is told to close; no more commands of it run.
  void kill(Session& session);

  /// Appends bytes that reach the client outside its replies. They go out behind every reply that
  /// was made before, and before every later one: into its batch's output while the keyspace writes
  /// there, else as a message of their own (take_pushing). While a command of its own runs they
  /// wait for the end of that command's reply. What is attached to a buffer is held, not copied.
  void push(Session& session, std::string_view bytes);
  void push(Session& session, const Buffer& bytes);

  /// Null: nobody is told.
  void observe_pushes(PushObserver* observer) { push_observer_ = observer; }

  /// Memory that push() has taken so far, in all: what has gone out meanwhile is not taken off, and
  /// what is attached is not counted.
  [[nodiscard]] std::uint64_t pushed_bytes() const { return pushed_bytes_; }

  /// To be called before the first command of a queued batch: what was pushed and has not gone out
  /// yet goes before its replies.
  void begin_batch(Session& session) {
    if (!session.pushes.empty()) [[unlikely]]
      push_before_replies(session);
  }

  /// The session's command has replied, or waits: here is where what was pushed meanwhile belongs.
  void end_command(Session& session) {
    if (!session.pushes.empty()) [[unlikely]]
      push_behind_reply(session);
  }

  /// MONITOR: the session sees every command from now on, or no longer.
  void set_monitor(Session& session, bool on);

  [[nodiscard]] const std::map<std::uint64_t, Session*>& monitors() const { return monitors_; }

  /// A new keyspace actor takes over. A batch that the one before was executing is with its
  /// connection from now on (Session::keyspace_holds_batch); what was pushed to its client while
  /// the command ran that failed goes out behind the error.
  void enter_generation(std::uint64_t keyspace_generation);

  /// Sessions that were pushed to, for the actor that tells their connections; once in a turn of
  /// its loop while has_pushing(). Of very many it gets a share, so that a turn is not spent on
  /// telling them all: in the order in which they began to wait, each within turn_share turns or a
  /// few more. What is pushed meanwhile to those that wait goes out with the rest, in one write.
  /// Not later than now come those for whom more than waiting_bytes_max waits.
  std::vector<SessionPtr> take_pushing();

  [[nodiscard]] bool has_pushing() const { return !at_once_.empty() || !in_turn_.empty(); }

  /// What a session of take_pushing() is to be sent now; empty when it goes out with its replies.
  static Buffer take_pushes(Session& session);

  /// The sessions to be closed since the last call, for the same actor.
  std::vector<SessionPtr> take_killed();

  /// Blocked sessions, counted for INFO.
  std::size_t blocked_count = 0;

  std::uint64_t input_max_bytes = 0;  // INFO client_recent_max_input_buffer
  std::uint64_t output_max_bytes = 0;

 private:
  template <class Bytes>
  void put(Session& session, const Bytes& bytes);
  template <class Bytes>
  void append(Buffer& to, const Bytes& bytes);
  void push_behind_reply(Session& session);
  static void push_before_replies(Session& session);
  void flush_later(Session& session, std::size_t waiting_bytes);
  void recover_pushes(Session& session);

  PushObserver* push_observer_ = nullptr;
  std::uint64_t generation_ = 0;  // of the keyspace actor
  std::uint64_t pushed_bytes_ = 0;
  std::map<std::uint64_t, SessionPtr> sessions_;
  std::map<std::uint64_t, Session*> monitors_;
  // Those whose push_queue says so; of one that has moved on, in_turn_ keeps a trace.
  std::deque<SessionPtr> in_turn_;
  std::vector<SessionPtr> at_once_;
  std::size_t share_ = 0;  // of a turn; does not fall while some wait
  std::vector<SessionPtr> killed_;
};

}  // namespace respawn::engine
