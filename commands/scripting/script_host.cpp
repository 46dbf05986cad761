#include "commands/scripting/script_host.hpp"

#include "engine/clients/monitor.hpp"
#include "engine/run/lookup.hpp"
#include "engine/run/rights.hpp"

namespace respawn::commands {

using scripting::Permission;
using scripting::ScriptFlag;
using scripting::ScriptFlags;
using scripting::ScriptLogLevel;
using scripting::Stop;
using scripting::Words;

namespace {

constexpr std::uint64_t ns_per_ms = 1'000'000;

/// The session of the scripts becomes one of this client's.
void impersonate(Session& session, Session& caller) {
  session.script_of = &caller;
  session.id = caller.id;
  session.db = caller.db;
  session.resp = protocol::RespVersion::resp2;
  session.propagates_to = Targets::everybody;
  session.no_touch = caller.no_touch;
  session.applying = caller.applying;
  if (session.user != caller.user) session.become(caller.user);
}

/// Why it may not run at all, "" when it may.
std::string_view reason_against(Execution& x, const ScriptCall& call) {
  if (call.flags.unspoken) return "";
  const bool writes = !call.flags.has(ScriptFlag::no_writes);
  if (writes && call.read_only)
    return "ERR Can not execute a script with write flag using *_ro command.";
  if (x.session().applying) return "";
  const CommandRunner& runner = x.env().runner;
  if (writes && runner.lacks_replicas()) return errors::too_few_replicas;
  if (writes && !call.flags.has(ScriptFlag::allow_oom) && runner.out_of_memory())
    return "OOM allow-oom flag is not set on the script, can not run it when used memory > "
           "'maxmemory'";
  return "";
}

}  // namespace

ScriptHost::ScriptHost(Execution& x, Scripts& scripts, ScriptLimits limits)
    : x_(x), scripts_(scripts), limits_(limits) {}

// ---- Calls ----

Command* ScriptHost::look_up_command(Words words) const {
  Command* command = look_up(x_.store().registry, scripts_.session, words[0]);
  if (command && words.size() > 1 && !command->subcommands.empty())
    return command->subcommand(words[1]);
  return command;
}

bool ScriptHost::call(Words words, Buffer& reply) {
  Command* command = look_up_command(words);
  if (refuse(command, words, reply)) return false;
  if (command->spec->flags.has(Flag::write) && !is_taken_back())
    scripts_.running.has_written = true;
  x_.env().runner.run_admitted(scripts_.session, *command, words, reply);
  return true;
}

/// Writes why it may not run, in Redis's order of reasons. False when it may.
bool ScriptHost::refuse(Command* command, Words words, Buffer& reply) {
  if (!command) return reject(nullptr, "ERR Unknown Redis command called from script", reply);
  const CommandSpec& spec = *command->spec;
  if (!spec.arity.admits(words.size()))
    return reject(command, "ERR Wrong number of args calling Redis command from script", reply);
  if (spec.flags.has(Flag::noscript) && !scripts_.call_anything)
    return reject(command, "ERR This Redis command is not allowed from script", reply);
  if (scripts_.session.restricted && refuse_for_rights(*command, words, reply)) return true;
  const std::string_view reason = reason_against(*command);
  return !reason.empty() && reject(command, reason, reply);
}

std::string_view ScriptHost::reason_against(const Command& command) const {
  const Flags flags = command.spec->flags;
  const bool writes = flags.has(Flag::write);
  if (limits_.read_only && (writes || flags.has(Flag::may_replicate)))
    return "ERR Write commands are not allowed from read-only scripts.";
  // A script that has begun to write is not stopped in its middle.
  if (scripts_.running.has_written || scripts_.session.applying) return "";
  const CommandRunner& runner = x_.env().runner;
  if (writes && runner.lacks_replicas()) return errors::too_few_replicas;
  if (flags.has(Flag::denyoom) && !limits_.may_pass_memory_limit && runner.out_of_memory())
    return errors::out_of_memory;
  return "";
}

bool ScriptHost::reject(Command* command, std::string_view error, Buffer& reply) {
  if (command) ++command->statistics.rejected_calls;
  x_.store().statistics.count_error(error);
  protocol::ReplyWriter(reply, scripts_.session.resp).error(error);
  return true;
}

bool ScriptHost::refuse_for_rights(Command& command, Words words, Buffer& reply) {
  const Session& session = scripts_.session;
  const access::Decision decision = decide(*session.user, command, words);
  if (decision.allowed()) return false;
  log_refusal(x_.env(), session,
              {decision.denial, context_of(session), refused_object(decision, command, words),
               session.user->name()});
  return reject(&command,
                "ERR ACL failure in script: " + refusal_text(decision, *session.user, command),
                reply);
}

Permission ScriptHost::may_call(Words words) {
  const Command* command = look_up_command(words);
  if (!command) return Permission::no_such_command;
  if (!scripts_.session.restricted) return Permission::granted;
  const bool allowed = decide(*scripts_.session.user, *command, words).allowed();
  return allowed ? Permission::granted : Permission::refused;
}

// ---- Settings ----

void ScriptHost::set_resp(protocol::RespVersion version) {
  scripts_.session.resp = version;
}

protocol::RespVersion ScriptHost::resp() const {
  return scripts_.session.resp;
}

void ScriptHost::set_replication(unsigned targets) {
  if (!is_taken_back()) scripts_.session.propagates_to = static_cast<Targets>(targets);
}

bool ScriptHost::logs(ScriptLogLevel level) const {
  return x_.env().services.log.enabled(log_level(level));
}

void ScriptHost::log(ScriptLogLevel level, std::string_view text) {
  x_.env().services.log.write(log_level(level), text);
}

void ScriptHost::fail(std::string_view error) {
  x_.fail(error);
}

void ScriptHost::pass_on_error(std::string_view error) {
  x_.pass_on_error(error);
}

// ---- Time ----

Stop ScriptHost::keep_on() {
  const RunningScript& running = scripts_.running;
  LongUnit& unit = x_.env().long_unit;
  if (!running.killed && unit.slice_is_over()) {
    if (!running.called_slow) call_slow();
    unit.give_way();
  }
  if (!running.killed) return Stop::no;
  x_.env().services.log.write(LogLevel::notice, "Lua script killed by user with SCRIPT KILL.");
  return Stop::killed;
}

/// The log says it once when it makes others wait.
void ScriptHost::call_slow() {
  RunningScript& running = scripts_.running;
  const std::uint64_t elapsed_ms = (x_.env().clock.stopwatch_ns() - running.begun_ns) / ns_per_ms;
  const std::int64_t threshold_ms = x_.config().busy_reply_threshold_ms;
  if (threshold_ms == 0 || elapsed_ms < static_cast<std::uint64_t>(threshold_ms)) return;
  running.called_slow = true;
  x_.env().services.log.write(
      LogLevel::warning,
      "Slow script: it runs for " + std::to_string(elapsed_ms) + " ms by now. " +
          (running.is_function ? "FUNCTION KILL" : "SCRIPT KILL") +
          " ends it unless it has written. Its name: " + std::string(running.name));
}

// ---- Debugging ----

bool ScriptHost::is_taken_back() const {
  return scripts_.debug_session && scripts_.debug_session->is_taken_back();
}

scripting::Debugger* ScriptHost::debugger(const scripting::Interpreter& interpreter) {
  if (!scripts_.debug_session) return nullptr;
  if (is_taken_back()) scripts_.session.propagates_to = Targets::none;
  scripting::Debugger& debugger = scripts_.debug_session->debugger();
  debugger.begin(*this, interpreter.stop());
  return &debugger;
}

Words ScriptHost::ask(std::span<const std::string> lines) {
  LongUnit& unit = x_.env().long_unit;
  x_.reply.array(lines.size());
  for (const std::string& line : lines) x_.reply.simple(line);
  unit.wait_for_client();
  return scripts_.running.killed ? Words() : unit.said();
}

bool ScriptHost::took_too_long() const {
  constexpr std::int64_t unlimited_ms = 5'000;
  const std::int64_t threshold_ms = x_.config().busy_reply_threshold_ms;
  const auto limit_ms = static_cast<std::uint64_t>(threshold_ms > 0 ? threshold_ms : unlimited_ms);
  return x_.env().clock.stopwatch_ns() - x_.env().long_unit.begun_ns() >= limit_ms * ns_per_ms;
}

// ---- Running ----

void run_script(Execution& x, Args args, std::size_t key_count, const ScriptCall& call) {
  if (const std::string_view reason = reason_against(x, call); !reason.empty())
    return x.fail(reason);
  Scripts& scripts = Scripts::of(x.store());
  scripting::Interpreter& interpreter =
      call.is_function ? scripts.functions() : scripts.evaluator();
  impersonate(scripts.session, x.session());
  scripts.running = {.active = true,
                     .is_function = call.is_function,
                     .name = call.name,
                     .command = args,
                     .begun_ns = x.env().long_unit.begun_ns()};
  ScriptHost host(x, scripts,
                  {.read_only = call.read_only || call.flags.has(ScriptFlag::no_writes),
                   .may_pass_memory_limit = call.flags.has(ScriptFlag::allow_oom)});
  interpreter.limit_memory(static_cast<std::size_t>(x.config().script_memory_limit_bytes));
  const Args words = args.subspan(3);
  interpreter.run({.function = call.function,
                   .name = call.name,
                   .keys = words.first(key_count),
                   .arguments = words.subspan(key_count),
                   .globals = !call.is_function,
                   .debugger = host.debugger(interpreter)},
                  host, x.reply);
  scripts.running.active = false;
}

Flags flags_of_script(Flags own, ScriptFlags flags) {
  if (flags.unspoken) return own;
  own = own.without({Flag::stale, Flag::denyoom, Flag::write, Flag::may_replicate});
  const bool writes = !flags.has(ScriptFlag::no_writes);
  if (writes) own.add(Flag::write);
  if (writes && !flags.has(ScriptFlag::allow_oom)) own.add(Flag::denyoom);
  if (flags.has(ScriptFlag::allow_stale)) own.add(Flag::stale);
  return own;
}

std::optional<std::size_t> key_count_of(Execution& x, Args args, std::string_view not_a_number) {
  const auto count = parse_int64(args[2]);
  std::string_view error;
  if (!count)
    error = not_a_number;
  else if (*count > static_cast<std::int64_t>(args.size()) - 3)
    error = "ERR Number of keys can't be greater than number of args";
  else if (*count < 0)
    error = "ERR Number of keys can't be negative";
  if (error.empty()) return static_cast<std::size_t>(*count);
  x.fail(error);
  return std::nullopt;
}

}  // namespace respawn::commands
