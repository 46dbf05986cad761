#include "engine/clients/subscriptions.hpp"

#include <array>
#include <span>

#include "base/glob.hpp"

namespace respawn::engine {

namespace {

using Names = std::set<std::string, std::less<>>;

bool enter(Subscriptions::Table& table, Names& own, Session& session, std::string_view name) {
  if (!own.emplace(name).second) return false;
  auto place = table.find(name);
  if (place == table.end()) place = table.emplace(name, Subscriptions::Listeners{}).first;
  place->second.emplace(session.id, &session);
  session.facts.subscriber.store(true, std::memory_order_relaxed);
  return true;
}

void drop(Subscriptions::Table& table, const Session& session, std::string_view name) {
  auto place = table.find(name);
  if (place == table.end()) return;
  place->second.erase(session.id);
  if (place->second.empty()) table.erase(place);
}

bool leave(Subscriptions::Table& table, Names& own, Session& session, std::string_view name) {
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
  for (auto& [pattern, listeners] : patterns_) {
    if (!glob_match(pattern, channel)) continue;
    const std::array<std::string_view, 4> parts{"pmessage", pattern, channel, message};
    EncodedMessage encoded(parts);
    for (auto& [id, session] : listeners) clients_->push(*session, encoded.in(session->resp));
    receivers += listeners.size();
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
      patterns_[pattern].emplace(id, session.get());
  }
}

}  // namespace respawn::engine
