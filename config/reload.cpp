#include "config/reload.hpp"

namespace respawn::config {
namespace {

Result<Loaded> load_again(const Source& source, const Files& files) {
  if (source.path.empty()) return failure("the server is running without a config file");
  if (source.command_line.standard_input)
    return failure("standard input was part of the configuration and cannot be read again");
  CommandLine command_line = source.command_line;
  command_line.path = source.path;
  return load(command_line, files);
}

/// Whether file and command line say something else about the option than before: another value, or
/// one where they had left it open.
bool changed_in_file(const Option& option, const Reading& before, const Reading& after) {
  return read(before.config, option) != read(after.config, option) ||
         (after.stated.contains(&option) && !before.stated.contains(&option));
}

/// The line that would have to be in the file.
std::string line_of_default(const Option& option) {
  const std::string value(option.initial.empty() ? "\"\"" : option.initial);
  return std::string(option.name) + " " + value;
}

}  // namespace

Result<Reload> reload(const Config& running, const Source& source, const Files& files) {
  auto loaded = load_again(source, files);
  if (!loaded.ok()) return failure(loaded.error());
  const Reading before = source.reading ? *source.reading : Reading{running, {}};
  const Reading& after = *loaded->source.reading;

  Reload result{{running, {}}, {}, std::move(loaded->warnings), {}, loaded->source.reading};
  for (Change& change : differences(running, loaded->config)) {
    const Option& option = *change.option;
    Value value = read(loaded->config, option);
    if (option.mutability == Mutability::immutable) {
      result.needs_restart.push_back(std::move(change));
    } else if (!changed_in_file(option, before, after)) {
      continue;
    } else if (!after.stated.contains(&option) && option.opens != nullptr &&
               option.opens(read(running, option), value)) {
      result.warnings.push_back("option '" + std::string(option.name) +
                                "' is gone from the configuration and stays as it is; only '" +
                                line_of_default(option) + "' in the file would open the server");
    } else {
      write(result.now.config, option, std::move(value));
      result.now.changes.push_back(std::move(change));
    }
  }
  if (!result.now.changes.empty()) result.now.config.version = running.version + 1;
  result.directives = std::move(loaded->directives);
  if (after.users != before.users)
    result.warnings.emplace_back(
        "user directives have changed; users stay as they are until a restart, or ACL SETUSER");
  if (words_of(result.directives) != source.renames)
    result.warnings.emplace_back(
        "rename-command directives have changed; names stay as they are until a restart");
  return result;
}

std::shared_ptr<const Reading> read_again(const Source& source, const Files& files) {
  auto loaded = load_again(source, files);
  return loaded.ok() ? loaded->source.reading : nullptr;
}

}  // namespace respawn::config
