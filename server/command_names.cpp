#include "server/command_names.hpp"

#include "base/check.hpp"
#include "commands/families.hpp"

namespace respawn::server {

namespace {

Status rename_command(engine::Registry& registry, const config::Directive& directive) {
  const std::string& from = directive.words[1];
  const std::string& to = directive.words[2];
  switch (registry.rename(from, to)) {
    case engine::Renaming::done:
      return success();
    case engine::Renaming::no_such_command:
      return config::fatal_error(
          directive, "No such command in rename-command",
          from.find('|') != std::string::npos
              ? "subcommands cannot be renamed, only the command in front of them"
              : "no command is called '" + from + "' here; an earlier line may have renamed it");
    case engine::Renaming::name_is_taken:
      return config::fatal_error(directive, "Target command name already exists",
                                 "'" + to + "' has to be renamed on an earlier line");
  }
  return success();
}

}  // namespace

Status rename_commands(engine::Registry& registry, std::span<const config::Directive> directives) {
  for (const config::Directive& directive : directives) {
    RESPAWN_CHECK(directive.words.size() == 3 && directive.words[0] == "rename-command");
    if (Status renamed = rename_command(registry, directive); !renamed) return renamed;
  }
  return success();
}

Status check_renames(std::span<const config::Directive> directives) {
  engine::Registry registry(commands::every_family());
  return rename_commands(registry, directives);
}

}  // namespace respawn::server
