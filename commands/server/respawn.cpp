// RESPAWN: looks at the supervision tree and exercises it; and looks at what Redis cannot show.
//
// TREE answers one map per actor (RESP2: field and value in turn): id, path, kind, strategy,
// restart, state, restarts, last-exit, age-ms and children, an array of the same. TREE TEXT is the
// same as a drawing for people.
#include "commands/families.hpp"
#include "commands/server/append_log.hpp"
#include "commands/server/respawn_views.hpp"
#include "commands/server/saving.hpp"
#include "commands/shared/help.hpp"

namespace respawn::commands {

namespace {

constexpr std::int64_t restarts_shown_default = 20;

void write_node(Execution& x, const TreeNode& node) {
  x.reply.map(10);
  write_text(x, "id", node.id);
  write_text(x, "path", node.path);
  write_text(x, "kind", node.kind);
  write_text(x, "strategy", node.strategy);
  write_text(x, "restart", node.restart);
  write_text(x, "state", node.state);
  write_number(x, "restarts", static_cast<std::int64_t>(node.restarts));
  write_text(x, "last-exit", node.last_exit);
  write_number(x, "age-ms", x.now_ms() - node.since_ms);
  x.reply.bulk("children");
  x.reply.array(node.children.size());
  for (const TreeNode& child : node.children) write_node(x, child);
}

std::string describe(const TreeNode& node) {
  std::string text = node.id;
  text += " (" + (node.strategy.empty() ? node.restart : node.strategy) + ", " + node.state;
  if (node.restarts > 0) text += ", restarted " + std::to_string(node.restarts) + "x";
  if (!node.last_exit.empty()) text += ", last exit: " + node.last_exit;
  return text + ")\n";
}

/// One line per actor; `indent` leads the lines below this one.
void draw(const TreeNode& node, const std::string& indent, std::string& out) {
  out += describe(node);
  for (std::size_t i = 0; i < node.children.size(); ++i) {
    const bool last = i + 1 == node.children.size();
    out += indent + (last ? "`- " : "|- ");
    draw(node.children[i], indent + (last ? "   " : "|  "), out);
  }
}

void respawn_tree(Execution& x, Args args) {
  if (args.size() > 3 || (args.size() == 3 && !iequals(args[2], "text")))
    return x.fail(errors::syntax);
  const TreeNode root = x.env().services.tree.root();
  if (args.size() == 2) return write_node(x, root);
  std::string drawing;
  draw(root, "", drawing);
  x.reply.verbatim("txt", drawing);
}

void respawn_children(Execution& x, Args args) {
  if (args.size() > 3) return x.fail(errors::wrong_arity(x.spec().name));
  if (args.size() == 2) {
    const TreeNode root = x.env().services.tree.root();
    x.reply.array(root.children.size());
    for (const TreeNode& child : root.children) write_node(x, child);
    return;
  }
  auto children = x.env().services.tree.children(args[2]);
  if (!children.ok()) return x.fail(children.error());
  x.reply.array(children->size());
  for (const TreeNode& child : *children) write_node(x, child);
}

void respawn_restarts(Execution& x, Args args) {
  if (args.size() > 3) return x.fail(errors::wrong_arity(x.spec().name));
  std::int64_t count = restarts_shown_default;
  if (args.size() == 3) {
    auto given = to_integer_between(args[2], 0, std::numeric_limits<std::int32_t>::max(),
                                    errors::must_be_positive);
    if (!given.ok()) return x.fail(given.error());
    count = *given;
  }
  const auto records = x.env().services.tree.restarts(static_cast<std::size_t>(count));
  x.reply.array(records.size());
  for (const RestartRecord& record : records) {
    x.reply.map(5);
    write_number(x, "time-ms", record.wall_ms);
    write_text(x, "path", record.path);
    write_text(x, "event", record.event);
    write_text(x, "reason", record.reason);
    write_number(x, "attempt", static_cast<std::int64_t>(record.attempt));
  }
}

void respawn_kill(Execution& x, Args args) {
  if (Status killed = x.env().services.tree.kill(args[2]); !killed.ok())
    return x.fail(killed.error());
  x.reply.ok();
}

constexpr Flags respawn_admin_flags = {Flag::admin, Flag::noscript, Flag::loading, Flag::stale};
/// The tree is there to be looked at, and helped, when something hangs.
constexpr Flags tree_flags = respawn_admin_flags | Flags{Flag::always_answered};

constexpr CommandSpec respawn_subcommands[] = {
    command({.name = "respawn|tree",
             .syntax = "[TEXT]",
             .group = Group::respawn,
             .flags = tree_flags,
             .tips = {"nondeterministic_output"},
             .since = "0.1.0",
             .complexity = "O(N) where N is the number of actors",
             .summary = "Returns the supervision tree, as nested maps or drawn as text.",
             .run = respawn_tree}),
    command({.name = "respawn|children",
             .syntax = "[supervisor]",
             .group = Group::respawn,
             .flags = tree_flags,
             .tips = {"nondeterministic_output"},
             .since = "0.1.0",
             .complexity = "O(N) where N is the number of actors below",
             .summary = "Returns the children of a supervisor (the root when none is named).",
             .run = respawn_children}),
    command({.name = "respawn|restarts",
             .syntax = "[count]",
             .group = Group::respawn,
             .flags = tree_flags,
             .tips = {"nondeterministic_output"},
             .since = "0.1.0",
             .complexity = "O(N) where N is the number of records returned",
             .summary = "Returns the last reports of exits and restarts.",
             .run = respawn_restarts}),
    command({.name = "respawn|kill",
             .syntax = "id",
             .group = Group::respawn,
             .flags = tree_flags,
             .since = "0.1.0",
             .complexity = "O(1)",
             .summary = "Ends an actor brutally, by id or path, to see it come back.",
             .run = respawn_kill}),
    command({.name = "respawn|waiters",
             .syntax = "[key]",
             .group = Group::respawn,
             .flags = respawn_admin_flags,
             .tips = {"nondeterministic_output"},
             .since = "0.2.0",
             .complexity = "O(N) where N is the number of places in the queues of these keys",
             .summary = "Returns who waits for which key, since when, in which order, until when.",
             .run = respawn_waiters}),
    command({.name = "respawn|latency",
             .syntax = "[RESET]",
             .group = Group::respawn,
             .flags = respawn_admin_flags,
             .tips = {"nondeterministic_output"},
             .since = "0.2.0",
             .complexity = "O(1)",
             .summary = "Returns what requests waited and ran, or begins to measure anew.",
             .run = respawn_latency}),
    command({.name = "respawn|durability",
             .group = Group::respawn,
             .flags = respawn_admin_flags,
             .tips = {"nondeterministic_output"},
             .since = "0.3.0",
             .complexity =
                 "O(N) where N is the number of long values that a snapshot has yet to write.",
             .summary = "Returns how far the append log is durable, and how snapshots fare.",
             .run = respawn_durability}),
    command({.name = "respawn|slowlog",
             .syntax = "[count]",
             .group = Group::respawn,
             .flags = respawn_admin_flags,
             .tips = {"nondeterministic_output"},
             .since = "0.2.0",
             .complexity = "O(N) where N is the number of entries returned",
             .summary = "Returns the slow log with what each command waited before it ran.",
             .run = respawn_slowlog}),
    command({.name = "respawn|help",
             .group = Group::respawn,
             .flags = {Flag::loading, Flag::stale},
             .since = "0.1.0",
             .complexity = "O(1)",
             .summary = "Prints this help.",
             .run = container_help}),
};

constexpr CommandSpec respawn_rows[] = {
    command(
        {.name = "respawn",
         .group = Group::respawn,
         .since = "0.1.0",
         .complexity = "Depends on subcommand.",
         .summary = "Shows and exercises the supervision tree, and shows what waits and how long.",
         .subcommands = respawn_subcommands}),
};

}  // namespace

constinit const std::span<const CommandSpec> respawn_commands = respawn_rows;

}  // namespace respawn::commands
