// The server family: facts about the process, and its end.
#include "commands/families.hpp"
#include "commands/server/info.hpp"
#include "engine/run/execution.hpp"
#include "engine/run/saving.hpp"

namespace respawn::commands {

namespace {

void time(Execution& x, Args) {
  x.reply.array(2);
  x.reply.bulk_int(x.now_us() / 1'000'000);
  x.reply.bulk_int(x.now_us() % 1'000'000);
}

void info(Execution& x, Args args) {
  x.reply.verbatim("txt", info_text(x.env(), args.subspan(1), x.now_us()));
}

void monitor(Execution& x, Args) {
  if (x.session().monitor) return;
  // Who waits for one reply to each command cannot be shown others'.
  if (x.session().transaction.phase == TransactionState::Phase::running)
    return x.fail("ERR MONITOR isn't allowed for DENY BLOCKING client");
  x.store().clients.set_monitor(x.session(), true);
  x.reply.ok();
}

/// A master that nobody follows.
void role(Execution& x, Args) {
  x.reply.array(3);
  x.reply.bulk("master");
  x.reply.integer(0);
  x.reply.array(0);
}

struct ShutdownOptions {
  ShutdownRequest request;
  bool abort = false;
};

Result<ShutdownOptions> parse_shutdown(Args args) {
  ShutdownOptions options;
  ShutdownRequest& request = options.request;
  for (std::string_view word : args.subspan(1)) {
    if (iequals(word, "nosave"))
      request.nosave = true;
    else if (iequals(word, "save"))
      request.save = true;
    else if (iequals(word, "now"))
      request.now = true;
    else if (iequals(word, "force"))
      request.force = true;
    else if (iequals(word, "abort"))
      options.abort = true;
    else
      return failure(std::string(errors::syntax));
  }
  const bool any = request.nosave || request.save || request.now || request.force;
  if ((options.abort && any) || (request.nosave && request.save))
    return failure(std::string(errors::syntax));
  return options;
}

void abort_shutdown(Execution& x) {
  ShutdownService& shutdown = x.env().services.shutdown;
  if (std::exchange(x.store().shutdown_wanted, std::nullopt)) {
    shutdown.fail();
  } else if (Status aborted = shutdown.abort(); !aborted.ok()) {
    return x.fail(aborted.error());
  }
  x.env().services.log.write(LogLevel::notice, "Shutdown manually aborted.");
  x.reply.ok();
}

/// A shutdown that is under way has no reply: the connection closes.
void shut_down(Execution& x, Args args) {
  auto options = parse_shutdown(args);
  if (!options.ok()) return x.fail(options.error());
  // A running script is cut off only where that is asked for.
  if (x.store().busy && !options->request.nosave && !options->abort)
    return x.fail(x.store().scripts->busy_error());
  ShutdownService& shutdown = x.env().services.shutdown;
  if (options->abort) return abort_shutdown(x);
  if (Status ready = prepare_shutdown(x.env(), options->request); !ready.ok())
    return x.fail(ready.error());
  shutdown.request(options->request);
  x.session().close_after_reply = true;
}

constexpr CommandSpec server_rows[] = {
    command({.name = "time",
             .group = Group::server,
             .flags = {Flag::loading, Flag::stale, Flag::fast},
             .tips = {"nondeterministic_output"},
             .since = "2.6.0",
             .complexity = "O(1)",
             .summary = "Returns the wall clock: seconds since 1970 and microseconds.",
             .run = time}),
    command({.name = "info",
             .syntax = "[section [section ...]]",
             .group = Group::server,
             .flags = {Flag::loading, Flag::stale, Flag::always_answered},
             .categories = {Category::dangerous},
             .tips = {"nondeterministic_output", "request_policy:all_shards",
                      "response_policy:special"},
             .since = "1.0.0",
             .complexity = "O(1)",
             .summary = "Returns facts and counters of the server.",
             .run = info}),
    command({.name = "role",
             .group = Group::server,
             .flags = {Flag::noscript, Flag::loading, Flag::stale, Flag::fast},
             .categories = {Category::admin, Category::dangerous},
             .since = "2.8.12",
             .complexity = "O(1)",
             .summary = "Tells what part the server has in replication.",
             .run = role}),
    command({.name = "monitor",
             .group = Group::server,
             .flags = {Flag::admin, Flag::noscript, Flag::loading, Flag::stale},
             .since = "1.0.0",
             .summary = "Shows every command that the server runs, as it comes.",
             .run = monitor}),
    command({.name = "shutdown",
             .syntax = "[NOSAVE | SAVE] [NOW] [FORCE] [ABORT]",
             .group = Group::server,
             .flags = {Flag::admin, Flag::noscript, Flag::loading, Flag::stale, Flag::no_multi,
                       Flag::allow_busy},
             .since = "1.0.0",
             .complexity = "O(N) where N is the number of keys when a snapshot is saved, else O(1)",
             .summary = "Ends the server, or stops an end that is under way.",
             .run = shut_down}),
};

}  // namespace

constinit const std::span<const CommandSpec> server_commands = server_rows;

}  // namespace respawn::commands
