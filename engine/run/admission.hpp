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
    if (runs_as_it_comes(session, command)) [[likely]]
      return true;
    return look_closer_at_admission(session, command, args, output);
  }

  /// Whether nothing at all is in the way of the command: it is admitted, no pause holds it, and it
  /// is not queued.
  [[nodiscard]] bool runs_as_it_comes(const Session& session, const Command& command) const {
    return is_unhindered(session) && !command.spec->flags.has(Flag::guarded) && !store_.restrains();
  }

  /// The same for a command within a unit: memory counts as it stood when the unit began.
  bool admit_nested(Session& session, Command& command, Args args, Buffer& output) {
    if (runs_as_it_comes(session, command)) [[likely]]
      return true;
    return allow(session, command, args, Moment::now, output) &&
           judge(session, command, args, memory_limit_.state(), output);
  }

  /// Whether memory was over its limit when the unit began, so that it may not grow.
  [[nodiscard]] bool out_of_memory() const {
    return store_.config->maxmemory_bytes != 0 &&
           memory_limit_.state() == MemoryLimit::State::exceeded;
  }

  /// Whether writes want more replicas than the none that there are.
  [[nodiscard]] bool lacks_replicas() const {
    return store_.config->min_replicas_to_write > 0 && store_.config->min_replicas_max_lag_s > 0;
  }

  /// Whether the user may still run what was admitted into the transaction.
  bool still_allows(Session& session, Command& command, Args args, Buffer& output) {
    if (!session.restricted) [[likely]]
      return true;
    return allow(session, command, args, Moment::behind_queueing, output);
  }

 private:
  enum class Moment : std::uint8_t { now, behind_queueing };

  bool look_closer_at_admission(Session& session, Command& command, Args args, Buffer& output);
  Command* look_closer(Session& session, Args args, Command* command, Buffer& output);
  bool allow(Session& session, Command& command, Args args, Moment moment, Buffer& output);
  bool judge(Session& session, Command& command, Args args, MemoryLimit::State memory,
             Buffer& output);
  [[nodiscard]] std::string untimely(const Session& session, const CommandSpec& spec) const;
  std::string abort_transaction(Session& session, std::string_view error);
  Command* reject(Session& session, Command* command, std::string_view error, Buffer& output);
  Command* hang_up_on_http(Session& session, Buffer& output);

  Environment& environment_;
  Store& store_;
  MemoryLimit& memory_limit_;
  std::int64_t http_logged_us_ = 0;
};

}  // namespace respawn::engine
