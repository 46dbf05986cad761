// The connection family: greeting, identity and database of one client.
#include <optional>

#include "commands/families.hpp"
#include "commands/shared/authentication.hpp"
#include "commands/shared/database_index.hpp"
#include "commands/shared/help.hpp"
#include "engine/clients/client_attributes.hpp"
#include "engine/run/version.hpp"

namespace respawn::commands {

namespace {

void ping(Execution& x, Args args) {
  if (args.size() > 2) return x.fail(errors::wrong_arity(x.spec().name));
  if (x.session().in_subscribe_mode()) {
    x.reply.array(2);
    x.reply.bulk("pong");
    x.reply.bulk(args.size() == 2 ? args[1] : "");
  } else if (args.size() == 2) {
    x.reply.bulk(args[1]);
  } else {
    x.reply.simple("PONG");
  }
}

void echo(Execution& x, Args args) {
  x.reply.bulk(args[1]);
}

void quit(Execution& x, Args) {
  x.reply.ok();
  x.session().close_after_reply = true;
}

void select(Execution& x, Args args) {
  auto index = to_database_index(x, args[1]);
  if (!index) return x.fail(index.error());
  x.session().db = *index;
  x.reply.ok();
}

void auth(Execution& x, Args args) {
  if (args.size() > 3) return x.fail(errors::syntax);
  if (args.size() == 2 && x.config().needs_no_password())
    return x.fail(
        "ERR AUTH <password> called without any password configured for the default user. Are you "
        "sure your configuration is correct?");
  const bool named = args.size() == 3;
  if (!authenticate(x, args[0], named ? args[1] : access::default_user_name, args.back()))
    return x.fail(errors::wrong_password);
  x.reply.ok();
}

struct Greeting {
  std::optional<protocol::RespVersion> version;
  std::optional<std::pair<std::string_view, std::string_view>> user_and_password;
  std::optional<std::string_view> name;
};

Result<Greeting> parse_greeting(Args args) {
  Greeting greeting;
  if (args.size() == 1) return greeting;
  auto version = to_integer(args[1], "ERR Protocol version is not an integer or out of range");
  if (!version.ok()) return failure(version.error());
  if (*version < 2 || *version > 3) return failure("NOPROTO unsupported protocol version");
  greeting.version = static_cast<protocol::RespVersion>(*version);
  ArgCursor options(args, 2);
  while (!options.done()) {
    if (options.take("auth", 2)) {
      const std::string_view user = options.next();
      greeting.user_and_password = {user, options.next()};
    } else if (options.take("setname", 1)) {
      greeting.name = options.next();
      if (!is_client_attribute(*greeting.name))
        return failure(std::string(errors::invalid_client_name));
    } else {
      return failure("ERR Syntax error in HELLO option '" +
                     std::string(errors::up_to_nul(options.next())) + "'");
    }
  }
  return greeting;
}

void hello(Execution& x, Args args) {
  auto greeting = parse_greeting(args);
  if (!greeting.ok()) return x.fail(greeting.error());
  Session& session = x.session();
  if (const auto& user = greeting->user_and_password; user) {
    if (!authenticate(x, args[0], user->first, user->second)) return x.fail(errors::wrong_password);
  }
  if (!session.authenticated && x.config().needs_login())
    return x.fail(
        "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO "
        "<proto> AUTH <user> <pass> option can be used to authenticate the client and select the "
        "RESP protocol version at the same time");
  if (greeting->name) session.name = *greeting->name;
  session.resp = greeting->version.value_or(session.resp);
  x.reply_in(session.resp);
  x.reply.map(7);
  x.reply.bulk("server");
  x.reply.bulk("redis");
  x.reply.bulk("version");
  x.reply.bulk(redis_version);
  x.reply.bulk("proto");
  x.reply.integer(static_cast<int>(session.resp));
  x.reply.bulk("id");
  x.reply.integer(static_cast<std::int64_t>(session.id));
  x.reply.bulk("mode");
  x.reply.bulk("standalone");
  x.reply.bulk("role");
  x.reply.bulk("master");
  x.reply.bulk("modules");
  x.reply.array(0);
}

void reset(Execution& x, Args) {
  Session& session = x.session();
  x.store().clients.set_monitor(session, false);
  x.env().subscriptions.remove(session);
  x.store().watches.discard(session);
  x.store().tracking.stop(session);
  session.db = 0;
  session.resp = protocol::RespVersion::resp2;
  session.name.clear();
  log_out(x);
  session.no_evict = false;
  session.no_touch = false;
  session.reply_off = false;
  session.reply_skip_next = false;
  x.reply_in(session.resp);
  x.reply.simple("RESET");
}

constexpr Flags session_flags = {Flag::noscript, Flag::loading, Flag::stale,
                                 Flag::fast,     Flag::no_auth, Flag::allow_busy};
constexpr Flags session_flags_at_any_time = {Flag::noscript,
                                             Flag::loading,
                                             Flag::stale,
                                             Flag::fast,
                                             Flag::no_auth,
                                             Flag::allow_busy,
                                             Flag::allowed_when_subscribed,
                                             Flag::never_queued};

constexpr CommandSpec connection_rows[] = {
    command({.name = "ping",
             .syntax = "[message]",
             .group = Group::connection,
             .flags = {Flag::fast, Flag::allowed_when_subscribed},
             .tips = {"request_policy:all_shards", "response_policy:all_succeeded"},
             .since = "1.0.0",
             .complexity = "O(1)",
             .summary = "Answers, so that the client knows the server is there.",
             .run = ping}),
    command({.name = "echo",
             .syntax = "message",
             .group = Group::connection,
             .flags = {Flag::loading, Flag::stale, Flag::fast},
             .since = "1.0.0",
             .complexity = "O(1)",
             .summary = "Returns the message.",
             .run = echo}),
    command({.name = "quit",
             .group = Group::connection,
             .flags = session_flags_at_any_time,
             .since = "1.0.0",
             .complexity = "O(1)",
             .summary = "Closes the connection.",
             .run = quit,
             .arity_override = -1}),
    command({.name = "select",
             .syntax = "index",
             .group = Group::connection,
             .flags = {Flag::loading, Flag::stale, Flag::fast},
             .since = "1.0.0",
             .complexity = "O(1)",
             .summary = "Changes the database of this connection.",
             .run = select}),
    command({.name = "hello",
             .syntax = "[protover [AUTH username password] [SETNAME clientname]]",
             .group = Group::connection,
             .flags = session_flags,
             .since = "6.0.0",
             .complexity = "O(1)",
             .summary = "Greets the server and agrees on the protocol.",
             .run = hello}),
    command({.name = "reset",
             .group = Group::connection,
             .flags = session_flags_at_any_time,
             .since = "6.2.0",
             .complexity = "O(1)",
             .summary = "Puts the connection into the state of a new one.",
             .run = reset}),
    command({.name = "auth",
             .syntax = "[username] password",
             .group = Group::connection,
             .flags = session_flags,
             .since = "1.0.0",
             .complexity = "O(N) where N is the number of passwords of the user",
             .summary = "Authenticates the connection.",
             .run = auth}),
};

}  // namespace

constinit const std::span<const CommandSpec> connection_commands = connection_rows;

}  // namespace respawn::commands
