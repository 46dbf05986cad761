#include "config/load.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.hpp"
#include "config/change.hpp"
#include "config/json_value.hpp"
#include "config/rewrite.hpp"
#include "memory_files.hpp"

namespace respawn::config {
namespace {

using testing::HasSubstr;

Result<Loaded> load_file(const std::string& text, const std::string& options = "") {
  MemoryFiles files;
  files.texts["/start/the.file"] = text;
  CommandLine line;
  line.path = "the.file";
  line.options = options;
  return load(line, files);
}

std::string load_error(const std::string& text) {
  auto loaded = load_file(text);
  return loaded.ok() ? "(none)" : loaded.error();
}

std::string json_of(const std::string& name, const std::string& value) {
  return "{\"" + name + "\": " + value + "}";
}

std::string line_of(const std::string& name, const std::string& value) {
  return name + " " + value;
}

TEST(Load, TheKindOfAFileIsDecidedByItsContent) {
  for (const char* text : {"{}", "  \n// comment\n/* {\n*/ {}", "\xEF\xBB\xBF{}"})
    EXPECT_EQ(load_file(text)->source.kind, FileKind::json) << text;
  for (const char* text : {"", "# {\nport 1", "port 1"})
    EXPECT_EQ(load_file(text)->source.kind, FileKind::classic) << text;
}

TEST(Load, EachDefaultCanStandInARedisConf) {
  Config config;
  config.dir = "/start";
  for (const Option& option : options()) {
    std::string value(option.initial);
    auto loaded =
        load_file(std::string(option.name) + " " +
                  (value.empty() || option.kind == Kind::text ? "\"" + value + "\"" : value));
    ASSERT_TRUE(loaded.ok()) << option.name << loaded.error();
    EXPECT_EQ(loaded->config, config) << option.name;
  }
}

TEST(Load, EachDefaultCanStandInJson) {
  Config config;
  config.dir = "/start";
  for (const Option& option : options()) {
    for (std::string_view name : {option.name, option.alias}) {
      if (name.empty()) continue;
      auto value = json_text(option, read(Config(), option));
      auto loaded = load_file("{\"" + std::string(name) + "\": " + *value + "}");
      ASSERT_TRUE(loaded.ok()) << option.name << loaded.error();
      EXPECT_EQ(loaded->config, config) << option.name;
    }
  }
}

TEST(Load, EachWrongJsonTypeNamesOptionAndPlace) {
  for (const Option& option : options()) {
    for (const char* wrong : {"null", "1.5", "{\"a\": 1}", "[[{}]]"}) {
      std::string error = load_error("{\n  \"" + std::string(option.name) + "\": " + wrong + "\n}");
      std::string column = std::to_string(option.name.size() + 7);
      EXPECT_THAT(error, HasSubstr("/start/the.file:2:" + column + ": '" +
                                   std::string(option.name) + "' takes "))
          << wrong;
    }
  }
}

TEST(Load, EachWrongLineNamesOptionAndPlace) {
  for (const Option& option : options()) {
    if (option.kind == Kind::words) continue;
    std::string line = std::string(option.name) + " ~ ~";
    std::string error = load_error("# first\n" + line + "\n");
    EXPECT_THAT(error, HasSubstr("at line 2\n>>> '" + line + "'\n"));
    EXPECT_THAT(error, HasSubstr("/start/the.file:2: '" + std::string(option.name) + "' takes "));
  }
}

TEST(Load, EachRangeHoldsInBothKindsOfFile) {
  for (const Option& option : options()) {
    if (option.kind != Kind::integer || option.check != nullptr) continue;
    std::string below = std::to_string(option.min - 1);
    if (option.min == std::numeric_limits<std::int64_t>::min()) continue;
    std::string range = "from " + std::to_string(option.min) + " to " + std::to_string(option.max);
    std::string name(option.name);
    EXPECT_THAT(load_error(json_of(name, below)), HasSubstr(range));
    EXPECT_THAT(load_error(line_of(name, below)), HasSubstr(range));
  }
}

TEST(Load, NaturalJsonTypes) {
  auto loaded = load_file(R"({
    "$schema": "respawn.schema.json", // for editors
    "port": 7000, "appendonly": true, "enable-debug-command": true,
    "maxmemory": "100mb", "proto-max-bulk-len": 2097152, "maxmemory-clients": "5%",
    "unixsocketperm": "700",
    "bind": ["127.0.0.1", "-::1"], "save": [[900, 1], [300, 10]],
    "client-output-buffer-limit": {"replica": ["1mb", 5, 6]},
    "shutdown-on-sigterm": ["now", "force"], "notify-keyspace-events": "KEA",
    "latency-tracking-info-percentiles": [50, 99.9],
    "rename-command": {"KEYS": "k", "FLUSHALL": ""}, "user": ["default on nopass ~* &* +@all"]
  })");
  ASSERT_TRUE(loaded.ok()) << loaded.error();
  const Config& config = loaded->config;
  EXPECT_EQ(config.port, 7000);
  EXPECT_TRUE(config.appendonly);
  EXPECT_EQ(config.enable_debug_command, Permission::yes);
  EXPECT_EQ(config.maxmemory_bytes, 100U << 20);
  EXPECT_EQ(config.proto_max_bulk_len_bytes, 2U << 20);
  EXPECT_EQ(config.maxmemory_clients, -5);
  EXPECT_EQ(config.unixsocketperm, 0700);
  EXPECT_EQ(config.bind, (std::vector<std::string>{"127.0.0.1", "-::1"}));
  EXPECT_EQ(config.save, (std::vector<SavePoint>{{900, 1}, {300, 10}}));
  EXPECT_EQ(config.client_output_buffer_limit.replica, (OutputLimit{1U << 20, 5, 6}));
  EXPECT_EQ(config.client_output_buffer_limit.pubsub.hard_bytes, 32U << 20);
  EXPECT_EQ(config.shutdown_on_sigterm, shutdown_flag::now | shutdown_flag::force);
  EXPECT_EQ(config.latency_tracking_info_percentiles, (std::vector<double>{50, 99.9}));
  ASSERT_EQ(loaded->directives.size(), 2U) << "in the order of the file";
  EXPECT_EQ(loaded->directives[0].words, (std::vector<std::string>{"rename-command", "KEYS", "k"}));
  EXPECT_EQ(loaded->directives[1].words,
            (std::vector<std::string>{"rename-command", "FLUSHALL", ""}));
}

TEST(Load, JsonErrorsNameThePlace) {
  EXPECT_THAT(load_error("{\n  \"port\": 1,\n  \"max-memory\": 5\n}"),
              HasSubstr("at line 3\n>>> '\"max-memory\": 5'\n"));
  EXPECT_THAT(load_error("{\n  \"port\": 1,\n  \"max-memory\": 5\n}"),
              HasSubstr("/start/the.file:3:3: there is no option 'max-memory'; did you mean "
                        "'maxmemory'?"));
  EXPECT_THAT(load_error("{\n  \"port\": 70000\n}"),
              HasSubstr("/start/the.file:2:11: 'port' takes an integer from 0 to 65535"));
  EXPECT_THAT(load_error("{\n  \"port\": 1,\n  \"port\": 2\n}"),
              HasSubstr("/start/the.file:3:3: 'port' is set on line 2 already"));
  EXPECT_THAT(load_error("{\"slave-priority\": 1, \"replica-priority\": 2}"),
              HasSubstr("duplicate parameter"));
  EXPECT_THAT(load_error("{\n  \"port\": 1,\n}"), HasSubstr("/start/the.file:3:1: "));
  EXPECT_THAT(load_error("{\n  \"port\" 1\n}"), HasSubstr("/start/the.file:2:10: "));
  EXPECT_THAT(load_error("{\n  \"port\": 1\n"), HasSubstr("not valid JSON"));
  EXPECT_THAT(load_error("{} x"), HasSubstr("/start/the.file:1:4: "));
  EXPECT_THAT(load_error("{\"rename-command\": [1]}"), HasSubstr("takes an object"));
  EXPECT_THAT(load_error("{\"user\": [5]}"), HasSubstr("takes an array of strings"));
}

TEST(Load, ClassicLinesKnowCommentsQuotesAndRepetition) {
  auto loaded = load_file(
      "# comment\r\n\n  PORT 7000  \r\nrequirepass \"a b\\x41\"\nsave 900 1\nsave 300 10\n"
      "client-output-buffer-limit normal 1 2 3\nclient-output-buffer-limit pubsub 4 5 6\n"
      "slave-priority 7\nhash-max-ziplist-entries 9\nlist-max-ziplist-value 64\n"
      "bind 127.0.0.1 ::1\nrename-command FLUSHALL ''\n");
  ASSERT_TRUE(loaded.ok()) << loaded.error();
  EXPECT_EQ(loaded->config.port, 7000);
  EXPECT_EQ(loaded->config.requirepass, "a bA");
  EXPECT_EQ(loaded->config.save, (std::vector<SavePoint>{{900, 1}, {300, 10}}));
  EXPECT_EQ(loaded->config.client_output_buffer_limit.normal, (OutputLimit{1, 2, 3}));
  EXPECT_EQ(loaded->config.client_output_buffer_limit.pubsub, (OutputLimit{4, 5, 6}));
  EXPECT_EQ(loaded->config.replica_priority, 7);
  EXPECT_EQ(loaded->config.hash_max_listpack_entries, 9);
  ASSERT_EQ(loaded->directives.size(), 1U);
  EXPECT_EQ(loaded->directives[0].words,
            (std::vector<std::string>{"rename-command", "FLUSHALL", ""}));
  EXPECT_EQ(fatal_error(loaded->directives[0], "No such command in rename-command", "a hint").text,
            "\n*** FATAL CONFIG FILE ERROR (Respawn) ***\n"
            "Reading the configuration file, at line 13\n"
            ">>> 'rename-command FLUSHALL '''\n"
            "No such command in rename-command\n"
            "/start/the.file:13: a hint\n");
}

TEST(Load, ClassicErrorsNameThePlace) {
  EXPECT_EQ(load_error("port 1\nportt \"1\"\n"),
            "\n*** FATAL CONFIG FILE ERROR (Respawn) ***\n"
            "Reading the configuration file, at line 2\n"
            ">>> 'portt \"1\"'\n"
            "Bad directive or wrong number of arguments\n"
            "/start/the.file:2: there is no option 'portt'; did you mean 'port'?\n");
  EXPECT_THAT(load_error("port \"79"), HasSubstr("Unbalanced quotes in configuration line"));
  EXPECT_THAT(load_error("unixsocketperm 999"),
              HasSubstr("argument couldn't be parsed as an octal number"));
  EXPECT_THAT(load_error("rename-command x"), HasSubstr("wrong number of arguments"));
  EXPECT_THAT(load_error("cluster-enabled yes\nreplicaof a 1"),
              HasSubstr("replicaof directive not allowed in cluster mode"));
}

TEST(Load, FileThenStandardInputThenOptions) {
  MemoryFiles files;
  files.texts["/start/a.conf"] = "port 1\ntimeout 1\nhz 11\nsave 1 1\n";
  files.standard_input = "{\"port\": 2, \"timeout\": 2}";
  auto loaded = load({Action::serve, "a.conf", true, "port 3\nsave 3 3"}, files);
  ASSERT_TRUE(loaded.ok()) << loaded.error();
  EXPECT_EQ(loaded->config.port, 3);
  EXPECT_EQ(loaded->config.timeout_s, 2);
  EXPECT_EQ(loaded->config.hz, 11);
  EXPECT_EQ(loaded->config.save, (std::vector<SavePoint>{{1, 1}, {3, 3}}));
  EXPECT_EQ(loaded->source.path, "/start/a.conf");
}

TEST(Load, IncludesFollowTheirLine) {
  MemoryFiles files;
  files.texts["/start/a.conf"] = "port 1\ninclude conf.d/*.conf\ninclude /b\ntimeout 9\n";
  files.texts["/start/conf.d/1.conf"] = "port 2\ntimeout 2\n";
  files.texts["/start/conf.d/2.conf"] = "port 3\n";
  files.texts["/b"] = "hz 20";
  auto loaded = load({.path = "a.conf"}, files);
  ASSERT_TRUE(loaded.ok()) << loaded.error();
  EXPECT_EQ(loaded->config.port, 3);
  EXPECT_EQ(loaded->config.timeout_s, 9);
  EXPECT_EQ(loaded->config.hz, 20);

  files.texts["/b"] = "\nport x";
  EXPECT_THAT(load({.path = "a.conf"}, files).error(), HasSubstr("/b:2: 'port' takes"));
  files.texts["/start/a.conf"] = "include nosuch";
  EXPECT_THAT(load({.path = "a.conf"}, files).error(),
              HasSubstr("can't open config file 'nosuch': No such file or directory"));
  files.texts["/start/a.conf"] = "include none-*.conf";
  EXPECT_TRUE(load({.path = "a.conf"}, files).ok());
  files.texts["/start/a.conf"] = "include a.conf";
  EXPECT_THAT(load({.path = "a.conf"}, files).error(), HasSubstr("too many nested include"));
}

TEST(Load, AMissingFileIsNamed) {
  EXPECT_THAT(load({.path = "gone.conf"}, MemoryFiles()).error(),
              HasSubstr("can't open config file 'gone.conf': No such file or directory"));
}

TEST(Load, AnyTextIsReadOrRefusedWithAReason) {
  const std::string samples[] = {
      "// c\r\n{ \"port\": 1, /* x */ \"bind\": [\"a\", \"b\"], \"save\": [[1, 2]], // y\n"
      "\"client-output-buffer-limit\": {\"normal\": [1, \"2kb\", 3]}, \"dir\": \"\\u0041\" }",
      "# c\nport 1\nbind \"a\\x41\" 'b'\nsave 1 2\nuser default on nopass ~* +@all\n"
      "rename-command a \"\"\n"};
  constexpr std::string_view bytes = "{}[]\"'\\/*,: \n\r\t#x0-\x80\xff";
  constexpr std::uint64_t seed = 20240601;
  Random random(seed);
  for (int round = 0; round < 4000; ++round) {
    std::string text = samples[random.below(2)];
    for (std::uint64_t edits = 1 + random.below(4); edits > 0; --edits) {
      std::size_t at = random.below(text.size());
      switch (random.below(3)) {
        case 0:
          text[at] = bytes[random.below(bytes.size())];
          break;
        case 1:
          text.insert(at, 1, bytes[random.below(bytes.size())]);
          break;
        default:
          text.erase(at, 1 + random.below(5));
      }
    }
    auto loaded = load_file(text);
    if (loaded.ok()) {
      auto again = loaded->source.kind == FileKind::json
                       ? rewrite_json(loaded->config, text)
                       : Result<std::string>(rewrite_classic(loaded->config, text));
      ASSERT_TRUE(again.ok()) << "seed " << seed << " round " << round << "\n" << text;
      EXPECT_EQ(load_file(*again)->config, loaded->config) << text << "\n---\n" << *again;
    } else {
      EXPECT_THAT(loaded.error(), HasSubstr("FATAL CONFIG FILE ERROR")) << text;
    }
  }
}

TEST(Load, OptionsWithoutEffectAreWarnedAbout) {
  EXPECT_TRUE(load_file("port 1")->warnings.empty());
  auto loaded = load_file("always-show-logo yes\nport 1\nlua-replicate-commands yes\n");
  EXPECT_THAT(loaded->warnings,
              testing::ElementsAre("directive 'lua-replicate-commands' of older versions is "
                                   "accepted but has no effect",
                                   "option 'always-show-logo' is accepted but has no effect yet"));
}

TEST(Load, TheDirectoryBecomesAbsolute) {
  EXPECT_EQ(load_file("")->config.dir, "/start");
  EXPECT_EQ(load_file("dir data")->config.dir, "/start/data");
}

}  // namespace
}  // namespace respawn::config
