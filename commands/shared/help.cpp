#include "commands/shared/help.hpp"

namespace respawn::commands {

void container_help(Execution& x, Args args) {
  const std::string_view own = x.spec().name;
  const std::string_view container = own.substr(0, own.find('|'));
  const Command* command = x.store().registry.find_original(container);
  RESPAWN_CHECK(command != nullptr);
  std::vector<HelpEntry> entries;
  for (const Command* sub : command->subcommands) {
    const CommandSpec& spec = *sub->spec;
    if (spec.name == own) continue;
    std::string usage = to_upper(spec.name.substr(container.size() + 1));
    if (!spec.syntax.empty()) usage += " " + std::string(spec.syntax);
    entries.emplace_back(std::move(usage), spec.summary);
  }
  entries.emplace_back("HELP", x.spec().summary);
  help_reply(x, args[0], entries);
}

void help_reply(Execution& x, std::string_view command, std::span<const HelpEntry> entries) {
  x.reply.array(1 + entries.size() * 2);
  x.reply.simple(to_upper(command) + " <subcommand> [<arg> [value] [opt] ...]. Subcommands are:");
  for (const auto& [usage, summary] : entries) {
    x.reply.simple(usage);
    x.reply.simple("    " + std::string(summary));
  }
}

}  // namespace respawn::commands
