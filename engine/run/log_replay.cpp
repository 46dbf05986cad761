#include "engine/run/log_replay.hpp"

#include "engine/run/lookup.hpp"
#include "engine/run/rdb_loading.hpp"

namespace respawn::engine {

std::shared_ptr<Session> make_applying_session(const Store& store) {
  auto session = std::make_shared<Session>();
  session->applying = true;
  session->propagates_to = Targets::none;
  session->become(store.users.default_user());
  return session;
}

Command* logged_command(const Store& store, std::span<const std::string_view> words) {
  Command* command = store.registry.find_original(words[0]);
  if (command && !command->subcommands.empty() && words.size() > 1)
    command = command->subcommand(words[1]);
  return command && command->spec->arity.admits(words.size()) ? command : nullptr;
}

bool LogReplay::apply(std::span<const std::string_view> words) {
  Command* command = logged_command(environment_.store, words);
  if (!command) return false;
  // What it is answered does not matter: it was answered when it was written.
  environment_.runner.run_admitted(*session_, *command, words, replies_);
  replies_.clear();
  return true;
}

Result<std::uint64_t> LogReplay::load_rdb(File& file, const std::string&) {
  Store& store = environment_.store;
  std::uint64_t bytes = 0;
  if (std::error_code failed = file.size(bytes)) return failure(failed.message());
  keyspace::Databases databases(store.databases.count());
  auto loaded = engine::load_rdb({.file = file,
                                  .end = bytes,
                                  .config = store.config,
                                  .packed_threshold_bytes = store.list_packed_threshold_bytes,
                                  .log = environment_.services.log,
                                  .clock = environment_.clock,
                                  .progress = *store.loading.progress,
                                  .drop_expired = false},
                                 databases);
  if (!loaded) return failure(loaded.error());
  store.databases.adopt(databases);
  for (const std::string& code : loaded->functions) {
    const std::string_view words[] = {"FUNCTION", "LOAD", "REPLACE", code};
    if (!apply(words)) return failure(std::string("a library of functions cannot be loaded"));
  }
  return loaded->end;
}

void LogReplay::say(bool is_warning, const std::string& text) {
  environment_.services.log.write(is_warning ? LogLevel::warning : LogLevel::notice, text);
}

}  // namespace respawn::engine
