// COMMAND: the command table as clients see it.
#include <functional>

#include "base/glob.hpp"
#include "commands/families.hpp"
#include "commands/server/command_docs.hpp"
#include "commands/shared/help.hpp"
#include "engine/table/key_finder.hpp"

namespace respawn::commands {

namespace {

void write_all_infos(Execution& x) {
  const auto all = x.store().registry.commands();
  x.reply.array(all.size());
  for (const Command* each : all) write_command_info(x.reply, *each);
}

void command_all(Execution& x, Args) {
  write_all_infos(x);
}

void command_count(Execution& x, Args) {
  x.reply.integer(std::ssize(x.store().registry.commands()));
}

void command_info(Execution& x, Args args) {
  if (args.size() == 2) return write_all_infos(x);
  x.reply.array(args.size() - 2);
  for (std::string_view name : args.subspan(2)) {
    const Command* found = x.store().registry.find_full(name);
    found ? write_command_info(x.reply, *found) : x.reply.null();
  }
}

void command_docs(Execution& x, Args args) {
  const Registry& registry = x.store().registry;
  std::vector<const Command*> chosen;
  if (args.size() == 2) chosen.assign(registry.commands().begin(), registry.commands().end());
  for (std::string_view name : args.subspan(2))
    if (const Command* found = registry.find_full(name)) chosen.push_back(found);
  x.reply.map(chosen.size());
  for (const Command* each : chosen) {
    x.reply.bulk(each->spec->name);
    write_command_docs(x.reply, *each);
  }
}

using Filter = std::function<bool(const Command&)>;

Result<Filter> parse_filter(Args args) {
  if (args.size() == 2) return Filter([](const Command&) { return true; });
  if (args.size() != 5 || !iequals(args[2], "filterby"))
    return failure(std::string(errors::syntax));
  const std::string_view value = args[4];
  if (iequals(args[3], "module")) return Filter([](const Command&) { return false; });
  if (iequals(args[3], "pattern"))
    return Filter([glob = Glob(value, true)](const Command& each) mutable {
      return glob.matches(each.spec->name);
    });
  if (!iequals(args[3], "aclcat")) return failure(std::string(errors::syntax));
  for (int i = 0; i < static_cast<int>(Category::count_); ++i) {
    const Category category = static_cast<Category>(i);
    if (iequals(value, name_of(category)))
      return Filter([category](const Command& each) { return each.categories.has(category); });
  }
  return Filter([](const Command&) { return false; });
}

/// Names of the commands that pass, each before its subcommands.
std::size_t write_names(Execution& x, std::span<Command* const> commands, const Filter& filter) {
  std::size_t count = 0;
  for (const Command* each : commands) {
    if (filter(*each)) {
      x.reply.bulk(each->spec->name);
      ++count;
    }
    count += write_names(x, each->subcommands, filter);
  }
  return count;
}

void command_list(Execution& x, Args args) {
  auto filter = parse_filter(args);
  if (!filter.ok()) return x.fail(filter.error());
  const std::size_t place = x.reply.announce();
  const std::size_t count = write_names(x, x.store().registry.commands(), *filter);
  x.reply.settle(place, protocol::ReplyWriter::Aggregate::array, count);
}

/// The command that the arguments name, a subcommand if the first one is a container.
const Command* named_by(const Registry& registry, Args args) {
  const Command* found = registry.find(args[0]);
  if (!found || found->subcommands.empty() || args.size() == 1) return found;
  return found->subcommand(args[1]);
}

Result<std::vector<FoundKey>> keys_of(const Registry& registry, Args args) {
  const Command* found = named_by(registry, args);
  if (!found) return failure("ERR Invalid command specified");
  const CommandSpec& spec = *found->spec;
  if (!has_keys(spec)) return failure("ERR The command has no key arguments");
  if (!spec.arity.admits(args.size()))
    return failure("ERR Invalid number of arguments specified for command");
  auto keys = find_keys(spec, args);
  if (keys && !keys->empty()) return std::move(*keys);
  if (spec.flags.has(Flag::no_mandatory_keys)) return std::vector<FoundKey>{};
  return failure("ERR Invalid arguments specified for command");
}

void command_getkeys(Execution& x, Args args) {
  const Args asked = args.subspan(2);
  auto keys = keys_of(x.store().registry, asked);
  if (!keys.ok()) return x.fail(keys.error());
  x.reply.array(keys->size());
  for (const FoundKey& key : *keys) x.reply.bulk(asked[key.position]);
}

void command_getkeysandflags(Execution& x, Args args) {
  const Args asked = args.subspan(2);
  auto keys = keys_of(x.store().registry, asked);
  if (!keys.ok()) return x.fail(keys.error());
  x.reply.array(keys->size());
  for (const FoundKey& key : *keys) {
    x.reply.array(2);
    x.reply.bulk(asked[key.position]);
    write_key_flags(x.reply, key.flags);
  }
}

constexpr Flags always = {Flag::loading, Flag::stale};
constexpr Categories categories = {Category::connection};

constexpr CommandSpec command_subcommands[] = {
    command({.name = "command|count",
             .group = Group::server,
             .flags = always,
             .categories = categories,
             .since = "2.8.13",
             .complexity = "O(1)",
             .summary = "Returns how many commands there are.",
             .run = command_count}),
    command({.name = "command|list",
             .syntax = "[FILTERBY <MODULE module-name | ACLCAT category | PATTERN pattern>]",
             .group = Group::server,
             .flags = always,
             .categories = categories,
             .tips = {"nondeterministic_output_order"},
             .since = "7.0.0",
             .complexity = "O(N) where N is the number of commands",
             .summary = "Returns the names of all commands, or of some.",
             .run = command_list}),
    command({.name = "command|info",
             .syntax = "[command-name [command-name ...]]",
             .group = Group::server,
             .flags = always,
             .categories = categories,
             .tips = {"nondeterministic_output_order"},
             .since = "2.8.13",
             .complexity = "O(N) where N is the number of commands asked for",
             .summary = "Returns what a client library needs to know about commands.",
             .run = command_info}),
    command({.name = "command|docs",
             .syntax = "[command-name [command-name ...]]",
             .group = Group::server,
             .flags = always,
             .categories = categories,
             .tips = {"nondeterministic_output_order"},
             .since = "7.0.0",
             .complexity = "O(N) where N is the number of commands asked for",
             .summary = "Returns what a person needs to know about commands.",
             .run = command_docs}),
    command({.name = "command|getkeys",
             .syntax = "command [arg [arg ...]]",
             .group = Group::server,
             .flags = always,
             .categories = categories,
             .since = "2.8.13",
             .complexity = "O(N) where N is the number of arguments",
             .summary = "Returns the keys among the arguments of a command.",
             .run = command_getkeys,
             .arity_override = -4}),
    command({.name = "command|getkeysandflags",
             .syntax = "command [arg [arg ...]]",
             .group = Group::server,
             .flags = always,
             .categories = categories,
             .since = "7.0.0",
             .complexity = "O(N) where N is the number of arguments",
             .summary = "Returns the keys among the arguments of a command, and their use.",
             .run = command_getkeysandflags,
             .arity_override = -4}),
    command({.name = "command|help",
             .group = Group::server,
             .flags = always,
             .categories = categories,
             .since = "5.0.0",
             .complexity = "O(1)",
             .summary = "Prints this help.",
             .run = container_help}),
};

constexpr CommandSpec command_rows[] = {
    command({.name = "command",
             .group = Group::server,
             .flags = always,
             .categories = categories,
             .tips = {"nondeterministic_output_order"},
             .since = "2.8.13",
             .complexity = "O(N) where N is the number of commands",
             .summary = "Returns what a client library needs to know about all commands.",
             .run = command_all,
             .subcommands = command_subcommands,
             .arity_override = -1}),
};

}  // namespace

constinit const std::span<const CommandSpec> command_commands = command_rows;

}  // namespace respawn::commands
