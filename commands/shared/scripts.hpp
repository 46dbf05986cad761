// Scripts and functions as the store keeps them, and the one that runs.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "commands/families.hpp"
#include "engine/run/script_slot.hpp"
#include "scripting/function_libraries.hpp"
#include "scripting/interpreter.hpp"
#include "scripting/script_cache.hpp"

namespace respawn::commands {

/// What is known of the script or function that runs. Its words lie in its client's batch.
struct RunningScript {
  bool active = false;
  bool is_function = false;
  bool has_written = false;  // it cannot be killed any more
  bool killed = false;
  bool called_slow = false;  // the log says so
  std::string_view name;     // SHA-1 of a script, name of a function
  Args command;
  std::uint64_t begun_ns = 0;  // stopwatch
};

/// The script that runs is debugged by its client.
class DebugSession {
 public:
  virtual ~DebugSession() = default;

  [[nodiscard]] virtual scripting::Debugger& debugger() = 0;

  /// Whether nothing of what the script changes stays.
  [[nodiscard]] virtual bool is_taken_back() const = 0;

  /// Takes back what is to be taken back. Once.
  virtual void end() = 0;
};

/// Owner: the store, so sources and libraries outlive the keyspace actor. The states of Lua are
/// made when they are first needed; one in which a script was cut off is thrown away, and what was
/// compiled there is compiled again from the sources.
class Scripts final : public ScriptSlot {
 public:
  Scripts() { session.peer_address = "?:0"; }  // in the slow log

  /// Makes them where there are none yet.
  static Scripts& of(Store& store);

  /// Null: nobody has used scripts.
  static const Scripts* find(const Store& store);

  // Scripts.

  scripting::ScriptCache cache;

  [[nodiscard]] scripting::Interpreter& evaluator();

  /// The cached script of that text, compiled; put there where it is not. Errors are Redis's.
  Result<scripting::Script*> compiled(std::string_view source);

  /// Compiles a cached script where that has not been done.
  Status compile(scripting::Script& script);

  void flush_scripts();

  // Functions.

  scripting::FunctionLibraries libraries;

  /// With all libraries loaded.
  [[nodiscard]] scripting::Interpreter& functions() {
    load_functions();
    return *functions_;
  }

  /// Makes sure that all libraries are loaded: what was compiled before may be something else then.
  void load_functions();

  void flush_functions();

  /// Of libraries that are gone.
  void forget(const scripting::Library& library);

  // What runs.

  RunningScript running;

  /// Null: nobody debugs.
  std::unique_ptr<DebugSession> debug_session;

  void end_debug_session();

  /// In which the commands of scripts run.
  Session session;

  /// Also what is denied to scripts (DEBUG SET-DISABLE-DENY-SCRIPTS).
  bool call_anything = false;

  void forget_running() override;

  void for_each_library(const std::function<void(std::string_view)>& visit) const override;

  [[nodiscard]] std::string_view busy_error() const override;

  // For INFO.

  [[nodiscard]] std::size_t evaluator_bytes() const {
    return evaluator_ ? evaluator_->used_bytes() : 0;
  }

  [[nodiscard]] std::size_t functions_bytes() const {
    return functions_ ? functions_->used_bytes() : 0;
  }

 private:
  void reload_libraries();

  std::unique_ptr<scripting::Interpreter> evaluator_;
  std::unique_ptr<scripting::Interpreter> functions_;
};

/// A library is loaded by people who wait: it may take so long.
inline constexpr std::uint64_t library_load_ms_max = 500;

/// What a library is allowed while it is loaded: to log, and half a second. Owner: who loads it, on
/// its stack; owns nothing.
class LoadHost final : public scripting::Host {
 public:
  /// A library that has been loaded before is loaded again, and nothing but that is to happen.
  LoadHost() = default;

  /// `clock`: null where it may take as long as it wants.
  LoadHost(const Clock* clock, LogService* log);

  /// From now on others have their turn meanwhile, and it is ended when `running` says so.
  void give_way(LongUnit& unit, const RunningScript& running) {
    unit_ = &unit;
    running_ = &running;
  }

  bool call(scripting::Words words, Buffer& reply) override;
  [[nodiscard]] scripting::Permission may_call(scripting::Words words) override;

  void set_resp(protocol::RespVersion) override {}

  [[nodiscard]] protocol::RespVersion resp() const override;

  void set_replication(unsigned) override {}

  [[nodiscard]] bool logs(scripting::ScriptLogLevel level) const override;
  void log(scripting::ScriptLogLevel level, std::string_view text) override;
  [[nodiscard]] scripting::Stop keep_on() override;

  void fail(std::string_view) override {}

  void pass_on_error(std::string_view) override {}

 private:
  const Clock* clock_ = nullptr;
  LogService* log_ = nullptr;
  LongUnit* unit_ = nullptr;
  const RunningScript* running_ = nullptr;
  std::uint64_t begun_ns_ = 0;
};

/// The server's word for a level of redis.log.
[[nodiscard]] LogLevel log_level(scripting::ScriptLogLevel level);

}  // namespace respawn::commands
