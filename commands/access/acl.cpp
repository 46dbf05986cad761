// ACL: who may do what.
#include <algorithm>

#include "access/selector.hpp"
#include "base/random.hpp"
#include "commands/access/user_changes.hpp"
#include "commands/families.hpp"
#include "commands/shared/help.hpp"
#include "engine/run/rights.hpp"

namespace respawn::commands {

namespace {

// Changes.

void acl_setuser(Execution& x, Args args) {
  const std::string_view name = args[2];
  if (access::has_blanks(name))
    return x.fail("ERR Usernames can't contain spaces or null characters");
  access::Users& users = x.store().users;
  const access::UserPtr before = users.find(name);
  const auto after = users.set(name, args.subspan(3), grounds_of(x.store()));
  if (!after.ok()) return x.fail("ERR " + after.error());
  if (before) user_changed(x, before, *after);
  x.reply.ok();
}

void acl_deluser(Execution& x, Args args) {
  const Args names = args.subspan(2);
  for (const std::string_view name : names)
    if (errors::up_to_nul(name) == access::default_user_name)
      return x.fail("ERR The 'default' user cannot be removed");
  access::Users& users = x.store().users;
  std::int64_t removed = 0;
  for (const std::string_view name : names) {
    const access::UserPtr user = users.find(name);
    if (!user) continue;
    users.remove(name);
    user_removed(x, user);
    ++removed;
  }
  x.reply.integer(removed);
}

// The file.

/// Fails where there is none.
bool has_file(Execution& x) {
  if (!x.config().aclfile.empty()) return true;
  x.fail(
      "ERR This Redis instance is not configured to use an ACL file. You may want to specify users "
      "via the ACL SETUSER command and then issue a CONFIG REWRITE (assuming you have a Redis "
      "configuration file set) in order to store users in the Redis configuration.");
  return false;
}

/// As in Redis, the clients of everybody but the default user are closed.
void acl_load(Execution& x, Args) {
  if (!has_file(x)) return;
  const std::string& file = x.config().aclfile;
  const auto text = x.env().services.configuration.read_users(x.config());
  if (!text.ok())
    return x.fail("ERR Error loading ACLs, opening file '" + file + "': " + text.error());
  access::Users& users = x.store().users;
  const access::Users::Table before = users.all();
  const access::UserPtr default_before = users.default_user();
  if (const Status loaded = users.load(*text, file, grounds_of(x.store())); !loaded.ok())
    return x.fail("ERR " + loaded.error());
  default_user_read(x, default_before);
  for (const auto& [name, user] : before)
    if (user != default_before) user_removed(x, user);
  x.reply.ok();
}

void acl_save(Execution& x, Args) {
  if (!has_file(x)) return;
  Services& services = x.env().services;
  const Status saved = services.configuration.write_users(x.config(), x.store().users.text());
  if (saved.ok()) return x.reply.ok();
  services.log.write(LogLevel::warning, "Writing ACL file for ACL SAVE: " + saved.error());
  x.fail(
      "ERR There was an error trying to save the ACLs. Please check the server logs for more "
      "information");
}

// What there is.

void acl_list(Execution& x, Args) {
  const std::vector<std::string> lines = x.store().users.lines();
  x.reply.array(lines.size());
  for (const std::string& line : lines) x.reply.bulk(line);
}

void acl_users(Execution& x, Args) {
  const access::Users::Table& users = x.store().users.all();
  x.reply.array(users.size());
  for (const auto& [name, user] : users) x.reply.bulk(name);
}

void acl_whoami(Execution& x, Args) {
  x.reply.bulk(x.session().user_name());
}

/// Three pairs of a map.
void write_selector(Execution& x, const access::Selector& selector) {
  x.reply.bulk("commands");
  x.reply.bulk(selector.commands_text());
  x.reply.bulk("keys");
  x.reply.bulk(selector.keys_text());
  x.reply.bulk("channels");
  x.reply.bulk(selector.channels_text());
}

void acl_getuser(Execution& x, Args args) {
  const access::UserPtr user = x.store().users.find(args[2]);
  if (!user) return x.reply.null();
  x.reply.map(6);
  x.reply.bulk("flags");
  const std::vector<std::string_view> flags = user->flags();
  x.reply.set(flags.size());
  for (const std::string_view flag : flags) x.reply.bulk(flag);
  x.reply.bulk("passwords");
  x.reply.array(user->passwords().size());
  for (const std::string& hash : user->passwords()) x.reply.bulk(hash);
  write_selector(x, user->root());
  x.reply.bulk("selectors");
  x.reply.array(user->further_selectors().size());
  for (const access::Selector& selector : user->further_selectors()) {
    x.reply.map(3);
    write_selector(x, selector);
  }
}

void acl_cat(Execution& x, Args args) {
  if (args.size() > 3) return x.fail(errors::subcommand_syntax(args[1], args[0]));
  constexpr auto categories = static_cast<std::size_t>(Category::count_);
  if (args.size() == 2) {
    x.reply.array(categories);
    for (std::size_t i = 0; i < categories; ++i) x.reply.bulk(name_of(static_cast<Category>(i)));
    return;
  }
  const std::optional<Category> category = category_named(errors::up_to_nul(args[2]));
  if (!category)
    return x.fail("ERR Unknown category '" +
                  std::string(errors::up_to_nul(args[2]).substr(0, 128)) + "'");
  const Registry& registry = x.store().registry;
  const std::size_t place = x.reply.announce();
  std::size_t count = 0;
  for (std::uint32_t id = 0; id < registry.size(); ++id) {
    if (!registry.at(id).categories.has(*category)) continue;
    x.reply.bulk(registry.at(id).spec->name);
    ++count;
  }
  x.reply.settle(place, protocol::ReplyWriter::Aggregate::array, count);
}

/// The command that the arguments name, a subcommand if the first one is a container.
const Command* named_by(const Registry& registry, Args args) {
  const Command* found = registry.find(args[0]);
  if (!found || found->subcommands.empty() || args.size() == 1) return found;
  return found->subcommand(args[1]);
}

void acl_dryrun(Execution& x, Args args) {
  const auto unknown = [&x](std::string_view what, std::string_view name) {
    x.fail("ERR " + std::string(what) + " '" + std::string(errors::up_to_nul(name)) +
           "' not found");
  };
  const access::UserPtr user = x.store().users.find(args[2]);
  if (!user) return unknown("User", args[2]);
  const Args asked = args.subspan(3);
  const Command* command = named_by(x.store().registry, asked);
  if (!command) return unknown("Command", asked[0]);
  if (!command->spec->arity.admits(asked.size()))
    return x.fail(errors::wrong_arity(command->spec->name));
  const access::Decision decision = decide(*user, *command, asked);
  if (decision.allowed()) return x.reply.ok();
  x.reply.bulk(verbose_refusal_text(decision, *user, *command, asked));
}

void acl_genpass(Execution& x, Args args) {
  if (args.size() > 3) return x.fail(errors::subcommand_syntax(args[1], args[0]));
  constexpr std::int64_t bits_max = 4096;
  std::int64_t bits = 256;
  if (args.size() == 3) {
    const auto given = to_integer(args[2]);
    if (!given.ok()) return x.fail(given.error());
    bits = *given;
  }
  if (bits <= 0 || bits > bits_max)
    return x.fail(
        "ERR ACL GENPASS argument must be the number of bits for the output password, a positive "
        "number up to " +
        std::to_string(bits_max));
  x.reply.bulk(random_hex(static_cast<std::size_t>((bits + 3) / 4)));
}

// The log.

void write_refusal(Execution& x, const access::LoggedRefusal& entry) {
  const access::Refusal& refusal = entry.refusal;
  const auto number = [&x](std::string_view name, std::int64_t value) {
    x.reply.bulk(name);
    x.reply.integer(value);
  };
  const auto text = [&x](std::string_view name, std::string_view value) {
    x.reply.bulk(name);
    x.reply.bulk(value);
  };
  x.reply.map(10);
  number("count", static_cast<std::int64_t>(entry.count));
  text("reason", access::name_of(refusal.denial));
  text("context", access::name_of(refusal.context));
  text("object", refusal.object);
  text("username", refusal.username);
  x.reply.bulk("age-seconds");
  x.reply.real(static_cast<double>(x.now_ms() - entry.updated_ms) / 1000);
  text("client-info", refusal.client);
  number("entry-id", static_cast<std::int64_t>(entry.id));
  number("timestamp-created", entry.created_ms);
  number("timestamp-last-updated", entry.updated_ms);
}

void acl_log(Execution& x, Args args) {
  if (args.size() > 3) return x.fail(errors::subcommand_syntax(args[1], args[0]));
  access::DenialLog& log = x.store().denials;
  std::int64_t wanted = 10;
  if (args.size() == 3) {
    if (iequals(args[2], "reset")) {
      log.clear();
      return x.reply.ok();
    }
    const auto given = to_integer(args[2]);
    if (!given.ok()) return x.fail(given.error());
    wanted = *given;
  }
  const std::size_t count =
      static_cast<std::size_t>(std::clamp<std::int64_t>(wanted, 0, std::ssize(log.entries())));
  x.reply.array(count);
  for (std::size_t i = 0; i < count; ++i) write_refusal(x, log.entries()[i]);
}

constexpr Flags acl_flags = {Flag::noscript, Flag::loading, Flag::stale};
constexpr Flags acl_admin_flags = {Flag::admin, Flag::noscript, Flag::loading, Flag::stale};

constexpr CommandSpec acl_subcommands[] = {
    command({.name = "acl|cat",
             .syntax = "[category]",
             .group = Group::server,
             .flags = acl_flags,
             .since = "6.0.0",
             .complexity = "O(1) since categories and commands are a fixed set.",
             .summary = "Lists the categories of commands, or the commands of one.",
             .run = acl_cat}),
    command({.name = "acl|deluser",
             .syntax = "username [username ...]",
             .group = Group::server,
             .flags = acl_admin_flags,
             .tips = {"request_policy:all_nodes", "response_policy:all_succeeded"},
             .since = "6.0.0",
             .complexity = "O(N) where N is the number of connections",
             .summary = "Removes users and closes their connections.",
             .run = acl_deluser}),
    command({.name = "acl|dryrun",
             .syntax = "username command [arg [arg ...]]",
             .group = Group::server,
             .flags = acl_admin_flags,
             .since = "7.0.0",
             .complexity = "O(1).",
             .summary = "Says whether a user may run a command, without running it.",
             .run = acl_dryrun}),
    command({.name = "acl|genpass",
             .syntax = "[bits]",
             .group = Group::server,
             .flags = acl_flags,
             .since = "6.0.0",
             .complexity = "O(1)",
             .summary = "Makes a password up that nobody can guess.",
             .run = acl_genpass}),
    command({.name = "acl|getuser",
             .syntax = "username",
             .group = Group::server,
             .flags = acl_admin_flags,
             .since = "6.0.0",
             .complexity = "O(N) where N is the number of rules of the user",
             .summary = "Returns the rules of a user.",
             .run = acl_getuser}),
    command({.name = "acl|list",
             .group = Group::server,
             .flags = acl_admin_flags,
             .since = "6.0.0",
             .complexity = "O(N) where N is the number of users",
             .summary = "Lists all users with their rules, as an ACL file has them.",
             .run = acl_list}),
    command({.name = "acl|load",
             .group = Group::server,
             .flags = acl_admin_flags,
             .since = "6.0.0",
             .complexity = "O(N) where N is the number of users",
             .summary = "Reads the users from the ACL file.",
             .run = acl_load}),
    command({.name = "acl|log",
             .syntax = "[count | RESET]",
             .group = Group::server,
             .flags = acl_admin_flags,
             .since = "6.0.0",
             .complexity = "O(N) where N is the number of entries shown",
             .summary = "Lists what was refused to whom, or forgets it.",
             .run = acl_log}),
    command({.name = "acl|save",
             .group = Group::server,
             .flags = acl_admin_flags,
             .tips = {"request_policy:all_nodes", "response_policy:all_succeeded"},
             .since = "6.0.0",
             .complexity = "O(N) where N is the number of users",
             .summary = "Writes the users to the ACL file.",
             .run = acl_save}),
    command({.name = "acl|setuser",
             .syntax = "username [rule [rule ...]]",
             .group = Group::server,
             .flags = acl_admin_flags,
             .tips = {"request_policy:all_nodes", "response_policy:all_succeeded"},
             .since = "6.0.0",
             .complexity = "O(N) where N is the number of rules, and of connections",
             .summary = "Makes a user, or changes the rules of one.",
             .run = acl_setuser}),
    command({.name = "acl|users",
             .group = Group::server,
             .flags = acl_admin_flags,
             .since = "6.0.0",
             .complexity = "O(N) where N is the number of users",
             .summary = "Lists the names of all users.",
             .run = acl_users}),
    command({.name = "acl|whoami",
             .group = Group::server,
             .flags = acl_flags,
             .since = "6.0.0",
             .complexity = "O(1)",
             .summary = "Returns the name of the user that this connection is.",
             .run = acl_whoami}),
    command({.name = "acl|help",
             .group = Group::server,
             .flags = {Flag::loading, Flag::stale},
             .since = "6.0.0",
             .complexity = "O(1)",
             .summary = "Lists the subcommands.",
             .run = container_help}),
};

constexpr CommandSpec acl_rows[] = {
    command({.name = "acl",
             .group = Group::server,
             .since = "6.0.0",
             .complexity = "Depends on subcommand.",
             .summary = "Who may do what: a container of subcommands.",
             .subcommands = acl_subcommands}),
};

}  // namespace

constinit const std::span<const CommandSpec> acl_commands = acl_rows;

}  // namespace respawn::commands
