// Writes the documents that are made from tables: options, their JSON schema, commands.
//   generate-docs <project folder> [--check]     --check: only says which are out of date, exit 1
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <string_view>

#include "base/text.hpp"
#include "commands/families.hpp"
#include "config/reference.hpp"
#include "engine/table/registry.hpp"

namespace {

using respawn::engine::Command;

void describe(const Command& command, std::string& page) {
  const auto& spec = *command.spec;
  if (spec.is_container()) {
    for (const Command* sub : command.subcommands) describe(*sub, page);
    return;
  }
  std::string name = respawn::to_upper(spec.name);
  for (char& c : name)
    if (c == '|') c = ' ';
  std::string syntax(spec.syntax);
  for (std::size_t at = 0; (at = syntax.find('|', at)) != std::string::npos; at += 2)
    syntax.insert(at, "\\");
  page += "| `" + name + (syntax.empty() ? "" : " ") + syntax + "` | " + std::string(spec.since) +
          " | " + std::string(spec.complexity) + " | " + std::string(spec.summary) + " |\n";
}

std::string command_page() {
  std::string page =
      "# Commands\n\nMade by `generate-docs` from the command rows. `since` is the version of "
      "Redis "
      "(or of Respawn) that brought the command.\n";
  const respawn::engine::Registry registry(respawn::commands::every_family());
  std::string_view group;
  for (const Command* command : registry.commands()) {
    const std::string_view own = respawn::commands::name_of(command->spec->group);
    if (own != group) {
      group = own;
      page += "\n## " + std::string(group) +
              "\n\n| command | since | complexity | summary |\n|---|---|---|---|\n";
    }
    describe(*command, page);
  }
  return page;
}

std::string read(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::cerr << "usage: generate-docs <project folder> [--check]\n";
    return 2;
  }
  const std::string root = argv[1];
  const bool check = argc > 2 && std::string_view(argv[2]) == "--check";
  const std::pair<std::string, std::string> documents[] = {
      {root + "/docs/commands.md", command_page()},
      {root + "/docs/configuration.md", respawn::config::reference_markdown()},
      {root + "/config/respawn.schema.json", respawn::config::json_schema()},
  };
  int status = 0;
  for (const auto& [path, text] : documents) {
    if (read(path) == text) continue;
    if (check) {
      std::cerr << path << " is out of date: run build/dev/generate-docs .\n";
      status = 1;
    } else {
      std::ofstream(path) << text;
      std::cout << "wrote " << path << '\n';
    }
  }
  return status;
}
