// Who listens to which channel or pattern, and the delivery of messages.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>

#include "base/glob.hpp"
#include "engine/clients/client_table.hpp"
#include "engine/clients/listeners.hpp"

namespace respawn::engine {

/// Owner: the keyspace actor. Derived from what the sessions say of themselves: a successor calls
/// rebuild(), and everybody keeps his place. Shard channels are a namespace of their own, which
/// patterns do not reach. Publishing is O(receivers + patterns); a message is encoded once for all
/// its receivers of one protocol version.
class Subscriptions {
 public:
  explicit Subscriptions(ClientTable& clients) : clients_(&clients) {}

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
  bool subscribe_shard(Session& session, std::string_view channel);
  bool unsubscribe_shard(Session& session, std::string_view channel);

  /// Drops everything of a session that leaves.
  void remove(Session& session);

  /// Sends to every listener, those of the channel first; returns how many messages went out.
  /// `block`: where the message lies, if it is all of it (Execution::block_of).
  std::size_t publish(std::string_view channel, std::string_view message,
                      const BlockPtr& block = {});
  std::size_t publish_shard(std::string_view channel, std::string_view message,
                            const BlockPtr& block = {});

  [[nodiscard]] const Table& channels() const { return channels_; }

  [[nodiscard]] const PatternTable& patterns() const { return patterns_; }

  [[nodiscard]] const Table& shard_channels() const { return shard_channels_; }

  void rebuild();

 private:
  std::size_t send(const Listeners& listeners, std::span<const std::string_view> parts,
                   const BlockPtr& block);

  template <class Names>
  bool enter(Names& table, SubscriptionPlaces& own, Session& session, std::string_view name);

  ClientTable* clients_;
  Table channels_;
  PatternTable patterns_;
  Table shard_channels_;
  std::uint64_t last_place_ = 0;  // of all subscriptions
};

}  // namespace respawn::engine
