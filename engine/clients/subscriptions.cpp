#include "engine/clients/subscriptions.hpp"

#include <array>
#include <span>

namespace respawn::engine {

namespace {

using Names = std::set<std::string, std::less<>>;

Subscriptions::Listeners& listeners_in(Subscriptions::Listeners& of_channel) {
  return of_channel;
}

Subscriptions::Listeners& listeners_in(Subscriptions::Pattern& pattern) {
  return pattern.listeners;
}

/// Those of a channel; there are none yet when it is new.
Subscriptions::Listeners& listeners_of(Subscriptions::Table& channels, std::string_view name) {
  const auto known = channels.find(name);
  return known != channels.end() ? known->second : channels[std::string(name)];
}

/// Those of a pattern, which is compiled when it is new.
Subscriptions::Listeners& listeners_of(Subscriptions::PatternTable& patterns,
                                       std::string_view name) {
  auto place = patterns.find(name);
  if (place == patterns.end())
    place = patterns.emplace(name, Subscriptions::Pattern{Glob(name), {}}).first;
  return place->second.listeners;
}

template <class Table>
bool enter(Table& table, Names& own, Session& session, std::string_view name) {
  if (!own.emplace(name).second) return false;
  listeners_of(table, name).emplace(session.id, &session);
  session.facts.subscriber.store(true, std::memory_order_relaxed);
  return true;
}

template <class Table>
void drop(Table& table, const Session& session, std::string_view name) {
  auto place = table.find(name);
  if (place == table.end()) return;
  Subscriptions::Listeners& listeners = listeners_in(place->second);
  listeners.erase(session.id);
  if (listeners.empty()) table.erase(place);
}

template <class Table>
bool leave(Table& table, Names& own, Session& session, std::string_view name) {
  auto place = own.find(name);
  if (place == own.end()) return false;
  drop(table, session, name);
  own.erase(place);
  session.facts.subscriber.store(session.subscription_count() > 0, std::memory_order_relaxed);
  return true;
}

/// A pub/sub message encoded at most once per protocol version.
class EncodedMessage {
 public:
  explicit EncodedMessage(std::span<const std::string_view> parts) : parts_(parts) {}

  std::string_view in(protocol::RespVersion version) {
    Buffer& buffer = encoded_[version == protocol::RespVersion::resp3 ? 1 : 0];
    if (buffer.empty()) {
      protocol::ReplyWriter writer(buffer, version);
      writer.push(parts_.size());
      for (std::string_view part : parts_) writer.bulk(part);
    }
    return buffer.view();
  }

 private:
  std::span<const std::string_view> parts_;
  std::array<Buffer, 2> encoded_;
};

}  // namespace

bool Subscriptions::subscribe(Session& session, std::string_view channel) {
  return enter(channels_, session.channels, session, channel);
}

bool Subscriptions::unsubscribe(Session& session, std::string_view channel) {
  return leave(channels_, session.channels, session, channel);
}

bool Subscriptions::subscribe_pattern(Session& session, std::string_view pattern) {
  return enter(patterns_, session.patterns, session, pattern);
}

bool Subscriptions::unsubscribe_pattern(Session& session, std::string_view pattern) {
  return leave(patterns_, session.patterns, session, pattern);
}

void Subscriptions::remove(Session& session) {
  for (const std::string& channel : session.channels) drop(channels_, session, channel);
  for (const std::string& pattern : session.patterns) drop(patterns_, session, pattern);
  session.channels.clear();
  session.patterns.clear();
  session.facts.subscriber.store(false, std::memory_order_relaxed);
}

std::size_t Subscriptions::publish(std::string_view channel, std::string_view message) {
  std::size_t receivers = 0;
  if (auto place = channels_.find(channel); place != channels_.end()) {
    const std::array<std::string_view, 3> parts{"message", channel, message};
    EncodedMessage encoded(parts);
    for (auto& [id, session] : place->second) clients_->push(*session, encoded.in(session->resp));
    receivers += place->second.size();
  }
  for (auto& [pattern, known] : patterns_) {
    if (!known.glob.matches(channel)) continue;
    const std::array<std::string_view, 4> parts{"pmessage", pattern, channel, message};
    EncodedMessage encoded(parts);
    for (auto& [id, session] : known.listeners) clients_->push(*session, encoded.in(session->resp));
    receivers += known.listeners.size();
  }
  return receivers;
}

void Subscriptions::rebuild() {
  channels_.clear();
  patterns_.clear();
  for (const auto& [id, session] : clients_->all()) {
    for (const std::string& channel : session->channels)
      channels_[channel].emplace(id, session.get());
    for (const std::string& pattern : session->patterns)
      listeners_of(patterns_, pattern).emplace(id, session.get());
  }
}

}  // namespace respawn::engine
