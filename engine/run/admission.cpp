#include "engine/run/admission.hpp"

#include "base/text.hpp"
#include "engine/run/call_flags.hpp"
#include "engine/run/rights.hpp"
#include "engine/table/errors.hpp"
#include "protocol/reply_writer.hpp"

namespace respawn::engine {

namespace {

/// "module" of "module|load".
std::string_view container_of(const CommandSpec& spec) {
  return spec.name.substr(0, spec.name.find('|'));
}

/// Whether enable-debug-command or enable-module-command admits this client.
bool is_permitted(const config::Config& config, const Session& session, const CommandSpec& spec) {
  const bool of_modules = container_of(spec) == "module";
  switch (of_modules ? config.enable_module_command : config.enable_debug_command) {
    case config::Permission::yes:
      return true;
    case config::Permission::local:
      return session.is_local();
    case config::Permission::no:
      return false;
  }
  return false;
}

/// Why this client may not run the command, "" when it may.
std::string forbidden(const config::Config& config, const Session& session,
                      const CommandSpec& spec) {
  const Flags flags = spec.flags;
  if (flags.has(Flag::guarded) && !is_permitted(config, session, spec))
    return errors::not_permitted(container_of(spec));
  if (!session.authenticated && config.needs_login() && !flags.has(Flag::no_auth))
    return std::string(errors::not_authenticated);
  if (session.transaction.queues() && flags.has(Flag::no_multi))
    return std::string(errors::not_in_transaction);
  return "";
}

/// What EXEC says of a command that was accepted into the transaction.
std::string_view why_not_any_more(access::Denial denial) {
  if (denial == access::Denial::key) return "no permission to touch the specified keys";
  if (denial == access::Denial::channel)
    return "no permission to access one of the channels used as arguments";
  return "no permission to execute the command or subcommand";
}

/// The words by which a browser that was tricked into talking to this port gives itself away.
bool is_http(std::string_view name) {
  return iequals(name, "post") || iequals(name, "host:");
}

}  // namespace

/// Why the command does not fit what the client, or everybody, does at present, "" when it does.
std::string Admission::untimely(const Session& session, const CommandSpec& spec) const {
  const Flags flags = spec.flags;
  if (session.in_subscribe_mode() && !flags.has(Flag::allowed_when_subscribed))
    return errors::not_in_subscribe_mode(spec.name);
  if (store_.loading.active && !flags.has(Flag::loading)) return std::string(errors::loading);
  if (store_.busy && !flags.has(Flag::allow_busy) && !flags.has(Flag::always_answered))
    return std::string(store_.scripts->busy_error());
  const bool uses_keys =
      flags.has(Flag::write) || flags.has(Flag::readonly) || flags.has(Flag::may_replicate);
  if (session.monitor && uses_keys) return std::string(errors::monitor_reads_only);
  return "";
}

Command* Admission::reject(Session& session, Command* command, std::string_view error,
                           Buffer& output) {
  std::string aborted;
  if (command) ++command->statistics.rejected_calls;
  if (command && command->spec->flags.has(Flag::runs_queue))
    error = aborted = abort_transaction(session, error);
  else if (session.transaction.queues())
    session.transaction.broken = true;
  store_.statistics.count_error(error);
  protocol::ReplyWriter(output, session.resp).error(error);
  return nullptr;
}

/// EXEC itself is refused. Returns what it is answered.
std::string Admission::abort_transaction(Session& session, std::string_view error) {
  constexpr std::string_view general = "ERR ";
  store_.watches.discard(session);
  if (error.starts_with(general)) error.remove_prefix(general.size());
  return "EXECABORT Transaction discarded because of: " + std::string(error);
}

/// Without a word: also the replies to what came before in this batch are dropped.
Command* Admission::hang_up_on_http(Session& session, Buffer& output) {
  constexpr std::int64_t silence_us = 60'000'000;
  const std::int64_t now_us = environment_.unit_now_us;
  if (http_logged_us_ == 0 || now_us - http_logged_us_ > silence_us) {
    http_logged_us_ = now_us;
    environment_.services.log.write(
        LogLevel::warning,
        "A client sends HTTP (POST or Host:): this may be a web page that was made to attack this "
        "server. The connection is closed. Client: " +
            session.peer_address);
  }
  output.clear();
  session.batch.reply_start = 0;
  session.close_after_reply = true;
  return nullptr;
}

Command* Admission::look_closer(Session& session, Args args, Command* command, Buffer& output) {
  if (!command) {
    if (is_http(args[0])) return hang_up_on_http(session, output);
    return reject(session, nullptr,
                  errors::unknown_command(args[0], args.data() + 1, args.size() - 1), output);
  }
  if (!command->subcommands.empty() && args.size() > 1) {
    Command* sub = command->subcommand(args[1]);
    if (!sub) return reject(session, command, errors::unknown_subcommand(args[1], args[0]), output);
    command = sub;
  }
  if (!command->spec->arity.admits(args.size()))
    return reject(session, command, errors::wrong_arity(command->spec->name), output);
  return command;
}

bool Admission::look_closer_at_admission(Session& session, Command& command, Args args,
                                         Buffer& output) {
  if (!allow(session, command, args, Moment::now, output)) return false;
  // While a unit is suspended nothing is evicted: it would happen in its middle.
  const bool limited = store_.config->maxmemory_bytes != 0 && !environment_.long_unit.suspended();
  const MemoryLimit::State memory =
      limited ? memory_limit_.make_room(environment_.unit_now_us) : MemoryLimit::State::within;
  return judge(session, command, args, memory, output);
}

/// By the configuration, and by the rights of the client's user.
bool Admission::allow(Session& session, Command& command, Args args, Moment moment,
                      Buffer& output) {
  if (session.applying) return true;  // what is replayed has been admitted before
  std::string error = forbidden(*store_.config, session, *command.spec);
  if (error.empty() && session.restricted) {
    const access::Decision decision = decide(*session.user, command, args);
    if (decision.allowed()) return true;
    log_refusal(environment_, session,
                {decision.denial, context_of(session), refused_object(decision, command, args),
                 session.user->name()});
    error = moment == Moment::behind_queueing
                ? errors::no_longer_allowed(why_not_any_more(decision.denial))
                : "NOPERM " + refusal_text(decision, *session.user, command);
  }
  if (error.empty()) return true;
  reject(session, &command, error, output);
  return false;
}

bool Admission::judge(Session& session, Command& command, Args args, MemoryLimit::State memory,
                      Buffer& output) {
  if (session.applying) return true;
  const CommandSpec& spec = *command.spec;
  const Flags flags = flags_of_call(store_, session, spec, args);
  // A transaction that grows takes memory, whatever it will do.
  const bool is_queued = session.transaction.queues() && !flags.has(Flag::never_queued);
  std::string error;
  if (memory == MemoryLimit::State::exceeded && (flags.has(Flag::denyoom) || is_queued))
    error = errors::out_of_memory;
  if (error.empty() && store_.refuses_writes() && (flags.has(Flag::write) || spec.name == "ping"))
    error = store_.write_refusal();
  if (error.empty() && lacks_replicas() && flags.has(Flag::write)) error = errors::too_few_replicas;
  if (error.empty()) error = untimely(session, spec);
  if (error.empty()) return true;
  reject(session, &command, error, output);
  return false;
}

}  // namespace respawn::engine
