#include "config/load.hpp"

#include "config/change.hpp"
#include "config/loader.hpp"

namespace respawn::config {
namespace {

std::vector<std::string> warnings_about(const Config& config) {
  std::vector<std::string> warnings;
  for (const Change& change : differences(Config(), config))
    if (change.option->state == State::accepted)
      warnings.push_back("option '" + std::string(change.option->name) +
                         "' is accepted but has no effect yet");
  return warnings;
}

Error unreadable(const std::string& what, const std::string& why) {
  return fatal_error(Fault{{}, "", "can't open config file '" + what + "': " + why, ""});
}

}  // namespace

Result<Loaded> load(const CommandLine& command_line, const Files& files) {
  Loaded loaded;
  loaded.source.command_line = command_line;
  Loader loader(files);
  Status status = success();
  if (!command_line.path.empty()) {
    loaded.source.path = files.absolute(command_line.path);
    auto text = files.read(loaded.source.path);
    if (!text.ok()) return unreadable(command_line.path, text.error());
    loaded.source.kind = kind_of(*text);
    status = loader.add_text(*text, loaded.source.path);
  }
  if (status.ok() && command_line.standard_input) {
    auto text = files.read_standard_input();
    if (!text.ok()) return unreadable("-", text.error());
    status = loader.add_text(*text, "standard input");
  }
  if (status.ok()) status = loader.add_text(command_line.options, std::string(command_line_name));
  if (!status.ok()) return failure(status.error());
  if (loader.config.cluster_enabled && !loader.config.replicaof.empty())
    return fatal_error(Fault{{}, "", "replicaof directive not allowed in cluster mode", ""});
  loaded.warnings = warnings_about(loader.config);
  loader.config.dir = files.absolute(loader.config.dir);
  loaded.config = std::move(loader.config);
  loaded.directives = std::move(loader.directives);
  return loaded;
}

}  // namespace respawn::config
