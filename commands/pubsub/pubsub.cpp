// Publishing messages on channels and shard channels, and subscribing to them and to patterns.
#include <optional>

#include "base/glob.hpp"
#include "commands/families.hpp"
#include "commands/shared/help.hpp"

namespace respawn::commands {

namespace {

/// What changed, and how many subscriptions of its kind the client has now.
void reply_change(Execution& x, std::string_view change, std::optional<std::string_view> name,
                  std::size_t subscriptions) {
  x.keep_reply();
  x.reply.push(3);
  x.reply.bulk(change);
  name ? x.reply.bulk(*name) : x.reply.null();
  x.reply.integer(static_cast<std::int64_t>(subscriptions));
}

/// One of the three kinds of subscriptions. Channels and patterns are counted together.
struct Kind {
  bool (Subscriptions::*enter)(Session&, std::string_view);
  bool (Subscriptions::*leave)(Session&, std::string_view);
  SubscriptionPlaces ClientState::*own;
  std::string_view entered;
  std::string_view left;

  [[nodiscard]] std::size_t count(const Session& session) const {
    return own == &ClientState::shard_channels ? session.shard_channels.size()
                                               : session.channels.size() + session.patterns.size();
  }
};

constexpr Kind channels{&Subscriptions::subscribe, &Subscriptions::unsubscribe,
                        &ClientState::channels, "subscribe", "unsubscribe"};
constexpr Kind patterns{&Subscriptions::subscribe_pattern, &Subscriptions::unsubscribe_pattern,
                        &ClientState::patterns, "psubscribe", "punsubscribe"};
constexpr Kind shard_channels{&Subscriptions::subscribe_shard, &Subscriptions::unsubscribe_shard,
                              &ClientState::shard_channels, "ssubscribe", "sunsubscribe"};

template <const Kind& kind>
void enter(Execution& x, Args args) {
  for (std::string_view name : args.subspan(1)) {
    (x.env().subscriptions.*kind.enter)(x.session(), name);
    reply_change(x, kind.entered, name, kind.count(x.session()));
  }
}

/// Leaves what is named, or, with no names, all of the kind. Always replies at least once.
template <const Kind& kind>
void leave(Execution& x, Args args) {
  const auto leave_one = [&x](std::string_view name) {
    (x.env().subscriptions.*kind.leave)(x.session(), name);
    reply_change(x, kind.left, name, kind.count(x.session()));
  };
  for (std::string_view name : args.subspan(1)) leave_one(name);
  if (args.size() > 1) return;
  const SubscriptionPlaces& own = x.session().*kind.own;
  if (own.empty()) return reply_change(x, kind.left, std::nullopt, kind.count(x.session()));
  while (!own.empty()) leave_one(std::string(own.begin()->first));
}

using Publish = std::size_t (Subscriptions::*)(std::string_view, std::string_view, const BlockPtr&);

template <Publish publish_to>
void publish(Execution& x, Args args) {
  const std::size_t receivers =
      (x.env().subscriptions.*publish_to)(args[1], args[2], x.block_of(args[2]));
  x.propagate_always(Targets::replicas);
  x.reply.integer(static_cast<std::int64_t>(receivers));
}

// PUBSUB.

/// Says whether there is at most one argument, or fails.
bool takes_pattern(Execution& x, Args args) {
  if (args.size() <= 3) return true;
  x.fail(errors::subcommand_syntax(args[1], args[0]));
  return false;
}

void list_channels(Execution& x, Args args, const Subscriptions::Table& table) {
  if (!takes_pattern(x, args)) return;
  std::optional<Glob> wanted;
  if (args.size() == 3) wanted.emplace(args[2]);
  const std::size_t place = x.reply.announce();
  std::size_t count = 0;
  for (const auto& [channel, listeners] : table) {
    if (wanted && !wanted->matches(channel)) continue;
    x.reply.bulk(channel);
    ++count;
  }
  x.reply.settle(place, protocol::ReplyWriter::Aggregate::array, count);
}

void count_listeners(Execution& x, Args args, const Subscriptions::Table& table) {
  x.reply.array((args.size() - 2) * 2);
  for (std::string_view channel : args.subspan(2)) {
    const auto found = table.find(channel);
    x.reply.bulk(channel);
    x.reply.integer(found == table.end() ? 0 : static_cast<std::int64_t>(found->second.size()));
  }
}

void pubsub_channels(Execution& x, Args args) {
  list_channels(x, args, x.env().subscriptions.channels());
}

void pubsub_numsub(Execution& x, Args args) {
  count_listeners(x, args, x.env().subscriptions.channels());
}

void pubsub_numpat(Execution& x, Args) {
  x.reply.integer(static_cast<std::int64_t>(x.env().subscriptions.patterns().size()));
}

void pubsub_shardchannels(Execution& x, Args args) {
  list_channels(x, args, x.env().subscriptions.shard_channels());
}

void pubsub_shardnumsub(Execution& x, Args args) {
  count_listeners(x, args, x.env().subscriptions.shard_channels());
}

constexpr CommandSpec pubsub_subcommands[] = {
    command({.name = "pubsub|channels",
             .syntax = "[pattern]",
             .group = Group::pubsub,
             .flags = {Flag::pubsub, Flag::loading, Flag::stale},
             .since = "2.8.0",
             .complexity = "O(N) with N being the number of channels.",
             .summary = "Lists the channels that somebody listens to.",
             .run = pubsub_channels}),
    command({.name = "pubsub|numpat",
             .group = Group::pubsub,
             .flags = {Flag::pubsub, Flag::loading, Flag::stale},
             .since = "2.8.0",
             .complexity = "O(1)",
             .summary = "Counts the patterns that somebody listens to.",
             .run = pubsub_numpat}),
    command({.name = "pubsub|numsub",
             .syntax = "[channel [channel ...]]",
             .group = Group::pubsub,
             .flags = {Flag::pubsub, Flag::loading, Flag::stale},
             .since = "2.8.0",
             .complexity = "O(N) with N being the number of channels asked for.",
             .summary = "Counts the listeners of channels, patterns left out.",
             .run = pubsub_numsub}),
    command({.name = "pubsub|shardchannels",
             .syntax = "[pattern]",
             .group = Group::pubsub,
             .flags = {Flag::pubsub, Flag::loading, Flag::stale},
             .since = "7.0.0",
             .complexity = "O(N) with N being the number of shard channels.",
             .summary = "Lists the shard channels that somebody listens to.",
             .run = pubsub_shardchannels}),
    command({.name = "pubsub|shardnumsub",
             .syntax = "[shardchannel [shardchannel ...]]",
             .group = Group::pubsub,
             .flags = {Flag::pubsub, Flag::loading, Flag::stale},
             .since = "7.0.0",
             .complexity = "O(N) with N being the number of channels asked for.",
             .summary = "Counts the listeners of shard channels.",
             .run = pubsub_shardnumsub}),
    command({.name = "pubsub|help",
             .group = Group::pubsub,
             .flags = {Flag::loading, Flag::stale},
             .since = "6.2.0",
             .complexity = "O(1)",
             .summary = "Prints this help.",
             .run = container_help}),
};

constexpr CommandSpec pubsub_rows[] = {
    command({.name = "subscribe",
             .syntax = "channel [channel ...]",
             .group = Group::pubsub,
             .flags = {Flag::pubsub, Flag::noscript, Flag::loading, Flag::stale,
                       Flag::allowed_when_subscribed},
             .since = "2.0.0",
             .complexity = "O(N) with N being the number of channels.",
             .summary = "Subscribes to channels.",
             .run = enter<channels>}),
    command({.name = "unsubscribe",
             .syntax = "[channel [channel ...]]",
             .group = Group::pubsub,
             .flags = {Flag::pubsub, Flag::noscript, Flag::loading, Flag::stale,
                       Flag::allowed_when_subscribed},
             .since = "2.0.0",
             .complexity = "O(N) with N being the number of channels.",
             .summary = "Leaves channels, or all of them.",
             .run = leave<channels>}),
    command({.name = "psubscribe",
             .syntax = "pattern [pattern ...]",
             .group = Group::pubsub,
             .flags = {Flag::pubsub, Flag::noscript, Flag::loading, Flag::stale,
                       Flag::allowed_when_subscribed},
             .since = "2.0.0",
             .complexity = "O(N) with N being the number of patterns.",
             .summary = "Subscribes to all channels that match patterns.",
             .run = enter<patterns>}),
    command({.name = "punsubscribe",
             .syntax = "[pattern [pattern ...]]",
             .group = Group::pubsub,
             .flags = {Flag::pubsub, Flag::noscript, Flag::loading, Flag::stale,
                       Flag::allowed_when_subscribed},
             .since = "2.0.0",
             .complexity = "O(N) with N being the number of patterns.",
             .summary = "Leaves patterns, or all of them.",
             .run = leave<patterns>}),
    command({.name = "publish",
             .syntax = "channel message",
             .group = Group::pubsub,
             .flags = {Flag::pubsub, Flag::loading, Flag::stale, Flag::fast, Flag::may_replicate},
             .since = "2.0.0",
             .complexity =
                 "O(N+M) with N being the number of receivers and M the number of all patterns.",
             .summary = "Sends a message to all who listen to a channel.",
             .run = publish<&Subscriptions::publish>}),
    command({.name = "ssubscribe",
             .syntax = "shardchannel [shardchannel ...]",
             .group = Group::pubsub,
             .flags = {Flag::pubsub, Flag::noscript, Flag::loading, Flag::stale,
                       Flag::allowed_when_subscribed},
             .keys = {keys({KeyFlag::not_key}, 1, -1)},
             .since = "7.0.0",
             .complexity = "O(N) with N being the number of channels.",
             .summary = "Subscribes to shard channels.",
             .run = enter<shard_channels>}),
    command({.name = "sunsubscribe",
             .syntax = "[shardchannel [shardchannel ...]]",
             .group = Group::pubsub,
             .flags = {Flag::pubsub, Flag::noscript, Flag::loading, Flag::stale,
                       Flag::allowed_when_subscribed},
             .keys = {keys({KeyFlag::not_key}, 1, -1)},
             .since = "7.0.0",
             .complexity = "O(N) with N being the number of channels.",
             .summary = "Leaves shard channels, or all of them.",
             .run = leave<shard_channels>}),
    command({.name = "spublish",
             .syntax = "shardchannel message",
             .group = Group::pubsub,
             .flags = {Flag::pubsub, Flag::loading, Flag::stale, Flag::fast, Flag::may_replicate},
             .keys = {keys({KeyFlag::not_key}, 1)},
             .since = "7.0.0",
             .complexity = "O(N) with N being the number of receivers.",
             .summary = "Sends a message to all who listen to a shard channel.",
             .run = publish<&Subscriptions::publish_shard>}),
    command({.name = "pubsub",
             .group = Group::pubsub,
             .since = "2.8.0",
             .complexity = "Depends on subcommand.",
             .summary = "Tells about channels and their listeners.",
             .subcommands = pubsub_subcommands}),
};

}  // namespace

constinit const std::span<const CommandSpec> pubsub_commands = pubsub_rows;

}  // namespace respawn::commands
