#include "engine/clients/subscriptions.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <span>
#include <vector>

#include "engine/clients/client_memory.hpp"

namespace respawn::engine {

namespace {

/// An encoded message of this size or more is shared by its receivers, a smaller one is copied into
/// what each of them is sent. Measured, nanoseconds per receiver of 1,000 until the socket has it,
/// copied and shared: 47 and 126 for 100 bytes, 148 and 124 for 1 KiB, 323 and 251 for 4 KiB; above
/// that copies take fresh pages (10 microseconds and more).
constexpr std::size_t shared_min_bytes = 1024;

constexpr std::string_view line_end = "\r\n";

Listeners& listeners_in(Listeners& of_channel) {
  return of_channel;
}

Listeners& listeners_in(Subscriptions::Pattern& pattern) {
  return pattern.listeners;
}

/// Those of a channel; there are none yet when it is new.
Listeners& listeners_of(Subscriptions::Table& channels, std::string_view name) {
  const auto known = channels.find(name);
  return known != channels.end() ? known->second : channels[std::string(name)];
}

/// Those of a pattern, which is compiled when it is new.
Listeners& listeners_of(Subscriptions::PatternTable& patterns, std::string_view name) {
  auto place = patterns.find(name);
  if (place == patterns.end())
    place = patterns.emplace(name, Subscriptions::Pattern{Glob(name), {}}).first;
  return place->second.listeners;
}

template <class Table>
void drop(Table& table, std::string_view name, std::uint64_t place) {
  const auto known = table.find(name);
  if (known == table.end()) return;
  Listeners& listeners = listeners_in(known->second);
  listeners.remove(place);
  if (listeners.empty()) table.erase(known);
}

template <class Table>
bool leave(Table& table, SubscriptionPlaces& own, Session& session, std::string_view name) {
  const auto subscription = own.find(name);
  if (subscription == own.end()) return false;
  drop(table, name, subscription->second);
  own.erase(subscription);
  session.names_bytes -= bytes_of_name(name);
  session.facts.subscriber.store(session.subscription_count() > 0, std::memory_order_relaxed);
  return true;
}

template <class Table>
void leave_all(Table& table, SubscriptionPlaces& own, Session& session) {
  for (const auto& [name, place] : own) {
    drop(table, name, place);
    session.names_bytes -= bytes_of_name(name);
  }
  own.clear();
}

/// Moves what was encoded into a block, but for the line end: whatever is attached has plain bytes
/// behind it, so that a buffer that holds something is never empty().
void share(Buffer& encoded) {
  const std::string_view bytes = encoded.view().substr(0, encoded.size() - line_end.size());
  BlockPtr block = SharedBlock::create(bytes.size());
  std::memcpy(block->data(), bytes.data(), bytes.size());
  block->resize(bytes.size());
  encoded.release();
  const std::string_view shared = block->view();
  encoded.attach(std::move(block), shared);
  encoded.append(line_end);
}

/// A message, encoded at most once per protocol version. Its last part is what was published.
class EncodedMessage {
 public:
  EncodedMessage(std::span<const std::string_view> parts, const BlockPtr& block)
      : parts_(parts), block_(block) {}

  const Buffer& in(protocol::RespVersion version) {
    Buffer& buffer = encoded_[version == protocol::RespVersion::resp3 ? 1 : 0];
    if (buffer.empty()) encode(buffer, version);
    return buffer;
  }

 private:
  void encode(Buffer& buffer, protocol::RespVersion version) const {
    protocol::ReplyWriter writer(buffer, version);
    writer.push(parts_.size());
    for (const std::string_view part : parts_.first(parts_.size() - 1)) writer.bulk(part);
    writer.bulk(block_, parts_.back());
    if (buffer.size() >= shared_min_bytes && !buffer.has_attachments()) share(buffer);
  }

  std::span<const std::string_view> parts_;
  const BlockPtr& block_;
  std::array<Buffer, 2> encoded_;
};

/// All subscriptions of one kind that the sessions have.
template <class Table>
class Rebuilt {
 public:
  void collect(Session& session, const SubscriptionPlaces& own) {
    for (const auto& [name, place] : own) found_.push_back({place, &name, &session});
  }

  /// Each at its place; returns the last one.
  std::uint64_t enter(Table& table) {
    std::sort(found_.begin(), found_.end(),
              [](const Found& one, const Found& other) { return one.place < other.place; });
    for (const Found& each : found_) listeners_of(table, *each.name).add(each.place, *each.session);
    return found_.empty() ? 0 : found_.back().place;
  }

 private:
  struct Found {
    std::uint64_t place = 0;
    const std::string* name = nullptr;
    Session* session = nullptr;
  };

  std::vector<Found> found_;
};

}  // namespace

template <class Names>
bool Subscriptions::enter(Names& table, SubscriptionPlaces& own, Session& session,
                          std::string_view name) {
  const auto [subscription, is_new] = own.try_emplace(std::string(name), last_place_ + 1);
  if (!is_new) return false;
  listeners_of(table, name).add(++last_place_, session);
  session.names_bytes += bytes_of_name(name);
  session.facts.subscriber.store(true, std::memory_order_relaxed);
  return true;
}

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

bool Subscriptions::subscribe_shard(Session& session, std::string_view channel) {
  return enter(shard_channels_, session.shard_channels, session, channel);
}

bool Subscriptions::unsubscribe_shard(Session& session, std::string_view channel) {
  return leave(shard_channels_, session.shard_channels, session, channel);
}

void Subscriptions::remove(Session& session) {
  leave_all(channels_, session.channels, session);
  leave_all(patterns_, session.patterns, session);
  leave_all(shard_channels_, session.shard_channels, session);
  session.facts.subscriber.store(false, std::memory_order_relaxed);
}

std::size_t Subscriptions::send(const Listeners& listeners, std::span<const std::string_view> parts,
                                const BlockPtr& block) {
  EncodedMessage message(parts, block);
  listeners.for_each([&](Session& session) { clients_->push(session, message.in(session.resp)); });
  return listeners.size();
}

std::size_t Subscriptions::publish(std::string_view channel, std::string_view message,
                                   const BlockPtr& block) {
  std::size_t receivers = 0;
  if (const auto known = channels_.find(channel); known != channels_.end()) {
    const std::array<std::string_view, 3> parts{"message", channel, message};
    receivers += send(known->second, parts, block);
  }
  for (auto& [pattern, known] : patterns_) {
    if (!known.glob.matches(channel)) continue;
    const std::array<std::string_view, 4> parts{"pmessage", pattern, channel, message};
    receivers += send(known.listeners, parts, block);
  }
  return receivers;
}

std::size_t Subscriptions::publish_shard(std::string_view channel, std::string_view message,
                                         const BlockPtr& block) {
  const auto known = shard_channels_.find(channel);
  if (known == shard_channels_.end()) return 0;
  const std::array<std::string_view, 3> parts{"smessage", channel, message};
  return send(known->second, parts, block);
}

void Subscriptions::rebuild() {
  Rebuilt<Table> channels;
  Rebuilt<PatternTable> patterns;
  Rebuilt<Table> shard_channels;
  for (const auto& [id, session] : clients_->all()) {
    channels.collect(*session, session->channels);
    patterns.collect(*session, session->patterns);
    shard_channels.collect(*session, session->shard_channels);
  }
  channels_.clear();
  patterns_.clear();
  shard_channels_.clear();
  last_place_ = std::max({channels.enter(channels_), patterns.enter(patterns_),
                          shard_channels.enter(shard_channels_)});
}

}  // namespace respawn::engine
