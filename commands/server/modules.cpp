// MODULE: there are none, and none can be loaded.
#include "commands/families.hpp"
#include "commands/shared/help.hpp"

namespace respawn::commands {

namespace {

void module_list(Execution& x, Args) {
  x.reply.array(0);
}

/// Where enable-module-command admits it, it fails as in Redis where there is no such file.
void module_load(Execution& x, Args args) {
  x.env().services.log.write(LogLevel::warning, "Module " + std::string(args[2]) +
                                                    " was not loaded: modules are not supported");
  x.fail("ERR Error loading the extension. Please check the server logs.");
}

void module_unload(Execution& x, Args) {
  x.fail("ERR Error unloading module: no such module with that name");
}

constexpr Flags loading_flags = {Flag::admin, Flag::noscript, Flag::no_async_loading,
                                 Flag::guarded};

constexpr CommandSpec module_rows[] = {
    command({.name = "module|list",
             .group = Group::server,
             .flags = {Flag::admin, Flag::noscript},
             .tips = {"nondeterministic_output_order"},
             .since = "4.0.0",
             .complexity = "O(N) where N is the number of loaded modules.",
             .summary = "Lists the loaded modules; there are none.",
             .run = module_list}),
    command({.name = "module|load",
             .syntax = "path [arg [arg ...]]",
             .group = Group::server,
             .flags = loading_flags,
             .since = "4.0.0",
             .complexity = "O(1)",
             .summary = "Fails: modules are not supported.",
             .run = module_load}),
    command({.name = "module|loadex",
             .syntax = "path [CONFIG name value [CONFIG name value ...]] [ARGS arg [arg ...]]",
             .group = Group::server,
             .flags = loading_flags,
             .since = "7.0.0",
             .complexity = "O(1)",
             .summary = "Fails: modules are not supported.",
             .run = module_load}),
    command({.name = "module|unload",
             .syntax = "name",
             .group = Group::server,
             .flags = loading_flags,
             .since = "4.0.0",
             .complexity = "O(1)",
             .summary = "Fails: there is no module.",
             .run = module_unload}),
    command({.name = "module|help",
             .group = Group::server,
             .flags = {Flag::loading, Flag::stale},
             .since = "5.0.0",
             .complexity = "O(1)",
             .summary = "Prints this help.",
             .run = container_help}),
};

constexpr CommandSpec modules_rows[] = {
    command({.name = "module",
             .group = Group::server,
             .since = "4.0.0",
             .complexity = "Depends on subcommand.",
             .summary = "Tells about modules.",
             .subcommands = module_rows}),
};

}  // namespace

constinit const std::span<const CommandSpec> module_commands = modules_rows;

}  // namespace respawn::commands
