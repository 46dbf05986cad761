// CLIENT: the connections as clients see them.
#include <vector>

#include "commands/connection/tracking.hpp"
#include "commands/families.hpp"
#include "commands/shared/help.hpp"
#include "engine/clients/client_attributes.hpp"
#include "engine/clients/client_filter.hpp"
#include "engine/clients/client_info.hpp"

namespace respawn::commands {

namespace {

/// Killed and vanished clients stay in the table until their connections let go of them.
bool is_leaving(const Session& session) {
  return session.close_now || session.facts.gone.load(std::memory_order_acquire);
}

/// ON or OFF; none is an error.
std::optional<bool> to_switch(std::string_view word) {
  if (iequals(word, "on")) return true;
  if (iequals(word, "off")) return false;
  return std::nullopt;
}

void set_flag(Execution& x, bool& flag, std::string_view word) {
  const std::optional<bool> on = to_switch(word);
  if (!on) return x.fail(errors::syntax);
  flag = *on;
  x.reply.ok();
}

void client_id(Execution& x, Args) {
  x.reply.integer(static_cast<std::int64_t>(x.session().id));
}

void client_getname(Execution& x, Args) {
  const std::string& name = x.session().name;
  name.empty() ? x.reply.null() : x.reply.bulk(name);
}

void client_setname(Execution& x, Args args) {
  if (!is_client_attribute(args[2])) return x.fail(errors::invalid_client_name);
  x.session().name = args[2];
  x.reply.ok();
}

void client_setinfo(Execution& x, Args args) {
  const std::string_view attribute = args[2];
  const bool is_name = iequals(attribute, "lib-name");
  if (!is_name && !iequals(attribute, "lib-ver"))
    return x.fail("ERR Unrecognized option '" + std::string(errors::up_to_nul(attribute)) + "'");
  if (!is_client_attribute(args[3]))
    return x.fail("ERR " + std::string(attribute) +
                  " cannot contain spaces, newlines or special characters.");
  (is_name ? x.session().library_name : x.session().library_version) = args[3];
  x.reply.ok();
}

void client_information(Execution& x, Args) {
  x.reply.verbatim("txt", client_info(x.session(), x.now_ms()) + "\n");
}

/// The clients of a CLIENT LIST ID, in the order in which they were asked for.
Result<std::vector<SessionPtr>> clients_by_id(const ClientTable& clients, Args ids) {
  std::vector<SessionPtr> found;
  for (std::string_view text : ids) {
    auto id = to_integer(text, "ERR Invalid client ID");
    if (!id.ok()) return failure(id.error());
    if (SessionPtr session = clients.find(static_cast<std::uint64_t>(*id)))
      found.push_back(std::move(session));
  }
  return found;
}

std::vector<SessionPtr> clients_by_type(const ClientTable& clients,
                                        std::optional<ClientType> type) {
  std::vector<SessionPtr> found;
  for (const auto& [id, session] : clients.all())
    if (!type || session->type() == *type) found.push_back(session);
  return found;
}

void write_list(Execution& x, const std::vector<SessionPtr>& sessions) {
  std::string lines;
  for (const SessionPtr& session : sessions) {
    if (is_leaving(*session)) continue;
    lines += client_info(*session, x.now_ms());
    lines += '\n';
  }
  x.reply.verbatim("txt", lines);
}

void client_list(Execution& x, Args args) {
  const ClientTable& clients = x.store().clients;
  if (args.size() == 2) return write_list(x, clients_by_type(clients, std::nullopt));
  if (args.size() == 4 && iequals(args[2], "type")) {
    const std::optional<ClientType> type = client_type_named(args[3]);
    if (!type) return x.fail(errors::unknown_client_type(args[3]));
    return write_list(x, clients_by_type(clients, type));
  }
  if (args.size() > 3 && iequals(args[2], "id")) {
    auto sessions = clients_by_id(clients, args.subspan(3));
    if (!sessions.ok()) return x.fail(sessions.error());
    return write_list(x, *sessions);
  }
  x.fail(errors::syntax);
}

void client_kill(Execution& x, Args args) {
  auto filter = parse_client_filter(args, x.store().users);
  if (!filter.ok()) return x.fail(filter.error());
  ClientTable& clients = x.store().clients;
  std::vector<SessionPtr> chosen;
  for (const auto& [id, session] : clients.all()) {
    const bool spared = filter->skip_me && session.get() == &x.session();
    if (!spared && !is_leaving(*session) && filter->admits(*session)) chosen.push_back(session);
  }
  for (const SessionPtr& session : chosen) {
    if (session.get() == &x.session())
      session->close_after_reply = true;
    else
      x.disconnect(*session);
  }
  if (args.size() > 3)
    x.reply.integer(static_cast<std::int64_t>(chosen.size()));
  else if (chosen.empty())
    x.fail("ERR No such client");
  else
    x.reply.ok();
}

/// The reply of OFF and SKIP is the first that the client does not get.
void client_reply(Execution& x, Args args) {
  Session& session = x.session();
  if (iequals(args[2], "on")) {
    session.reply_off = false;
    session.reply_skip_this = false;
    x.reply.ok();
  } else if (iequals(args[2], "off")) {
    session.reply_off = true;
  } else if (iequals(args[2], "skip")) {
    session.reply_skip_next = !session.reply_off;
  } else {
    x.fail(errors::syntax);
  }
}

void client_unblock(Execution& x, Args args) {
  const bool with_error = args.size() == 4 && iequals(args[3], "error");
  if (args.size() > 4) return x.fail(errors::subcommand_syntax(args[1], "client"));
  if (args.size() == 4 && !with_error && !iequals(args[3], "timeout"))
    return x.fail("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR");
  auto id = to_integer(args[2]);
  if (!id.ok()) return x.fail(id.error());
  const SessionPtr target = x.store().clients.find(static_cast<std::uint64_t>(*id));
  x.reply.integer(target && x.unblock(*target, with_error) ? 1 : 0);
}

/// WRITE or ALL, which is also meant by no word; none is an error.
std::optional<Pause::Mode> to_pause_mode(Args args) {
  if (args.size() == 3 || iequals(args[3], "all")) return Pause::Mode::all;
  if (iequals(args[3], "write")) return Pause::Mode::write;
  return std::nullopt;
}

void client_pause(Execution& x, Args args) {
  if (args.size() > 4) return x.fail(errors::subcommand_syntax(args[1], "client"));
  const std::optional<Pause::Mode> mode = to_pause_mode(args);
  if (!mode) return x.fail("ERR CLIENT PAUSE mode must be WRITE or ALL");
  auto timeout_ms = to_integer(args[2], "ERR timeout is not an integer or out of range");
  if (!timeout_ms.ok()) return x.fail(timeout_ms.error());
  if (*timeout_ms < 0) return x.fail(errors::timeout_negative);
  if (*timeout_ms > std::numeric_limits<std::int64_t>::max() - x.now_ms())
    return x.fail(errors::timeout_out_of_range);
  const std::int64_t now_us = x.env().clock.monotonic_us();
  Pause& pause = x.store().pause;
  pause.begin(*mode, now_us + std::min(*timeout_ms, Pause::longest_ms) * 1000);
  if (pause.until_us() <= now_us) pause.end();
  x.reply.ok();
}

void client_unpause(Execution& x, Args) {
  x.store().pause.end();
  x.reply.ok();
}

void client_no_evict(Execution& x, Args args) {
  set_flag(x, x.session().no_evict, args[2]);
}

void client_no_touch(Execution& x, Args args) {
  set_flag(x, x.session().no_touch, args[2]);
}

constexpr Flags client_flags = {Flag::noscript, Flag::loading, Flag::stale};
constexpr Flags client_admin_flags = {Flag::admin, Flag::noscript, Flag::loading, Flag::stale};

constexpr CommandSpec client_subcommands[] = {
    command({.name = "client|id",
             .group = Group::connection,
             .flags = client_flags,
             .since = "5.0.0",
             .complexity = "O(1)",
             .summary = "Returns the id of this connection.",
             .run = client_id}),
    command({.name = "client|getname",
             .group = Group::connection,
             .flags = client_flags,
             .since = "2.6.9",
             .complexity = "O(1)",
             .summary = "Returns the name of this connection.",
             .run = client_getname}),
    command({.name = "client|setname",
             .syntax = "connection-name",
             .group = Group::connection,
             .flags = client_flags,
             .since = "2.6.9",
             .complexity = "O(1)",
             .summary = "Names this connection.",
             .run = client_setname}),
    command({.name = "client|setinfo",
             .syntax = "<LIB-NAME libname | LIB-VER libver>",
             .group = Group::connection,
             .flags = client_flags,
             .tips = {"request_policy:all_nodes", "response_policy:all_succeeded"},
             .since = "7.2.0",
             .complexity = "O(1)",
             .summary = "Tells which library the client uses.",
             .run = client_setinfo}),
    command({.name = "client|info",
             .group = Group::connection,
             .flags = client_flags,
             .tips = {"nondeterministic_output"},
             .since = "6.2.0",
             .complexity = "O(1)",
             .summary = "Describes this connection.",
             .run = client_information}),
    command({.name = "client|list",
             .syntax = "[TYPE <NORMAL | MASTER | REPLICA | PUBSUB>] [ID client-id [client-id ...]]",
             .group = Group::connection,
             .flags = client_admin_flags,
             .tips = {"nondeterministic_output"},
             .since = "2.4.0",
             .complexity = "O(N) where N is the number of connections",
             .summary = "Describes the open connections.",
             .run = client_list}),
    command({.name = "client|kill",
             .syntax = "<ip:port | [ID client-id] [TYPE <NORMAL | MASTER | REPLICA | PUBSUB>] "
                       "[USER username] [ADDR ip:port] [LADDR ip:port] [SKIPME yes/no]>",
             .group = Group::connection,
             .flags = client_admin_flags,
             .since = "2.4.0",
             .complexity = "O(N) where N is the number of connections",
             .summary = "Closes the connections that match.",
             .run = client_kill,
             .arity_override = -3}),
    command({.name = "client|reply",
             .syntax = "<ON | OFF | SKIP>",
             .group = Group::connection,
             .flags = client_flags,
             .since = "3.2.0",
             .complexity = "O(1)",
             .summary = "Says whether this connection gets replies.",
             .run = client_reply}),
    command({.name = "client|unblock",
             .syntax = "client-id [TIMEOUT | ERROR]",
             .group = Group::connection,
             .flags = client_admin_flags,
             .since = "5.0.0",
             .complexity = "O(log N) where N is the number of connections",
             .summary = "Ends the wait of a client that a command blocks.",
             .run = client_unblock}),
    command(
        {.name = "client|pause",
         .syntax = "timeout [WRITE | ALL]",
         .group = Group::connection,
         .flags = client_admin_flags,
         .since = "3.0.0",
         .complexity = "O(1)",
         .summary = "Holds the commands of clients, or those that change something, for a time.",
         .run = client_pause}),
    command({.name = "client|unpause",
             .group = Group::connection,
             .flags = client_admin_flags,
             .since = "6.2.0",
             .complexity = "O(N) Where N is the number of paused clients",
             .summary = "Ends a pause: what was held runs.",
             .run = client_unpause}),
    command({.name = "client|no-evict",
             .syntax = "<ON | OFF>",
             .group = Group::connection,
             .flags = client_admin_flags,
             .since = "7.0.0",
             .complexity = "O(1)",
             .summary = "Says whether this connection is spared when client memory is out.",
             .run = client_no_evict}),
    command({.name = "client|no-touch",
             .syntax = "<ON | OFF>",
             .group = Group::connection,
             .flags = client_flags,
             .since = "7.2.0",
             .complexity = "O(1)",
             .summary = "Says whether this connection's reads count as uses of a key.",
             .run = client_no_touch}),
    command({.name = "client|tracking",
             .syntax = "<ON | OFF> [REDIRECT client-id] [PREFIX prefix [PREFIX prefix ...]] "
                       "[BCAST] [OPTIN] [OPTOUT] [NOLOOP]",
             .group = Group::connection,
             .flags = client_flags,
             .since = "6.0.0",
             .complexity = "O(1). Some options may introduce additional complexity.",
             .summary = "Says whether this connection is told when keys change that it has read.",
             .run = client_tracking}),
    command({.name = "client|caching",
             .syntax = "<YES | NO>",
             .group = Group::connection,
             .flags = client_flags,
             .since = "6.0.0",
             .complexity = "O(1)",
             .summary = "Says whether the keys that the next command reads are tracked.",
             .run = client_caching}),
    command({.name = "client|getredir",
             .group = Group::connection,
             .flags = client_flags,
             .since = "6.0.0",
             .complexity = "O(1)",
             .summary = "Returns the id of the connection that is told instead of this one.",
             .run = client_getredir}),
    command({.name = "client|trackinginfo",
             .group = Group::connection,
             .flags = client_flags,
             .since = "6.2.0",
             .complexity = "O(1)",
             .summary = "Returns how this connection tracks keys.",
             .run = client_trackinginfo}),
    command({.name = "client|help",
             .group = Group::connection,
             .flags = {Flag::loading, Flag::stale},
             .since = "5.0.0",
             .complexity = "O(1)",
             .summary = "Prints this help.",
             .run = container_help}),
};

constexpr CommandSpec client_rows[] = {
    command({.name = "client",
             .group = Group::connection,
             .since = "2.4.0",
             .complexity = "Depends on subcommand.",
             .summary = "Looks at and steers connections.",
             .subcommands = client_subcommands}),
};

}  // namespace

constinit const std::span<const CommandSpec> client_commands = client_rows;

}  // namespace respawn::commands
