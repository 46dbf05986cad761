#include "engine/run/rights.hpp"

#include "engine/clients/client_info.hpp"
#include "engine/table/channel_finder.hpp"
#include "engine/table/key_finder.hpp"

namespace respawn::engine {

namespace {

using access::Denial;

/// The keys among the arguments. Where they cannot be found there are none: the command will fail.
std::vector<access::KeyUse> keys_of(const CommandSpec& spec, Args args) {
  std::vector<access::KeyUse> uses;
  if (!has_keys(spec)) return uses;
  const auto found = find_keys(spec, args);
  if (!found) return uses;
  for (const FoundKey& key : *found) {
    const KeyFlags flags = key.flags;
    const bool writes =
        flags.has(KeyFlag::insert) || flags.has(KeyFlag::erase) || flags.has(KeyFlag::update);
    uses.push_back({args[key.position], key.position, flags.has(KeyFlag::access), writes});
  }
  return uses;
}

std::vector<access::ChannelUse> channels_of(const CommandSpec& spec, Args args) {
  std::vector<access::ChannelUse> uses;
  for (const FoundChannel& channel : find_channels(spec, args))
    uses.push_back({args[channel.position], channel.position, channel.is_pattern});
  return uses;
}

/// What a command is about, in the words of rules.
struct Question {
  Question(const Command& command, Args args)
      : keys(keys_of(*command.spec, args)), channels(channels_of(*command.spec, args)) {
    request.command = command.id;
    request.is_free = command.spec->flags.has(Flag::no_auth);
    request.has_argument = args.size() > 1;
    if (request.has_argument) request.first_argument = args[1];
    request.keys = keys;
    request.channels = channels;
  }

  std::vector<access::KeyUse> keys;
  std::vector<access::ChannelUse> channels;
  access::Request request;
};

/// How the default user stands, as a configuration says it: nothing where requirepass says it all.
std::optional<config::DefaultUser> standing_of(const access::User& user,
                                               const config::Config& config) {
  const config::DefaultUser standing{user.enabled(), !user.needs_no_password()};
  if (standing.enabled && standing.needs_password == !config.requirepass.empty())
    return std::nullopt;
  return standing;
}

std::string no_right_to_run(const access::User& user, const Command& command) {
  return "User " + user.name() + " has no permissions to run the '" +
         std::string(command.spec->name) + "' command";
}

}  // namespace

access::Grounds grounds_of(const Store& store) {
  return {store.catalog,
          store.config->acl_pubsub_default == config::AclPubsubDefault::all_channels};
}

access::Decision decide(const access::User& user, const Command& command, Args args) {
  if (user.all_permissions()) return {};
  return user.decide(Question(command, args).request);
}

bool may_read_all_keys(const access::User& user, const Command& command, Args args) {
  return user.all_permissions() || user.may_read_all_keys(Question(command, args).request);
}

std::string refusal_text(const access::Decision& decision, const access::User& user,
                         const Command& command) {
  if (decision.denial == Denial::key) return "No permissions to access a key";
  if (decision.denial == Denial::channel) return "No permissions to access a channel";
  return no_right_to_run(user, command);
}

std::string verbose_refusal_text(const access::Decision& decision, const access::User& user,
                                 const Command& command, Args args) {
  if (decision.denial == Denial::command) return no_right_to_run(user, command);
  return "User " + user.name() + " has no permissions to access the '" +
         std::string(args[decision.position]) +
         (decision.denial == Denial::key ? "' key" : "' channel");
}

std::string_view refused_object(const access::Decision& decision, const Command& command,
                                Args args) {
  return decision.denial == Denial::command ? command.spec->name : args[decision.position];
}

void log_refusal(Environment& environment, const Session& session, const RefusalNote& note) {
  const std::int64_t now_ms = environment.unit_now_us / 1000;
  environment.store.denials.add({note.denial, note.context, std::string(note.object),
                                 std::string(note.username), client_info(session.caller(), now_ms)},
                                now_ms,
                                static_cast<std::size_t>(environment.config().acllog_max_len));
}

void replace_user(Store& store, const access::UserPtr& before, const access::UserPtr& after) {
  for (const auto& [id, session] : store.clients.all())
    if (session->user == before) session->become(after);
}

bool users_follow_from_requirepass(const Store& store) {
  access::Users plain(store.catalog);
  if (!store.config->requirepass.empty())
    plain.set_default_password(store.config->requirepass, grounds_of(store));
  return plain.lines() == store.users.lines();
}

void follow_requirepass(Store& store, config::Config& coming) {
  const access::UserPtr before = store.users.default_user();
  store.users.set_default_password(coming.requirepass, grounds_of(store));
  replace_user(store, before, store.users.default_user());
  coming.default_user = standing_of(*store.users.default_user(), coming);
}

void announce_default_user(Store& store, ConfigurationService& world) {
  auto standing = standing_of(*store.users.default_user(), *store.config);
  if (standing == store.config->default_user) return;
  auto config = std::make_shared<config::Config>(*store.config);
  config->default_user = standing;
  ++config->version;
  store.put_in_force(std::move(config));
  world.announce(store.config, {});
}

}  // namespace respawn::engine
