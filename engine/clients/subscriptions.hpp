// Who listens to which channel or pattern, and the delivery of messages.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/glob.hpp"
#include "engine/clients/client_table.hpp"

namespace respawn::engine {

/// Owner: the keyspace actor. Derived from the sessions' own channel and pattern sets: a successor
/// calls rebuild(). Publishing is O(receivers + patterns).
class Subscriptions {
 public:
  explicit Subscriptions(ClientTable& clients) : clients_(&clients) {}

  using Listeners = std::map<std::uint64_t, Session*>;  // by client id
  using Table = std::map<std::string, Listeners, std::less<>>;

  /// A pattern that somebody listens to.
  struct Pattern {
    Glob glob;
    Listeners listeners;
  };

  using PatternTable = std::map<std::string, Pattern, std::less<>>;

  /// False when the session had it already (or had it not).
  bool subscribe(Session& session, std::string_view channel);
  bool unsubscribe(Session& session, std::string_view channel);
  bool subscribe_pattern(Session& session, std::string_view pattern);
  bool unsubscribe_pattern(Session& session, std::string_view pattern);

  /// Drops everything of a session that leaves.
  void remove(Session& session);

  /// Sends to every listener; returns how many messages went out.
  std::size_t publish(std::string_view channel, std::string_view message);

  [[nodiscard]] const Table& channels() const { return channels_; }

  [[nodiscard]] const PatternTable& patterns() const { return patterns_; }

  void rebuild();

 private:
  ClientTable* clients_;
  Table channels_;
  PatternTable patterns_;
};

}  // namespace respawn::engine
