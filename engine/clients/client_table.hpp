// Every client the keyspace knows, and what is to be done with their connections.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "engine/clients/session.hpp"

namespace respawn::engine {

/// Owner: the keyspace actor; outlives it, and is where its successor finds blocked and subscribed
/// clients. Sessions are in the order of their ids, which is the order of their arrival.
class ClientTable {
 public:
  void add(SessionPtr session);
  void remove(Session& session);

  [[nodiscard]] SessionPtr find(std::uint64_t id) const;

  [[nodiscard]] std::size_t size() const { return sessions_.size(); }

  [[nodiscard]] const std::map<std::uint64_t, SessionPtr>& all() const { return sessions_; }

  /// Marks a session killed: its connection is told to close; no more commands of it run.
  void kill(Session& session);

  /// Appends bytes that reach the client outside its replies. They go out behind every reply that
  /// was made before, and before every later one: into its batch's output while the keyspace writes
  /// there, else as a message of their own at the end of this turn (take_pushes). While a command
  /// of its own runs they wait for the end of that command's reply.
  void push(Session& session, std::string_view bytes);

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

  /// The sessions that were pushed to since the last call, and those to be closed, for the actor
  /// that tells their connections.
  std::vector<SessionPtr> take_pushing();
  std::vector<SessionPtr> take_killed();

  /// What a session of take_pushing() is to be sent now; empty when it goes out with its replies.
  static Buffer take_pushes(Session& session);

  /// Blocked sessions, counted for INFO.
  std::size_t blocked_count = 0;

  std::uint64_t input_max_bytes = 0;  // INFO client_recent_max_input_buffer
  std::uint64_t output_max_bytes = 0;

 private:
  void push_behind_reply(Session& session);
  void flush_later(Session& session);

  std::uint64_t generation_ = 0;  // of the keyspace actor
  std::map<std::uint64_t, SessionPtr> sessions_;
  std::map<std::uint64_t, Session*> monitors_;
  std::vector<SessionPtr> pushing_;
  std::vector<SessionPtr> killed_;
};

}  // namespace respawn::engine
