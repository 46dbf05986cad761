// May this command run, for this client, now?
#pragma once

#include "engine/run/environment.hpp"
#include "engine/run/memory_limit.hpp"

namespace respawn::engine {

/// Owner: the executor. Refusals are written to `output` and counted.
class Admission {
 public:
  Admission(Environment& environment, MemoryLimit& memory_limit)
      : environment_(environment), store_(environment.store), memory_limit_(memory_limit) {}

  /// The command that the arguments name (`command`: what the registry has under the first of
  /// them), or null when it was refused: unknown, or a wrong number of arguments. O(1).
  Command* resolve(Session& session, Args args, Command* command, Buffer& output) {
    if (command && command->subcommands.empty() && command->spec->arity.admits(args.size()))
        [[likely]]
      return command;
    return look_closer(session, args, command, output);
  }

  /// Whether the client may run it, in Redis's order of reasons; makes room where memory is over
  /// its limit.
  bool admit(Session& session, Command& command, Args args, Buffer& output) {
    const bool limited = store_.config->maxmemory_bytes != 0;
    if (is_unrestricted(session, command) && !limited && !wants_replicas()) [[likely]]
      return true;
    if (!allow(session, command, args, access::Context::toplevel, output)) return false;
    const MemoryLimit::State memory =
        limited ? memory_limit_.make_room(environment_.unit_now_us) : MemoryLimit::State::within;
    return judge(session, command, memory, output);
  }

  /// The same for a command within a unit: memory counts as it stood when the unit began, and what
  /// the user may not do has become so since the command was accepted.
  bool admit_nested(Session& session, Command& command, Args args, Buffer& output) {
    const bool limited = store_.config->maxmemory_bytes != 0;
    if (is_unrestricted(session, command) && !limited && !wants_replicas()) [[likely]]
      return true;
    return allow(session, command, args, access::Context::multi, output) &&
           judge(session, command, memory_limit_.state(), output);
  }

 private:
  static bool is_unrestricted(const Session& session, const Command& command) {
    return session.authenticated && !session.restricted && session.subscription_count() == 0 &&
           !session.monitor && !command.spec->flags.has(Flag::guarded);
  }

  /// Whether writes are refused while there are too few replicas.
  [[nodiscard]] bool wants_replicas() const { return store_.config->min_replicas_to_write != 0; }

  Command* look_closer(Session& session, Args args, Command* command, Buffer& output);
  bool allow(Session& session, Command& command, Args args, access::Context context,
             Buffer& output);
  bool judge(Session& session, Command& command, MemoryLimit::State memory, Buffer& output);
  Command* reject(Session& session, Command* command, std::string_view error, Buffer& output);
  Command* hang_up_on_http(Session& session, Buffer& output);

  Environment& environment_;
  Store& store_;
  MemoryLimit& memory_limit_;
  std::int64_t http_logged_us_ = 0;
};

}  // namespace respawn::engine
