// DEBUG: a look inside, and levers for tests. Runs only where enable-debug-command allows it.
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <thread>

#include "base/glob.hpp"
#include "commands/families.hpp"
#include "commands/server/append_log.hpp"
#include "commands/server/digest.hpp"
#include "commands/server/reload.hpp"
#include "commands/shared/help.hpp"
#include "commands/shared/scripts.hpp"
#include "engine/run/access_clock.hpp"
#include "persistence/dump_payload.hpp"

namespace respawn::commands {

namespace {

using keyspace::Entry;

/// Blocks the keyspace for everybody: that is what it is for.
void debug_sleep(Execution& x, Args args) {
  constexpr double longest_s = 1e9;
  const double seconds = std::strtod(std::string(args[2]).c_str(), nullptr);
  if (seconds > 0)
    std::this_thread::sleep_for(std::chrono::duration<double>(std::min(seconds, longest_s)));
  x.reply.ok();
}

void debug_log(Execution& x, Args args) {
  x.env().services.log.write(LogLevel::warning, "DEBUG LOG: " + std::string(args[2]));
  x.reply.ok();
}

/// What a list stored in several blocks is made of.
std::string list_details(const Execution& x, const keyspace::List& list) {
  std::array<char, 160> text;
  const int length = std::snprintf(
      text.data(), text.size(),
      " ql_nodes:%zu ql_avg_node:%.2f ql_listpack_max:%d ql_compressed:0 "
      "ql_uncompressed_size:%zu",
      list.node_count(), static_cast<double>(list.size()) / static_cast<double>(list.node_count()),
      x.config().list_max_listpack_size, list.listpack_bytes());
  return {text.data(), static_cast<std::size_t>(length)};
}

void debug_object(Execution& x, Args args) {
  const Entry* entry = x.db().find(args[2]);
  if (!entry) return x.fail(errors::no_such_key);
  std::array<char, 32> address;
  std::snprintf(address.data(), address.size(), "%p", static_cast<const void*>(entry));
  std::string text = std::string("Value at:") + address.data() + " refcount:1 encoding:";
  text += encoding_name(entry->encoding());
  text += " serializedlength:" +
          std::to_string(persistence::dumped_bytes(*entry, x.config().rdbcompression));
  text += " lru:" + std::to_string(entry->access_clock());
  text += " lru_seconds_idle:" + std::to_string(idle_seconds(entry->access_clock(), x.now_us()));
  if (entry->encoding() == keyspace::Encoding::quicklist)
    text += list_details(x, entry->object<keyspace::List>());
  x.reply.simple(text);
}

/// Any text is a number, as C reads it; what is none is 0.
void debug_set_active_expire(Execution& x, Args args) {
  x.store().active_expire = std::atoi(std::string(args[2]).c_str()) != 0;
  x.reply.ok();
}

void debug_pause_cron(Execution& x, Args args) {
  x.store().cron_paused = std::atoi(std::string(args[2]).c_str()) != 0;
  x.reply.ok();
}

/// Redis keeps a buffer with each client that shrinks while it is idle, and tests have it shrink
/// soon or never. Here none is kept, which is both.
void debug_replybuffer(Execution& x, Args args) {
  const bool of_time = iequals(args[2], "peak-reset-time");
  if (!of_time && !iequals(args[2], "resizing"))
    return x.fail(errors::subcommand_syntax(args[1], args[0]));
  const bool is_word = iequals(args[3], "never") || iequals(args[3], "reset");
  if (of_time && !is_word && !parse_int64(args[3])) return x.fail(errors::not_an_integer);
  x.reply.ok();
}

/// Options at their defaults are left out, which says the same.
void debug_config_rewrite(Execution& x, Args) {
  static constexpr std::string_view rewrite[] = {"config", "rewrite"};
  x.env().runner.run_nested(x.session(), rewrite, x.reply.buffer());
}

struct Population {
  std::int64_t keys = 0;
  std::string_view prefix = "key";
  std::size_t value_bytes = 0;  // 0: as long as its text
};

Result<Population> parse_population(const config::Config& config, Args args) {
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
  Population population;
  auto keys = to_integer_between(args[2], 0, most, errors::must_be_positive);
  if (!keys.ok()) return failure(keys.error());
  population.keys = *keys;
  if (args.size() > 3) population.prefix = args[3];
  if (args.size() < 5) return population;
  auto bytes = to_integer_between(args[4], 0, most, errors::must_be_positive);
  if (!bytes.ok()) return failure(bytes.error());
  population.value_bytes = static_cast<std::size_t>(*bytes);
  if (population.value_bytes > config.proto_max_bulk_len_bytes)
    return failure(std::string(errors::string_too_long));
  return population;
}

/// Adds keys that are not there yet. Nobody downstream hears of it.
void debug_populate(Execution& x, Args args) {
  auto population = parse_population(x.config(), args);
  if (!population.ok()) return x.fail(population.error());
  const bool announced = x.config().notify_keyspace_events & config::keyspace_event::new_key;
  for (std::int64_t i = 0; i < population->keys; ++i) {
    const std::string name = std::string(population->prefix) + ":" + std::to_string(i);
    const keyspace::Key key(name);
    if (x.find_write(key)) continue;
    std::string value = "value:" + std::to_string(i);
    if (population->value_bytes > 0) value.resize(population->value_bytes, '\0');
    x.change(key, nullptr).set_string(value);
    x.changed_silently(key.bytes, 0);
    if (announced) x.created(x.keep(name));
  }
  x.reply.ok();
}

void debug_digest(Execution& x, Args) {
  x.reply.simple(digest_of(x.store().databases).hex());
}

void debug_digest_value(Execution& x, Args args) {
  x.reply.array(args.size() - 2);
  for (std::string_view key : args.subspan(2)) {
    Digest digest;
    if (const Entry* entry = x.db().find(key)) mix_value(digest, *entry);
    x.reply.simple(digest.hex());
  }
}

/// One reply of each type, for the tests of client libraries.
struct Sample {
  std::string_view name;
  void (*write)(protocol::ReplyWriter&);
};

constexpr Sample debug_samples[] = {
    {"string", [](protocol::ReplyWriter& reply) { reply.bulk("Hello World"); }},
    {"integer", [](protocol::ReplyWriter& reply) { reply.integer(12345); }},
    {"double", [](protocol::ReplyWriter& reply) { reply.real(3.141); }},
    {"bignum",
     [](protocol::ReplyWriter& reply) {
       reply.big_number("1234567999999999999999999999999999999");
     }},
    {"null", [](protocol::ReplyWriter& reply) { reply.null(); }},
    {"array",
     [](protocol::ReplyWriter& reply) {
       reply.array(3);
       for (int i = 0; i < 3; ++i) reply.integer(i);
     }},
    {"set",
     [](protocol::ReplyWriter& reply) {
       reply.set(3);
       for (int i = 0; i < 3; ++i) reply.integer(i);
     }},
    {"map",
     [](protocol::ReplyWriter& reply) {
       reply.map(3);
       for (int i = 0; i < 3; ++i) {
         reply.integer(i);
         reply.boolean(i == 1);
       }
     }},
    {"attrib",
     [](protocol::ReplyWriter& reply) {
       if (reply.resp3()) {
         reply.attribute(1);
         reply.bulk("key-popularity");
         reply.array(2);
         reply.bulk("key:123");
         reply.integer(90);
       }
       reply.bulk("Some real reply following the attribute");
     }},
    {"push",
     [](protocol::ReplyWriter& reply) {
       reply.push(2);
       reply.bulk("server-cpu-usage");
       reply.integer(42);
       reply.bulk("Some real reply following the push reply");
     }},
    {"verbatim",
     [](protocol::ReplyWriter& reply) { reply.verbatim("txt", "This is a verbatim\nstring"); }},
    {"true", [](protocol::ReplyWriter& reply) { reply.boolean(true); }},
    {"false", [](protocol::ReplyWriter& reply) { reply.boolean(false); }},
};

void debug_protocol(Execution& x, Args args) {
  for (const Sample& sample : debug_samples) {
    if (!iequals(args[2], sample.name)) continue;
    if (sample.name == "push" && !x.reply.resp3())
      return x.fail("ERR RESP2 is not supported by this command");
    return sample.write(x.reply);
  }
  std::string names;
  for (const Sample& sample : debug_samples)
    names += (names.empty() ? "" : "|") + std::string(sample.name);
  x.fail("ERR Wrong protocol type name. Please use one of the following: " + names);
}

void debug_quicklist_packed_threshold(Execution& x, Args args) {
  constexpr std::uint64_t most = (std::uint64_t{1} << 32) - (std::uint64_t{1} << 20);
  const auto bytes = parse_memory_size(args[2]);
  if (!bytes || *bytes > most)
    return x.fail("ERR argument must be a memory value bigger than 1 and smaller than 4gb");
  x.store().list_packed_threshold_bytes =
      *bytes == 0 ? keyspace::ListLimits{}.packed_threshold_bytes : *bytes;
  x.reply.ok();
}

void debug_set_disable_deny_scripts(Execution& x, Args args) {
  Scripts::of(x.store()).call_anything = args[2] == "1";
  x.reply.ok();
}

/// What a bug in a handler does at its worst.
void debug_damage(Execution& x, Args) {
  x.store().databases.condemn();
  throw std::runtime_error("DEBUG DAMAGE");
}

void debug_skip_checksums(Execution& x, Args args) {
  x.store().skips_checksums = std::atoi(std::string(args[2]).c_str()) != 0;
  x.reply.ok();
}

/// How a pattern does on a long text of one letter.
void debug_stringmatch_len(Execution& x, Args args) {
  auto length =
      to_integer_between(args[2], 0, static_cast<std::int64_t>(x.config().proto_max_bulk_len_bytes),
                         errors::must_be_positive);
  if (!length.ok()) return x.fail(length.error());
  x.reply.integer(glob_match(args[3], std::string(static_cast<std::size_t>(*length), 'a')) ? 1 : 0);
}

void debug_change_repl_id(Execution& x, Args) {
  x.store().replication_id = random_hex(x.store().replication_id.size());
  x.env().services.log.write(LogLevel::warning, "The replication id was changed by DEBUG.");
  x.reply.ok();
}

/// Writes where nobody may: what becomes of the process, and what it leaves behind, is to be seen.
void debug_segfault(Execution& x, Args) {
  constexpr std::size_t bytes = 4096;
  void* forbidden = ::mmap(nullptr, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  *static_cast<volatile char*>(forbidden) = 'x';
  x.reply.ok();
}

/// Not counted as an error: the client asked for it.
void debug_error(Execution& x, Args args) {
  x.reply.error(args[2]);
}

void debug_help(Execution& x, Args args);

struct Subcommand {
  std::string_view name;
  std::size_t arguments_min;
  std::size_t arguments_max;
  std::string_view usage;
  std::string_view summary;
  Handler run;
};

constexpr std::size_t unlimited = std::numeric_limits<std::size_t>::max();

constexpr Subcommand debug_subcommands[] = {
    {"aof-flush-sleep", 1, 1, "<microseconds>",
     "Has each write of the append log wait so long first.", debug_aof_flush_sleep},
    {"change-repl-id", 0, 0, "", "Draws a new replication id.", debug_change_repl_id},
    {"config-rewrite-force-all", 0, 0, "", "Brings the configuration file up to date.",
     debug_config_rewrite},
    {"damage", 0, 0, "",
     "Ends the keyspace actor and declares its data damaged: it is taken from the append log "
     "again, or, where there is none, the process ends.",
     debug_damage},
    {"digest", 0, 0, "", "Returns a digest of all data.", debug_digest},
    {"digest-value", 0, unlimited, "<key> [<key> ...]",
     "Returns a digest of the value at each key.", debug_digest_value},
    {"error", 1, 1, "<text>", "Replies with an error of this text.", debug_error},
    {"loadaof", 0, 0, "", "Loads the append log in the place of the data.", debug_loadaof},
    {"log", 1, 1, "<text>", "Writes the text to the log.", debug_log},
    {"object", 1, 1, "<key>", "Tells how the value at a key is stored.", debug_object},
    {"pause-cron", 1, 1, "<0|1>", "Stops or resumes what is done ten times a second.",
     debug_pause_cron},
    {"populate", 1, 3, "<count> [<prefix>] [<size>]",
     "Creates keys <prefix>:0 and on, unless they exist, with values of that size.",
     debug_populate},
    {"protocol", 1, 1, "<type>", "Replies with a value of this type of the protocol.",
     debug_protocol},
    {"quicklist-packed-threshold", 1, 1, "<size>",
     "Sets the size from which an element of a list is stored by itself; 0 is the default.",
     debug_quicklist_packed_threshold},
    {"reload", 0, unlimited, "[<option> ...]", "Saves all data and loads it again.", debug_reload},
    {"replybuffer", 2, 2, "<PEAK-RESET-TIME|RESIZING> <value>",
     "Does nothing: no buffer is kept for replies.", debug_replybuffer},
    {"segfault", 0, 0, "", "Crashes the server by an access to memory that is forbidden.",
     debug_segfault},
    {"set-active-expire", 1, 1, "<0|1>", "Stops or resumes the removal of expired keys by time.",
     debug_set_active_expire},
    {"set-disable-deny-scripts", 1, 1, "<0|1>",
     "Lets scripts call the commands that are denied to them, or no longer so.",
     debug_set_disable_deny_scripts},
    {"set-skip-checksum-validation", 1, 1, "<0|1>",
     "Takes dumped values and files whose checksum is wrong, or no longer so.",
     debug_skip_checksums},
    {"sleep", 1, 1, "<seconds>", "Blocks the whole keyspace for that long.", debug_sleep},
    {"stringmatch-len", 2, 2, "<length> <pattern>",
     "Matches a pattern against a text of that many letters a.", debug_stringmatch_len},
    {"help", 0, 0, "", "Prints this help.", debug_help},
};

void debug_help(Execution& x, Args args) {
  std::vector<HelpEntry> entries;
  for (const Subcommand& each : debug_subcommands) {
    std::string usage = to_upper(each.name);
    if (!each.usage.empty()) usage += " " + std::string(each.usage);
    entries.emplace_back(std::move(usage), each.summary);
  }
  help_reply(x, args[0], entries);
}

void debug(Execution& x, Args args) {
  const std::size_t given = args.size() - 2;
  for (const Subcommand& each : debug_subcommands)
    if (iequals(args[1], each.name) && given >= each.arguments_min && given <= each.arguments_max)
      return each.run(x, args);
  x.fail(errors::subcommand_syntax(args[1], args[0]));
}

constexpr CommandSpec debug_rows[] = {
    command({.name = "debug",
             .syntax = "subcommand [arg [arg ...]]",
             .group = Group::server,
             .flags = {Flag::admin, Flag::noscript, Flag::loading, Flag::stale, Flag::guarded},
             .since = "1.0.0",
             .complexity = "Depends on subcommand.",
             .summary = "Looks inside the server and pulls levers for tests.",
             .run = debug,
             .syscmd = true}),
};

}  // namespace

constinit const std::span<const CommandSpec> debug_commands = debug_rows;

}  // namespace respawn::commands
