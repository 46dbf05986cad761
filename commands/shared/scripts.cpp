#include "commands/shared/scripts.hpp"

namespace respawn::commands {

using scripting::Interpreter;
using scripting::Script;

Scripts& Scripts::of(Store& store) {
  if (!store.scripts) store.scripts = std::make_unique<Scripts>();
  return static_cast<Scripts&>(*store.scripts);
}

const Scripts* Scripts::find(const Store& store) {
  return static_cast<const Scripts*>(store.scripts.get());
}

// ---- Scripts ----

Interpreter& Scripts::evaluator() {
  if (!evaluator_) evaluator_ = std::make_unique<Interpreter>(Interpreter::Kind::scripts);
  return *evaluator_;
}

Status Scripts::compile(Script& script) {
  if (script.function != LUA_NOREF) return success();
  auto function = evaluator().compile(script.body());
  if (!function.ok())
    return failure("ERR Error compiling script (new function): " + function.error());
  script.function = *function;
  return success();
}

Result<Script*> Scripts::compiled(std::string_view source) {
  Script* known = cache.find_source(source);
  if (known) {
    if (Status status = compile(*known); !status.ok()) return failure(status.error());
    return known;
  }
  auto header = scripting::read_script_header(source);
  if (!header.ok()) return failure("ERR " + header.error());
  auto function = evaluator().compile(source.substr(header->body_at));
  if (!function.ok())
    return failure("ERR Error compiling script (new function): " + function.error());
  Script& script = cache.add(source, *header);
  script.function = *function;
  return &script;
}

void Scripts::flush_scripts() {
  cache.clear();
  evaluator_.reset();
}

// ---- Functions ----

void Scripts::load_functions() {
  if (functions_) return;
  functions_ = std::make_unique<Interpreter>(Interpreter::Kind::functions);
  reload_libraries();
}

/// Into a new state. What could be loaded before can be loaded again: it sees nothing of the world.
void Scripts::reload_libraries() {
  LoadHost host;
  for (auto& [name, library] : libraries.all()) {
    const auto header = scripting::read_library_header(library.code);
    RESPAWN_CHECK(header.ok());
    auto loaded =
        functions_->load_library(std::string_view(library.code).substr(header->body_at), host);
    RESPAWN_CHECK(loaded.ok());
    library.functions = std::move(*loaded);
  }
  libraries.index_again();
}

void Scripts::flush_functions() {
  libraries = {};
  functions_.reset();
}

void Scripts::forget(const scripting::Library& library) {
  if (!functions_) return;
  for (const auto& function : library.functions) functions_->forget(function.function);
}

// ---- What runs ----

void Scripts::end_debug_session() {
  if (debug_session) std::exchange(debug_session, nullptr)->end();
}

void Scripts::forget_running() {
  end_debug_session();
  if (!std::exchange(running, {}).active) return;
  evaluator_.reset();
  functions_.reset();
  cache.forget_functions();
}

void Scripts::for_each_library(const std::function<void(std::string_view)>& visit) const {
  for (const auto& [name, library] : libraries.all()) visit(library.code);
}

std::string_view Scripts::busy_error() const {
  return running.is_function ? "BUSY Redis is busy running a script. You can only call FUNCTION "
                               "KILL or SHUTDOWN NOSAVE."
                             : "BUSY Redis is busy running a script. You can only call SCRIPT KILL "
                               "or SHUTDOWN NOSAVE.";
}

// ---- LoadHost ----

LoadHost::LoadHost(const Clock* clock, LogService* log)
    : clock_(clock), log_(log), begun_ns_(clock ? clock->stopwatch_ns() : 0) {}

bool LoadHost::call(scripting::Words, Buffer& reply) {
  protocol::ReplyWriter(reply, resp()).error("ERR No command can be called on FUNCTION LOAD");
  return false;
}

scripting::Permission LoadHost::may_call(scripting::Words) {
  return scripting::Permission::no_such_command;
}

protocol::RespVersion LoadHost::resp() const {
  return protocol::RespVersion::resp2;
}

bool LoadHost::logs(scripting::ScriptLogLevel level) const {
  return log_ && log_->enabled(log_level(level));
}

void LoadHost::log(scripting::ScriptLogLevel level, std::string_view text) {
  if (log_) log_->write(log_level(level), text);
}

scripting::Stop LoadHost::keep_on() {
  constexpr std::uint64_t ns_per_ms = 1'000'000;
  if (unit_ && unit_->slice_is_over()) unit_->give_way();
  if (running_ && running_->killed) return scripting::Stop::killed;
  const bool late = clock_ && clock_->stopwatch_ns() - begun_ns_ > library_load_ms_max * ns_per_ms;
  return late ? scripting::Stop::timeout : scripting::Stop::no;
}

LogLevel log_level(scripting::ScriptLogLevel level) {
  switch (level) {
    case scripting::ScriptLogLevel::debug:
      return LogLevel::debug;
    case scripting::ScriptLogLevel::verbose:
      return LogLevel::verbose;
    case scripting::ScriptLogLevel::notice:
      return LogLevel::notice;
    case scripting::ScriptLogLevel::warning:
      return LogLevel::warning;
  }
  check_failed("no such level of redis.log", __FILE__, __LINE__);
}

}  // namespace respawn::commands
