#include "commands/scripting/debug_session.hpp"

#include "commands/scripting/rollback.hpp"
#include "commands/shared/dumped_value.hpp"

namespace respawn::commands {

namespace {

/// Owner: the scripts, so that a successor of the keyspace actor can take back what was changed.
class DebuggedScript final : public DebugSession {
 public:
  explicit DebuggedScript(std::string_view source) : debugger_(source) {}

  void keep_changes_apart(keyspace::Databases& data, const persistence::ValueLimits& limits) {
    rollback_ = std::make_unique<Rollback>(data, limits);
  }

  [[nodiscard]] scripting::Debugger& debugger() override { return debugger_; }

  [[nodiscard]] bool is_taken_back() const override { return rollback_ != nullptr; }

  void end() override {
    if (rollback_) rollback_->undo();
  }

 private:
  scripting::Debugger debugger_;
  std::unique_ptr<Rollback> rollback_;
};

/// In front of the script's reply.
void say_farewell(Execution& x, scripting::Debugger& debugger) {
  Buffer reply;
  reply.swap(x.reply.buffer());
  const std::vector<std::string> lines = debugger.farewell();
  x.reply.array(lines.size());
  for (const std::string& line : lines) x.reply.simple(line);
  x.reply.buffer().append(reply);
}

}  // namespace

void debug_script(Execution& x, Args args, void (*evaluate)(Execution& x, Args args)) {
  Scripts& scripts = Scripts::of(x.store());
  {
    auto session = std::make_unique<DebuggedScript>(args[1]);
    if (x.session().script_debug == ScriptDebug::taken_back)
      session->keep_changes_apart(x.store().databases, value_limits(x));
    scripts.debug_session = std::move(session);
  }
  x.env().services.log.write(LogLevel::notice,
                             "A client debugs a script: others are answered that "
                             "the server is busy until it has done so");
  evaluate(x, args);
  say_farewell(x, scripts.debug_session->debugger());
  scripts.end_debug_session();
  x.session().script_debug = ScriptDebug::off;
  x.session().close_after_reply = true;
  x.env().services.log.write(LogLevel::notice, "The script that was debugged has ended");
}

}  // namespace respawn::commands
