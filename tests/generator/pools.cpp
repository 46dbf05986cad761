#include "tests/generator/pools.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace respawn::generator {

namespace {

using Texts = std::span<const std::string_view>;
using namespace std::string_view_literals;

constexpr std::string_view letters[] = {"a", "b", "c", "d", "e", "f", "g", "h"};
constexpr std::string_view digits[] = {"0", "1", "2", "3", "4", "5", "10", "11"};
constexpr std::string_view integers_at_edges[] = {"-1",
                                                  "-2",
                                                  "100",
                                                  "127",
                                                  "128",
                                                  "255",
                                                  "-128",
                                                  "32767",
                                                  "32768",
                                                  "65535",
                                                  "65536",
                                                  "2147483647",
                                                  "2147483648",
                                                  "-2147483648",
                                                  "-2147483649",
                                                  "4294967295",
                                                  "4294967296",
                                                  "9223372036854775807",
                                                  "-9223372036854775808",
                                                  "-9223372036854775807",
                                                  "9223372036854775808",
                                                  "18446744073709551615",
                                                  "18446744073709551616"};
constexpr std::string_view odd_texts[] = {
    "",
    "abc",
    "ABC",
    "a b",
    "n\0l"sv,
    "\xff\xfe",
    "\r\n",
    "007",
    "+1",
    "-0",
    "1.5",
    "1e3",
    " 1",
    "1 ",
    "nan",
    "inf",
    "-inf",
    "0x10",
    "*",
    "a*",
    "foobar",
    "[a",
    "(1",
    "hello world, this is a text that is longer than forty-four bytes",
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",    // 64 bytes
    "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy"};  // 65 bytes
constexpr std::string_view no_integers[] = {"",   "x",  "1.0", " 1", "1 ",
                                            "+1", "01", "1e3", "-",  "nan"};
constexpr std::string_view reals[] = {"0",
                                      "1",
                                      "-1",
                                      "2",
                                      "3",
                                      "0.5",
                                      "-0.5",
                                      "3.1",
                                      "-0",
                                      "1e2",
                                      "0.1",
                                      "0.25",
                                      "17",
                                      "inf",
                                      "-inf",
                                      "+inf",
                                      "1e17",
                                      "123456789.123",
                                      "1.7976931348623157e308",
                                      "-1.7976931348623157e308",
                                      "2.2250738585072014e-308",
                                      "1e400",
                                      "1e-400",
                                      "0x10",
                                      "9007199254740993"};
constexpr std::string_view no_reals[] = {"", "x", "nan", "-nan", " 1", "1 ", "1e", "1,5"};
constexpr std::string_view score_bounds[] = {"-inf", "+inf", "inf", "0",  "1",   "(0",   "(1",
                                             "2",    "(2",   "3",   "(3", "-1",  "(inf", "0.5",
                                             "3.1",  "(",    "",    "x",  "nan", "[1",   "1e400"};
constexpr std::string_view lex_bounds[] = {"-",  "+",  "[a", "(a", "[b",   "(c", "[d", "(e", "[h",
                                           "[1", "(3", "[",  "(",  "[abc", "a",  "",   "-a", "+a"};
constexpr std::string_view patterns[] = {
    "*",   "?",  "a*", "*1", "[a-c]*", "[^a]*", "s*",    "h?",    "\\*", "",       "[",    "a",
    "*a*", "??", "[a", "z1", "w_*",    "s*",    "h*->a", "h*->b", "#",   "nosort", "*->a", "t*"};
constexpr std::string_view cursors[] = {"0",  "0", "0", "0",  "00",
                                        "+0", "",  "x", "1x", "18446744073709551616"};
constexpr std::string_view types[] = {"string", "list",   "set", "zset", "hash",
                                      "stream", "STRING", "foo", ""};
constexpr std::string_view databases[] = {"0",  "0",  "1",  "1", "2",
                                          "15", "16", "-1", "x", "4294967296"};
constexpr std::string_view bit_types[] = {"u1",  "u4",  "u8",  "u16", "u32", "u63",
                                          "u64", "i1",  "i5",  "i8",  "i16", "i32",
                                          "i63", "i64", "i65", "u0",  "x",   "u"};
constexpr std::string_view bit_offsets[] = {"0",
                                            "1",
                                            "3",
                                            "7",
                                            "8",
                                            "9",
                                            "31",
                                            "64",
                                            "100",
                                            "#0",
                                            "#1",
                                            "#2",
                                            "#7",
                                            "-1",
                                            "x",
                                            "#",
                                            "#-1",
                                            "4294967296",
                                            "#9223372036854775807",
                                            "9223372036854775807"};
constexpr std::string_view operations[] = {"AND", "OR", "XOR", "NOT", "NOT", "and", "NAND"};
/// For ever, or refused.
constexpr std::string_view timeouts[] = {"0", "0", "0", "0", "0", "0", "0",  "0",
                                         "0", "0", "0", "0", "0", "0", "-1", "x"};
constexpr std::string_view channels[] = {"a", "b", "c", "news"};
constexpr std::string_view channel_patterns[] = {
    "*", "[ab]", "n*", "?", "__keyevent@0__:*", "__keyspace@*__:*", "__key*__:?*"};
constexpr std::string_view prefixes[] = {"s", "l", "s1", "h", "z"};
constexpr std::string_view counts[] = {"1", "1", "2", "3", "5", "10", "1000"};
constexpr std::string_view all_garbage[] = {
    "",    "foo",        "-1",  "0",     "1",     "9223372036854775807",
    "*",   "LIMIT",      "GET", "STORE", "COUNT", "MATCH",
    "BY",  "WITHSCORES", "NX",  "XX",    "GT",    "DESC",
    "REV", "WEIGHTS",    "1.5", "nan",   "s1",    "l1",
    "t1",  "h1"};
constexpr std::string_view odd_ids[] = {"0",   "0-0", "0-1",  "-",     "+",
                                        "$",   ">",   "(5",   "(0",    "5-",
                                        "x-1", "-5",  "1-x",  "(-",    "18446744073709551615",
                                        "+1",  "007", "1--1", "99-07", "18446744073709551616-1",
                                        "",    "5-*", " 3-1", "1-1-1", "3-18446744073709551615"};
constexpr std::string_view groups[] = {"g1", "g1", "g2"};
constexpr std::string_view consumers[] = {"c1", "c1", "c2", "c3", "STREAMS"};
constexpr std::string_view family_prefixes = "sblhtzxpyg";
constexpr std::size_t keys_per_family = 3;

/// Pools by the names that syntax lines give their arguments.
struct Named {
  std::string_view name;
  Texts texts;
};

constexpr Named named[] = {
    {"min", score_bounds},
    {"max", score_bounds},
    {"lex-min", lex_bounds},
    {"lex-max", lex_bounds},
    {"pattern", patterns},
    {"cursor", cursors},
    {"type", types},
    {"db", databases},
    {"destination-db", databases},
    {"index1", databases},
    {"index2", databases},
    {"select-index", databases},
    {"encoding", bit_types},
    {"bit-offset", bit_offsets},
    {"operation", operations},
    {"scan-count", counts},
    {"timeout", timeouts},
    {"channel", channels},
    {"prefix", prefixes},
    {"channel-pattern", channel_patterns},
};

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

std::string Pools::key(Family family) {
  return family_prefixes[static_cast<std::size_t>(family)] +
         std::to_string(1 + below(keys_per_family));
}

Family Pools::any_family() {
  return static_cast<Family>(below(static_cast<std::size_t>(Family::hyperloglog)));
}

std::string Pools::garbage() {
  return std::string(chance(70) ? one_of(all_garbage) : one_of(odd_texts));
}

std::string Pools::element() {
  if (wide_ && chance(90)) return (chance(70) ? "m" : "") + std::to_string(below(400));
  const std::size_t dice = below(100);
  if (dice < 60) return std::string(one_of(letters));
  if (dice < 88) return std::string(one_of(digits));
  return std::string(one_of(dice < 96 ? Texts(odd_texts) : Texts(integers_at_edges)));
}

std::string Pools::text() {
  const std::size_t dice = below(100);
  if (dice < 40) return std::string(one_of(digits));
  if (dice < 60) return std::string(one_of(letters));
  if (dice < 75) return std::string(one_of(integers_at_edges));
  if (dice < 85) return std::string(one_of(reals));
  return std::string(one_of(odd_texts));
}

std::string Pools::integer() {
  const std::size_t dice = below(100);
  if (dice < 75) return std::to_string(static_cast<int>(below(10)) - 3);
  return std::string(dice < 94 ? one_of(integers_at_edges) : one_of(no_integers));
}

/// Without -0 among many: see avoid_negative_zero().
std::string Pools::score() {
  if (wide_ && chance(80)) return std::to_string(below(200)) + (chance(30) ? ".5" : "");
  const std::string_view real = chance(wide_ ? 99 : 95) ? one_of(reals) : one_of(no_reals);
  return wide_ && real == "-0" ? "0" : std::string(real);
}

/// A longitude or latitude within the limit, hardly ever the same twice; or something wrong.
std::string Pools::place(int limit) {
  constexpr std::string_view wrong[] = {"181", "-181", "86", "-86", "nan", "inf", "x", ""};
  if (chance(4)) return std::string(one_of(wrong));
  const auto range = static_cast<std::size_t>(limit) * 2 - 1;
  return std::to_string(static_cast<int>(below(range)) - limit + 1) + "." +
         std::to_string(100000 + below(900000));
}

std::string Pools::time(bool seconds, bool absolute) {
  constexpr std::string_view refused[] = {
      "9223372036854775807", "-9223372036854775808", "", "x", "1.5", "9223372036854775808"};
  const std::size_t dice = below(100);
  if (dice < 5) return std::string(one_of(refused));
  if (dice < 9) return dice < 7 ? "0" : "-1";
  if (dice < 11 && absolute) return "1000";
  // Relative ones and absolute ones are of different centuries.
  const std::uint64_t at_s = (absolute ? 7'000'000'000 : 20'000) + 7 * ++times_;
  return std::to_string(seconds ? at_s : at_s * 1000);
}

std::string Pools::value(std::string_view argument) {
  const auto* const found = std::find_if(std::begin(named), std::end(named),
                                         [&](const Named& row) { return row.name == argument; });
  if (found != std::end(named)) return std::string(one_of(found->texts));
  if (is_one_of(argument, {"element", "pivot", "member", "member1", "member2", "field"}))
    return element();
  if (is_one_of(argument, {"score", "weight", "real-increment"})) return score();
  if (argument == "longitude") return place(180);
  if (argument == "latitude") return place(85);
  if (is_one_of(argument, {"radius", "width", "height"}))
    return chance(85) ? std::to_string(below(20'000)) : std::string(one_of(reals));
  if (argument == "serialized-value" && !payloads_->empty() && chance(90))
    return (*payloads_)[below(payloads_->size())];
  if (argument == "bit" && chance(92)) return chance(50) ? "0" : "1";
  if (is_one_of(argument, {"value", "message", "comparison-value"})) return text();
  return integer();
}

/// Some are odd; a duel does without "*", which goes by the time.
std::string Pools::stream_id() {
  if (chance(6)) return std::string(one_of(odd_ids));
  const std::uint64_t back = below(wide_ ? 60 : 12);
  const std::string ms = std::to_string(back < stream_ms_ ? stream_ms_ - back : below(3));
  return chance(40) ? ms : ms + "-" + std::to_string(below(3));
}

std::string Pools::next_stream_id() {
  if (chance(5)) return stream_id();
  if (chance(70)) stream_ms_ += 1 + below(2);
  const std::string ms = std::to_string(stream_ms_);
  const std::size_t dice = below(100);
  if (dice < 40) return ms;
  return dice < 60 ? ms + "-*" : ms + "-" + std::to_string(below(4));
}

std::string Pools::stream_value(std::string_view argument) {
  if (argument == "group") return std::string(chance(98) ? one_of(groups) : one_of(odd_texts));
  if (argument == "consumer")
    return std::string(chance(98) ? one_of(consumers) : one_of(odd_texts));
  if (is_one_of(argument, {"id", "lastid", "last-id", "max-deleted-id", "stream-id"}))
    return stream_id();
  if (is_one_of(argument, {"producer-id", "idempotent-id"}))
    return std::string(chance(97) ? one_of(channels) : one_of(odd_texts));
  if (argument == "start") return chance(50) ? "-" : (chance(20) ? "(" : "") + stream_id();
  if (argument == "end") return chance(50) ? "+" : (chance(20) ? "(" : "") + stream_id();
  if (argument == "threshold")
    return chance(60) ? std::to_string(below(wide_ ? 300 : 20)) : stream_id();
  if (argument == "min-idle-time") return chance(85) ? "0" : "100000000000";
  if (is_one_of(argument, {"count", "limit"}))
    return chance(92) ? std::string(one_of(counts)) : integer();
  return value(argument);
}

}  // namespace respawn::generator
