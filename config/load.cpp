#include "config/load.hpp"

#include "config/loader.hpp"

namespace respawn::config {
namespace {

/// Adds a line for each option that was set to something which does not happen. Who takes a promise
/// back, as `save ""` does, gets what was asked for.
void warn_about(const Config& config, std::vector<std::string>& warnings) {
  const Config defaults;
  for (const Option& option : options()) {
    if (option.state == State::implemented) continue;
    const Value value = read(config, option);
    if (value == read(defaults, option)) continue;
    const bool overpromises = option.overpromises(value);
    if (!overpromises && option.lack.promises != nullptr) continue;
    warnings.push_back("option '" + std::string(option.name) +
                       "' is accepted but has no effect yet" +
                       (overpromises ? ": " + std::string(option.lack.why) : ""));
  }
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
  if (status.ok() && loader.config.cluster_enabled && !loader.config.replicaof.empty())
    return fatal_error(Fault{{}, "", "replicaof directive not allowed in cluster mode", ""});
  if (status.ok()) status = loader.finish();
  if (!status.ok()) return failure(status.error());
  loaded.warnings = std::move(loader.warnings);
  warn_about(loader.config, loaded.warnings);
  loaded.config = std::move(loader.config);
  loaded.directives = std::move(loader.directives);
  loaded.users = std::move(loader.users);
  auto reading = std::make_shared<Reading>();
  reading->config = loaded.config;
  for (const auto& [option, where] : loader.stated) reading->stated.insert(option);
  reading->users = words_of(loaded.users);
  loaded.source.reading = std::move(reading);
  loaded.source.renames = words_of(loaded.directives);
  return loaded;
}

}  // namespace respawn::config
