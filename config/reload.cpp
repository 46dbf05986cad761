#include "config/reload.hpp"

namespace respawn::config {

Result<Reload> reload(const Config& running, const Source& source, const Files& files) {
  if (source.path.empty()) return failure("the server is running without a config file");
  if (source.command_line.standard_input)
    return failure("standard input was part of the configuration and cannot be read again");
  CommandLine command_line = source.command_line;
  command_line.path = source.path;
  auto loaded = load(command_line, files);
  if (!loaded.ok()) return failure(loaded.error());

  Reload result{{running, {}}, {}};
  for (Change& change : differences(running, loaded->config)) {
    if (change.option->mutability == Mutability::immutable) {
      result.needs_restart.push_back(std::move(change));
    } else {
      write(result.now.config, *change.option, read(loaded->config, *change.option));
      result.now.changes.push_back(std::move(change));
    }
  }
  if (!result.now.changes.empty()) result.now.config.version = running.version + 1;
  return result;
}

}  // namespace respawn::config
