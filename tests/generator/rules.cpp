#include "tests/generator/rules.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <limits>
#include <optional>

#include "base/numbers.hpp"
#include "base/text.hpp"

namespace respawn::generator {

namespace {

using engine::CommandSpec;
using engine::Flag;
using engine::Group;
using Mode = differential::Comparison::Mode;

struct Exclusion {
  std::string_view name;
  std::string_view reason;
};

constexpr Exclusion excluded[] = {
    {"delifeq", "not in Redis 7.0"},
    {"hexpire", "not in Redis 7.0"},
    {"hpexpire", "not in Redis 7.0"},
    {"hexpireat", "not in Redis 7.0"},
    {"hpexpireat", "not in Redis 7.0"},
    {"httl", "not in Redis 7.0"},
    {"hpttl", "not in Redis 7.0"},
    {"hexpiretime", "not in Redis 7.0"},
    {"hpexpiretime", "not in Redis 7.0"},
    {"hpersist", "not in Redis 7.0"},
    {"object|idletime", "tells how long ago, also of keys both servers touch at different times"},
    {"object|refcount", "integers are not shared objects here"},
    {"wait", "waits"},
    {"xdelex", "not in Redis 7.0"},
    {"xackdel", "not in Redis 7.0"},
    {"xnack", "not in Redis 7.0"},
    {"xcfgset", "not in Redis 7.0"},
    {"xidmprecord", "not in Redis 7.0"},
    {"xinfo|consumers", "tells times, and since 7.2 one more"},
    {"xinfo|stream", "tells times, since 7.2 one more, and nodes of a tree"},
    {"waitaof", "not in Redis 7.0"},
    {"migrate", "wants another server"},
    {"pfdebug", "debugs"},
    {"pfselftest", "tests the server itself, for seconds"},
};

/// Groups of which only these few are sent; the others configure, debug, wait, or are about
/// connections.
constexpr std::string_view also_sent[] = {"dbsize", "flushdb", "flushall",    "swapdb",
                                          "select", "echo",    "memory|usage"};

bool is_about_data(Group group) {
  switch (group) {
    case Group::generic:
    case Group::string:
    case Group::list:
    case Group::set:
    case Group::sorted_set:
    case Group::hash:
    case Group::hyperloglog:
    case Group::geo:
    case Group::bitmap:
    case Group::stream:
      return true;
    default:
      return false;
  }
}

template <std::size_t N>
bool contains(const std::string_view (&names)[N], std::string_view name) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

bool is(const Words& words, std::size_t at, std::string_view text) {
  return at < words.size() && iequals(words[at], text);
}

bool has_word(const Words& words, std::string_view text) {
  return std::any_of(words.begin(), words.end(),
                     [&](const std::string& word) { return iequals(word, text); });
}

/// Brings an integer between `low` and `high`, both excluded, to something below `low`.
void keep_out(Words& words, std::size_t at, std::int64_t low, std::int64_t high) {
  if (at >= words.size()) return;
  const auto value = parse_int64(words[at]);
  if (value && *value > low && *value < high) words[at] = std::to_string(*value % low);
}

constexpr std::int64_t length_max = 2'000;
constexpr std::int64_t refused_length = std::int64_t{512} << 20;

/// Lengths and offsets that both servers would take, for hundreds of megabytes.
void keep_small(Words& words, std::string_view name) {
  if (name == "setrange") keep_out(words, 2, length_max, refused_length);
  if (name == "setbit" || name == "getbit") keep_out(words, 2, length_max * 8, refused_length * 8);
  if (!name.starts_with("bitfield")) return;
  for (std::size_t at = 2; at < words.size(); ++at) {
    if (!words[at].starts_with('#')) {
      keep_out(words, at, length_max * 8, refused_length * 8);
      continue;
    }
    const auto index = parse_int64(std::string_view(words[at]).substr(1));
    if (index && *index > length_max / 8 && *index < refused_length * 8) words[at] = "#5";
  }
}

/// A negative count asks for as many elements, repeated: Redis would fill the memory.
void keep_sample_small(Words& words) {
  if (words.size() < 3) return;
  const auto count = parse_int64(words[2]);
  if (count && *count < -100 && *count != std::numeric_limits<std::int64_t>::min())
    words[2] = std::to_string(*count % 100);
}

/// What a time in an argument means.
struct TimeKind {
  bool seconds = false;
  bool absolute = false;
  bool may_be_over = true;  // then the key is gone at once, rather than at some time
};

/// A time that is neither over soon nor far away.
void keep_time_far(Words& words, std::size_t at, TimeKind kind, Pools& pools) {
  if (at >= words.size()) return;
  const std::int64_t unit = kind.seconds ? 1 : 1000;
  const std::int64_t low = kind.absolute && kind.may_be_over ? 1'000'000 * unit : 0;
  const std::int64_t high = (kind.absolute ? 5'000'010'000 : 10'000) * unit;
  const auto is_soon = [&] {
    const auto time = parse_int64(words[at]);
    return time && *time > low && *time < high;
  };
  while (is_soon()) words[at] = pools.time(kind.seconds, kind.absolute);
}

void keep_times_far(Words& words, std::string_view name, Pools& pools) {
  if (name.ends_with("expire") || name.ends_with("expireat"))
    keep_time_far(words, 2, {.seconds = !name.starts_with('p'), .absolute = name.ends_with("at")},
                  pools);
  if (name == "setex" || name == "psetex")
    keep_time_far(words, 2, {.seconds = name == "setex"}, pools);
  if (name == "restore") {
    const bool absolute = has_word(words, "absttl");
    keep_time_far(words, 2, {.absolute = absolute}, pools);
    // Redis lets the sum of this and the time of day wrap.
    if (!absolute && is(words, 2, "9223372036854775807")) words[2] = "0";
  }
  if (name != "set" && name != "getex") return;
  for (std::size_t at = 2; at < words.size(); ++at) {
    const std::string word = to_lower(words[at]);
    if (word == "ex" || word == "px" || word == "exat" || word == "pxat")
      keep_time_far(
          words, at + 1,
          {.seconds = word[0] == 'e', .absolute = word.size() == 4, .may_be_over = name == "getex"},
          pools);
  }
}

/// The element behind an option; none when it is not there.
std::optional<std::string> argument_of(const Words& words, std::string_view option) {
  for (std::size_t at = 2; at + 1 < words.size(); ++at)
    if (iequals(words[at], option)) return words[at + 1];
  return std::nullopt;
}

void drop_option(Words& words, std::string_view option) {
  for (std::size_t at = 1; at + 1 < words.size();) {
    if (iequals(words[at], option))
      words.erase(words.begin() + static_cast<std::ptrdiff_t>(at),
                  words.begin() + static_cast<std::ptrdiff_t>(at) + 2);
    else
      ++at;
  }
}

/// Elements of sets, and of others with equal texts to sort by, may come in any order.
void settle_sort(Command& command) {
  Words& words = command.words;
  // Redis 7.0 takes an old ERANGE for one of its own: this command leaves none behind.
  command.before.push_back({"ZADD", "absent", "XX", "0", "m"});
  const auto by = argument_of(words, "by");
  if (!by) return;
  const bool sorts = by->find('*') != std::string::npos;
  if (!sorts && has_word(words, "store")) return;
  if (sorts && !has_word(words, "alpha")) return;
  drop_option(words, "store");
  if (has_word(words, "limit")) {
    // Which elements it takes is open, so that there need not be the same values.
    drop_option(words, "get");
    command.how.mode = Mode::shape;
  } else {
    command.how.mode = Mode::unordered;
  }
}

/// A whole scan in one call, which is done with any table.
void settle_scan(Command& command, std::size_t cursor_at) {
  Words& words = command.words;
  if (words.size() <= cursor_at) return;
  char* end = nullptr;
  errno = 0;
  const bool begins = std::strtoull(words[cursor_at].c_str(), &end, 10) == 0;
  if (!begins && *end == '\0' && errno == 0) words[cursor_at] = "0";
  for (std::size_t at = cursor_at + 1; at + 1 < words.size(); ++at)
    if (is(words, at, "count") && parse_int64(words[at + 1]).value_or(-1) > 0)
      words[at + 1] = "1000";
  words.insert(words.begin() + static_cast<std::ptrdiff_t>(cursor_at) + 1, {"COUNT", "1000"});
  command.how.mode = Mode::inner;
}

/// The results of COUNT depend on how places at the same distance are sorted; what is stored with
/// distances is no set of places any more.
void settle_places(Command& command, std::string_view name, Pools& pools) {
  Words& words = command.words;
  for (std::size_t at = 2; at + 1 < words.size(); ++at)
    if (is(words, at, "storedist") && name != "geosearchstore")
      words[at + 1] = pools.key(Family::sorted_set);
  if (name == "geosearchstore" && words.size() > 2 && has_word(words, "storedist"))
    words[1] = pools.key(Family::sorted_set);
}

/// 7.0 takes the least integer for a RANK; 7.2 refuses it.
void avoid_least_rank(Words& words) {
  for (std::size_t at = 3; at + 1 < words.size(); ++at)
    if (is(words, at, "rank") && words[at + 1] == "-9223372036854775808") words[at + 1] = "-2";
}

/// Among many pairs, and with small limits, ZADD begins with a listpack in 7.0 and a skiplist in
/// 7.2: the former makes 0 of -0.
void avoid_negative_zero(Words& words) {
  constexpr std::size_t few = 10;
  if (words.size() > few)
    std::replace(words.begin(), words.end(), std::string("-0"), std::string("0"));
}

/// Redis 7.2 makes a consumer that gets nothing, 7.0 does not: it is made before.
void make_consumers(Command& command, const Words& keys, std::size_t group_at) {
  for (const std::string& key : keys)
    command.before.push_back(
        {"XGROUP", "CREATECONSUMER", key, command.words[group_at], command.words[group_at + 1]});
}

/// Idle times are none, or longer than any test.
void settle_idle(Words& words, std::size_t at) {
  constexpr std::int64_t longest = 10'000'000'000;
  if (at >= words.size()) return;
  const auto idle_ms = parse_int64(words[at]);
  if (idle_ms && *idle_ms > 0 && *idle_ms < longest) words[at] = "0";
}

/// Where STREAMS stands among the options of XREAD and XREADGROUP; behind the end: nowhere.
std::size_t streams_word(const Words& words) {
  std::size_t at = 1;
  while (at < words.size() && !is(words, at, "streams"))
    at += is(words, at, "group") ? 3 : is(words, at, "count") || is(words, at, "claim") ? 2 : 1;
  return at;
}

/// Without waiting, and with an ID for each key: 7.0 says it in other words where one is missing,
/// and knows no `+`.
void settle_stream_read(Command& command, bool of_group) {
  Words& words = command.words;
  drop_option(words, "block");
  const std::size_t streams = streams_word(words);
  if (streams >= words.size()) return;
  if ((words.size() - streams - 1) % 2 != 0) words.pop_back();
  const std::size_t count = (words.size() - streams - 1) / 2;
  const auto first_id = words.begin() + static_cast<std::ptrdiff_t>(streams + 1 + count);
  std::replace(first_id, words.end(), std::string("+"), std::string("$"));
  if (!of_group || !is(words, 1, "group") || streams < 4) return;
  const auto keys = words.begin() + static_cast<std::ptrdiff_t>(streams) + 1;
  make_consumers(command, Words(keys, keys + static_cast<std::ptrdiff_t>(count)), 2);
}

/// 7.0 counts on from the largest number to below zero, and what it stores then is none.
void avoid_largest_count(Words& words) {
  constexpr std::string_view options[] = {"entriesread", "entriesadded", "retrycount"};
  for (std::size_t at = 2; at + 1 < words.size(); ++at)
    for (const std::string_view option : options)
      if (is(words, at, option) && words[at + 1] == "9223372036854775807") words[at + 1] = "1000";
}

/// An entry that was erased at the end of a node keeps the node, if its ID is not below.
void trim_exactly_below(Words& words) {
  for (std::size_t at = 2; at + 1 < words.size(); ++at)
    if (is(words, at, "minid") && words[at + 1] == "~") words[at + 1] = "=";
}

void settle_stream(Command& command, std::string_view name, Pools& pools) {
  Words& words = command.words;
  avoid_largest_count(words);
  if (name == "xadd" || name == "xtrim") trim_exactly_below(words);
  if (name == "xadd")
    for (std::size_t at = 2; at < words.size(); ++at)
      if (words[at] == "*") words[at] = pools.next_stream_id();
  if (name == "xread" || name == "xreadgroup") settle_stream_read(command, name == "xreadgroup");
  if (name == "xclaim" || name == "xautoclaim") {
    settle_idle(words, 4);
    if (words.size() > 3) make_consumers(command, {words[1]}, 2);
  }
  // 7.0 may set it below an entry that was deleted.
  if (name == "xsetid" && words.size() > 2) words[2] = pools.later_stream_id();
  if (name == "xpending") {
    if (is(words, 3, "idle")) settle_idle(words, 4);
    command.how.tolerance = words.size() > 3 ? 5000 : 0;
  }
  constexpr std::int64_t few = 1000;
  for (std::size_t at = 2; name == "xautoclaim" && at + 1 < words.size(); ++at)
    if (is(words, at, "count") && parse_int64(words[at + 1]).value_or(0) > few)
      words[at + 1] = "1000";
}

constexpr std::string_view in_any_order[] = {"smembers", "sinter", "sunion", "sdiff",
                                             "keys",     "hkeys",  "hvals",  "hgetall"};
constexpr std::string_view at_random[] = {"srandmember", "hrandfield", "zrandmember",
                                          "randomkey",   "dump",       "memory"};

}  // namespace

std::string_view exclusion_of(const CommandSpec& spec, Purpose purpose) {
  if (purpose == Purpose::twin) {
    if (spec.name == "pfselftest") return "tests the server itself, for seconds";
    if (spec.group == Group::scripting) return "keeps functions, not keys";
    const bool flushes = contains(also_sent, spec.name);
    const bool writes = spec.flags.has(Flag::write) || spec.name == "pfcount";
    return writes || flushes || is_about_data(spec.group) ? "" : "is not about data";
  }
  for (const Exclusion& row : excluded)
    if (row.name == spec.name) return row.reason;
  if (purpose == Purpose::wait)
    return spec.flags.has(Flag::blocking) && is_about_data(spec.group) &&
                   spec.group != Group::stream
               ? ""
               : "does not wait";
  // XREAD and XREADGROUP need not.
  if (spec.flags.has(Flag::blocking) && spec.group != Group::stream) return "waits";
  if (spec.name.ends_with("|help")) return "says it in its own words";
  if (contains(also_sent, spec.name)) return {};
  return is_about_data(spec.group) ? "" : "is not about data";
}

unsigned weight_of(const CommandSpec& spec) {
  constexpr std::string_view filling[] = {"set",  "rpush",  "lpush", "sadd",   "hset",
                                          "zadd", "geoadd", "pfadd", "setbit", "xadd"};
  constexpr std::string_view rare[] = {"dbsize", "keys", "scan",   "select",
                                       "echo",   "move", "pfcount"};
  if (contains(filling, spec.name)) return 70;
  if (contains(rare, spec.name)) return 4;
  if (spec.name == "swapdb") return 2;
  return spec.name.starts_with("flush") ? 1 : 20;
}

bool is_newer_option(std::string_view token) {
  constexpr std::string_view newer[] = {"IFEQ",     "NOVALUES", "WITHSCORE", "CLAIM",
                                        "KEEPREF",  "DELREF",   "ACKED",     "IDMP",
                                        "IDMPAUTO", "MAXCOUNT", "MAXSIZE"};
  return contains(newer, token);
}

bool prints_doubles(const CommandSpec& spec) {
  return spec.group == Group::sorted_set || spec.group == Group::geo;
}

void wrap_in_script(Command& command, std::size_t way) {
  constexpr std::size_t script_of_numbers = 5;
  constexpr std::string_view scripts[] = {
      "return redis.call(unpack(ARGV))",
      "return redis.pcall(unpack(ARGV))",
      "local reply = redis.pcall(unpack(ARGV)) return reply",
      "local ok, reply = pcall(redis.call, unpack(ARGV)) return reply",
      "redis.setresp(3) return redis.pcall(unpack(ARGV))",
      // Numbers with many digits 7.0 writes in another way.
      "local words = {} for i, word in ipairs(ARGV) do local n = tonumber(word) "
      "words[i] = n and n % 1 == 0 and math.abs(n) < 1e15 and n or word end "
      "return redis.pcall(unpack(words))",
      "local reply = redis.pcall(unpack(ARGV)) if type(reply) == 'table' and #reply > 0 then "
      "return #reply end return type(reply)",
      "for i = 1, 3 do redis.pcall(unpack(ARGV)) end return redis.pcall(unpack(ARGV))",
  };
  if (command.how.mode != Mode::exact || command.encoding) return;
  // Consumers have been made under their names as they are written.
  const bool renames = script_of_numbers == way % std::size(scripts) && !command.before.empty();
  const std::string_view script = scripts[renames ? 0 : way % std::size(scripts)];
  command.words.insert(command.words.begin(), {"EVAL", std::string(script), "0"});
}

void settle_sizes(Command& command) {
  Words& words = command.words;
  const std::string name = to_lower(words[0]);
  keep_small(words, name);
  if (name == "srandmember" || name == "hrandfield" || name == "zrandmember")
    keep_sample_small(words);
}

void avoid_negative_zeros(Command& command) {
  std::replace(command.words.begin(), command.words.end(), std::string("-0"), std::string("0"));
}

void settle(Command& command, Pools& pools) {
  settle_sizes(command);
  Words& words = command.words;
  const std::string name = to_lower(words[0]);
  differential::Comparison& how = command.how;
  keep_times_far(words, name, pools);
  if (name == "sort" || name == "sort_ro") settle_sort(command);
  if (name == "scan") settle_scan(command, 1);
  if (name == "sscan" || name == "hscan" || name == "zscan") settle_scan(command, 2);
  if (name.starts_with('x')) settle_stream(command, name, pools);
  if (name.starts_with("geo")) settle_places(command, name, pools);
  if (contains(in_any_order, name)) how.mode = Mode::unordered;
  if (contains(at_random, name)) how.mode = Mode::shape;
  if (name == "spop" && words.size() > 1) {
    how.mode = Mode::shape;
    command.after.push_back({"DEL", words[1]});
  }
  // The fourth word is WITHSCORE, which 7.0 lacks.
  if ((name == "zrank" || name == "zrevrank") && words.size() == 4) words.pop_back();
  if (name == "zadd") avoid_negative_zero(words);
  if (name == "lpos") avoid_least_rank(words);
  if (name == "ttl" || name == "expiretime") how.tolerance = 5;
  if (name == "pttl" || name == "pexpiretime") how.tolerance = 5000;
  command.encoding = name == "object" && is(words, 1, "encoding");
}

}  // namespace respawn::generator
