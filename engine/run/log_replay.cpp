#include "engine/run/log_replay.hpp"

#include "engine/run/lookup.hpp"

namespace respawn::engine {

namespace {

constexpr std::int64_t telling_us = 1'000'000;

}  // namespace

LogReplay::LogReplay(Environment& environment)
    : environment_(environment),
      session_(std::make_shared<Session>()),
      told_us_(environment.clock.monotonic_us()) {
  session_->applying = true;
  session_->propagates_to = Targets::none;
  session_->become(environment.store.users.default_user());
}

bool LogReplay::apply(std::span<const std::string_view> words) {
  Command* command = look_up(environment_.store.registry, *session_, words[0]);
  if (command && !command->subcommands.empty() && words.size() > 1)
    command = command->subcommand(words[1]);
  if (!command || !command->spec->arity.admits(words.size())) return false;
  // What it is answered does not matter: it was answered when it was written.
  environment_.runner.run_admitted(*session_, *command, words, replies_);
  replies_.clear();
  return true;
}

Result<std::uint64_t> LogReplay::load_rdb(File&, const std::string& name) {
  return failure("RDB files are not read yet: " + name);
}

void LogReplay::say(bool is_warning, const std::string& text) {
  environment_.services.log.write(is_warning ? LogLevel::warning : LogLevel::notice, text);
}

void LogReplay::progress(std::uint64_t bytes) {
  bytes_ += bytes;
  if (bytes_ % 64 != 0) return;  // the clock is not read for each of very many
  const std::int64_t now_us = environment_.clock.monotonic_us();
  if (now_us - told_us_ < telling_us) return;
  told_us_ = now_us;
  say(false, "Loading the append log: " + std::to_string(bytes_) + " bytes so far");
}

}  // namespace respawn::engine
