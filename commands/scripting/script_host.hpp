// A script or function of a client, run: what its calls are allowed, and what they do.
#pragma once

#include "commands/shared/scripts.hpp"

namespace respawn::commands {

/// What a script may do, beyond what its client may.
struct ScriptLimits {
  bool read_only = false;
  bool may_pass_memory_limit = false;  // allow-oom
};

/// Who it is that runs, and with what.
struct ScriptCall {
  std::string_view name;  // lives as long as the script runs
  int function = LUA_NOREF;
  bool is_function = false;
  scripting::ScriptFlags flags;
  bool read_only = false;  // EVAL_RO and its like
};

/// Owner: the handler, on the stack of the long unit; owns nothing, so that it can be dropped
/// there. The commands run in a session of the scripts' own: the client's database, user and
/// rights, but nothing of it changes when the script selects another database or protocol.
class ScriptHost final : public scripting::Host, public scripting::DebugPort {
 public:
  ScriptHost(Execution& x, Scripts& scripts, ScriptLimits limits);

  bool call(scripting::Words words, Buffer& reply) override;
  [[nodiscard]] scripting::Permission may_call(scripting::Words words) override;
  void set_resp(protocol::RespVersion version) override;
  [[nodiscard]] protocol::RespVersion resp() const override;
  void set_replication(unsigned targets) override;
  [[nodiscard]] bool logs(scripting::ScriptLogLevel level) const override;
  void log(scripting::ScriptLogLevel level, std::string_view text) override;
  [[nodiscard]] scripting::Stop keep_on() override;
  void fail(std::string_view error) override;
  void pass_on_error(std::string_view error) override;

  // scripting::DebugPort
  [[nodiscard]] scripting::Words ask(std::span<const std::string> lines) override;
  [[nodiscard]] bool took_too_long() const override;

  /// Null: nobody debugs. Else it asks this host from now on.
  [[nodiscard]] scripting::Debugger* debugger(const scripting::Interpreter& interpreter);

 private:
  [[nodiscard]] Command* look_up_command(scripting::Words words) const;
  bool refuse(Command* command, scripting::Words words, Buffer& reply);
  bool reject(Command* command, std::string_view error, Buffer& reply);
  bool refuse_for_rights(Command& command, scripting::Words words, Buffer& reply);
  std::string_view reason_against(const Command& command) const;
  void call_slow();
  [[nodiscard]] bool is_taken_back() const;

  Execution& x_;
  Scripts& scripts_;
  ScriptLimits limits_;
};

/// Runs it for the client of `x`, whose arguments are `numkeys key ... arg ...` from args[2] on;
/// `key_count` of them are keys. Replies.
void run_script(Execution& x, Args args, std::size_t key_count, const ScriptCall& call);

/// What a call of a script with these flags may do, by the flags of its row.
[[nodiscard]] Flags flags_of_script(Flags own, scripting::ScriptFlags flags);

/// How many of the arguments behind args[2] are keys; replies an error where that is none:
/// `not_a_number` where it is no number.
std::optional<std::size_t> key_count_of(Execution& x, Args args, std::string_view not_a_number);

}  // namespace respawn::commands
