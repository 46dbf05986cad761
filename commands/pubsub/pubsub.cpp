// Publishing messages on channels, and subscribing to channels and patterns.
#include <optional>

#include "base/glob.hpp"
#include "commands/families.hpp"
#include "commands/shared/help.hpp"

namespace respawn::commands {

namespace {

/// What changed, and how many subscriptions the client has now.
void reply_change(Execution& x, std::string_view change, std::optional<std::string_view> name) {
  x.keep_reply();
  x.reply.push(3);
  x.reply.bulk(change);
  name ? x.reply.bulk(*name) : x.reply.null();
  x.reply.integer(static_cast<std::int64_t>(x.session().subscription_count()));
}

void subscribe(Execution& x, Args args) {
  for (std::string_view channel : args.subspan(1)) {
    x.env().subscriptions.subscribe(x.session(), channel);
    reply_change(x, "subscribe", channel);
  }
}

void psubscribe(Execution& x, Args args) {
  for (std::string_view pattern : args.subspan(1)) {
    x.env().subscriptions.subscribe_pattern(x.session(), pattern);
    reply_change(x, "psubscribe", pattern);
  }
}

using Leave = bool (Subscriptions::*)(Session&, std::string_view);

/// Leaves what is named, or, with no names, all of `own`. Always replies at least once.
void leave(Execution& x, Args args, Leave leave_one, std::string_view change,
           const std::set<std::string, std::less<>>& own) {
  Subscriptions& subscriptions = x.env().subscriptions;
  for (std::string_view name : args.subspan(1)) {
    (subscriptions.*leave_one)(x.session(), name);
    reply_change(x, change, name);
  }
  if (args.size() > 1) return;
  if (own.empty()) return reply_change(x, change, std::nullopt);
  while (!own.empty()) {
    const std::string name = *own.begin();
    (subscriptions.*leave_one)(x.session(), name);
    reply_change(x, change, name);
  }
}

void unsubscribe(Execution& x, Args args) {
  leave(x, args, &Subscriptions::unsubscribe, "unsubscribe", x.session().channels);
}

void punsubscribe(Execution& x, Args args) {
  leave(x, args, &Subscriptions::unsubscribe_pattern, "punsubscribe", x.session().patterns);
}

void publish(Execution& x, Args args) {
  const std::size_t receivers = x.env().subscriptions.publish(args[1], args[2]);
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

void pubsub_channels(Execution& x, Args args) {
  if (!takes_pattern(x, args)) return;
  std::optional<Glob> wanted;
  if (args.size() == 3) wanted.emplace(args[2]);
  const std::size_t place = x.reply.announce();
  std::size_t count = 0;
  for (const auto& [channel, listeners] : x.env().subscriptions.channels()) {
    if (wanted && !wanted->matches(channel)) continue;
    x.reply.bulk(channel);
    ++count;
  }
  x.reply.settle(place, protocol::ReplyWriter::Aggregate::array, count);
}

void pubsub_numsub(Execution& x, Args args) {
  const Subscriptions::Table& channels = x.env().subscriptions.channels();
  x.reply.array((args.size() - 2) * 2);
  for (std::string_view channel : args.subspan(2)) {
    const auto found = channels.find(channel);
    x.reply.bulk(channel);
    x.reply.integer(found == channels.end() ? 0 : static_cast<std::int64_t>(found->second.size()));
  }
}

void pubsub_numpat(Execution& x, Args) {
  x.reply.integer(static_cast<std::int64_t>(x.env().subscriptions.patterns().size()));
}

// There are no shard channels without a cluster's slots.

void pubsub_shardchannels(Execution& x, Args args) {
  if (takes_pattern(x, args)) x.reply.array(0);
}

void pubsub_shardnumsub(Execution& x, Args args) {
  x.reply.array((args.size() - 2) * 2);
  for (std::string_view channel : args.subspan(2)) {
    x.reply.bulk(channel);
    x.reply.integer(0);
  }
}

constexpr CommandSpec pubsub_rows[] = {
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
             .complexity = "O(1)",
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

constexpr CommandSpec rows[] = {
    command({.name = "subscribe",
             .syntax = "channel [channel ...]",
             .group = Group::pubsub,
             .flags = {Flag::pubsub, Flag::noscript, Flag::loading, Flag::stale,
                       Flag::allowed_when_subscribed},
             .since = "2.0.0",
             .complexity = "O(N) with N being the number of channels.",
             .summary = "Subscribes to channels.",
             .run = subscribe}),
    command({.name = "unsubscribe",
             .syntax = "[channel [channel ...]]",
             .group = Group::pubsub,
             .flags = {Flag::pubsub, Flag::noscript, Flag::loading, Flag::stale,
                       Flag::allowed_when_subscribed},
             .since = "2.0.0",
             .complexity = "O(N) with N being the number of channels.",
             .summary = "Leaves channels, or all of them.",
             .run = unsubscribe}),
    command({.name = "psubscribe",
             .syntax = "pattern [pattern ...]",
             .group = Group::pubsub,
             .flags = {Flag::pubsub, Flag::noscript, Flag::loading, Flag::stale,
                       Flag::allowed_when_subscribed},
             .since = "2.0.0",
             .complexity = "O(N) with N being the number of patterns.",
             .summary = "Subscribes to all channels that match patterns.",
             .run = psubscribe}),
    command({.name = "punsubscribe",
             .syntax = "[pattern [pattern ...]]",
             .group = Group::pubsub,
             .flags = {Flag::pubsub, Flag::noscript, Flag::loading, Flag::stale,
                       Flag::allowed_when_subscribed},
             .since = "2.0.0",
             .complexity = "O(N) with N being the number of patterns.",
             .summary = "Leaves patterns, or all of them.",
             .run = punsubscribe}),
    command({.name = "publish",
             .syntax = "channel message",
             .group = Group::pubsub,
             .flags = {Flag::pubsub, Flag::loading, Flag::stale, Flag::fast, Flag::may_replicate},
             .since = "2.0.0",
             .complexity =
                 "O(N+M) with N being the number of receivers and M the number of all patterns.",
             .summary = "Sends a message to all who listen to a channel.",
             .run = publish}),
    command({.name = "pubsub",
             .group = Group::pubsub,
             .since = "2.8.0",
             .complexity = "Depends on subcommand.",
             .summary = "Tells about channels and their listeners.",
             .subcommands = pubsub_rows}),
};

}  // namespace

constinit const std::span<const CommandSpec> pubsub_commands = rows;

}  // namespace respawn::commands
