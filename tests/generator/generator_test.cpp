// Random commands to redis-server and to the server under test: every reply, and at the end of each
// sequence all data, must be the same.
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <set>

#include "base/numbers.hpp"
#include "base/random.hpp"
#include "commands/families.hpp"
#include "tests/generator/duel.hpp"
#include "tests/generator/ensemble.hpp"
#include "tests/generator/rules.hpp"
#include "tests/generator/shrink.hpp"
#include "tests/generator/source.hpp"
#include "tests/generator/turns.hpp"

namespace respawn::generator {
namespace {

constexpr std::uint64_t commands_per_sequence = 1000;
/// One in so many is sent from a script.
constexpr std::uint64_t commands_per_script = 12;
constexpr std::uint64_t commands_in_ci = 200'000;
constexpr std::uint64_t commands_in_long_form = 5'000'000;
/// Of streams alone.
constexpr std::uint64_t streams_in_ci = 20'000;
constexpr std::uint64_t streams_in_long_form = 5'000'000;
constexpr int plays_max = 1500;
/// Of several clients: a turn takes as long as some 60 commands of one client.
constexpr std::uint64_t turns_per_sequence = 500;
constexpr std::uint64_t turns_in_ci = 20'000;
constexpr std::uint64_t turns_in_long_form = 500'000;
constexpr int plays_of_turns_max = 400;
/// Behind so many a run ends.
constexpr int failures_max = 12;

std::optional<std::uint64_t> from_environment(const char* name) {
  const char* const text = std::getenv(name);
  return text == nullptr ? std::nullopt : parse_uint64(text);
}

std::uint64_t count_of(const char* name, std::uint64_t in_ci, std::uint64_t in_long_form) {
  if (const auto given = from_environment(name)) return *given;
  return std::getenv("RESPAWN_LONG") == nullptr ? in_ci : in_long_form;
}

/// Consecutive seeds cover both protocols, both kinds of limits, and both varieties.
Terms terms_of(std::uint64_t seed) {
  Terms terms{.resp = seed % 2 == 0 ? 2 : 3, .settings = {}};
  const bool small = seed / 2 % 2 == 1;
  const auto set = [&](const char* name, const char* usual, const char* least) {
    terms.settings.push_back({"CONFIG", "SET", name, small ? least : usual});
  };
  set("hash-max-listpack-entries", "512", "4");
  set("hash-max-listpack-value", "64", "10");
  set("zset-max-listpack-entries", "128", "4");
  set("zset-max-listpack-value", "64", "10");
  set("set-max-intset-entries", "512", "4");
  set("list-max-listpack-size", "-2", "3");
  set("stream-node-max-entries", "100", "3");
  set("stream-node-max-bytes", "0", "0");  // bytes are other ones in Redis
  set("hll-sparse-max-bytes", "3000", "60");
  return terms;
}

Variety variety_of(std::uint64_t seed) {
  return seed % 8 < 6 ? Variety::narrow : Variety::wide;
}

class Generator : public testing::Test {
 protected:
  void SetUp() override {
    if (!duel_.missing().empty()) GTEST_SKIP() << duel_.missing();
    payloads_ = duel_.payloads();
  }

  /// One sequence. False when there have been enough failures.
  bool run(const std::vector<Template>& templates, std::uint64_t seed, std::uint64_t count) {
    Source source(templates, payloads_, seed, variety_of(seed));
    std::vector<Command> commands;
    for (std::uint64_t i = 0; i < count; ++i) {
      commands.push_back(source.next());
      if (i % commands_per_script == 0) wrap_in_script(commands.back(), i / commands_per_script);
    }
    const Terms terms = terms_of(seed);
    auto failure = duel_.play(terms, commands);
    if (!failure) return true;
    const auto shrunk = shrink<Command>(
        std::move(commands), std::move(*failure),
        [&](const std::vector<Command>& some) { return duel_.play(terms, some); }, plays_max);
    ADD_FAILURE() << "RESPAWN_GENERATOR_SEED=" << seed << " RESPAWN_GENERATOR_COMMANDS=" << count
                  << "\n"
                  << shrunk.failure.text << "\n"
                  << to_script(terms, shrunk.items, shrunk.failure);
    return ++failures_ < failures_max;
  }

  /// From the seed that is given, or a part from a fresh one and one from each of these.
  void run_seeds(const std::vector<Template>& templates, std::uint64_t count,
                 std::initializer_list<std::uint64_t> fixed) {
    if (const auto seed = from_environment("RESPAWN_GENERATOR_SEED"))
      return run_all(templates, *seed, count);
    const std::uint64_t part = count / (fixed.size() + 1);
    const std::uint64_t fresh = system_entropy() >> 24;
    std::cout << "RESPAWN_GENERATOR_SEED=" << fresh << " and fixed seeds\n";
    run_all(templates, fresh, part);
    for (const std::uint64_t seed : fixed) run_all(templates, seed, part);
  }

  /// The same for turns of several clients, which see all keyspace events.
  bool run_turns(std::uint64_t seed, std::uint64_t count) {
    TurnSource source(turn_templates_, payloads_, seed, variety_of(seed));
    std::vector<Turn> turns;
    for (std::uint64_t i = 0; i < count; ++i) turns.push_back(source.next());
    Terms terms = terms_of(seed);
    terms.settings.push_back({"CONFIG", "SET", "notify-keyspace-events", "KEA"});
    const Play<Turn> play = [&](const std::vector<Turn>& some) {
      return ensemble_.play(terms, some);
    };
    auto failure = play(turns);
    if (!failure) return true;
    auto shrunk = shrink<Turn>(std::move(turns), std::move(*failure), play, plays_of_turns_max);
    std::vector<Turn> single = one_by_one(shrunk.items);
    if (auto still = play(single))
      shrunk = shrink<Turn>(std::move(single), std::move(*still), play, plays_of_turns_max);
    ADD_FAILURE() << "RESPAWN_GENERATOR_SEED=" << seed << " RESPAWN_GENERATOR_TURNS=" << count
                  << "\n"
                  << shrunk.failure.text << "\n"
                  << to_script(terms, shrunk.items);
    return ++failures_ < failures_max;
  }

  void run_all(const std::vector<Template>& templates, std::uint64_t seed, std::uint64_t count) {
    for (std::uint64_t done = 0; done < count; done += commands_per_sequence, ++seed)
      if (!run(templates, seed, std::min(commands_per_sequence, count - done))) return;
  }

  void run_all_turns(std::uint64_t seed, std::uint64_t count) {
    for (std::uint64_t done = 0; done < count; done += turns_per_sequence, ++seed)
      if (!run_turns(seed, std::min(turns_per_sequence, count - done))) return;
  }

  Duel duel_;
  std::vector<std::string> payloads_;
  engine::Registry registry_{commands::every_family()};
  std::vector<Template> templates_ = all_templates(registry_);
  TurnTemplates turn_templates_{registry_};
  Ensemble ensemble_{duel_};
  int failures_ = 0;
};

TEST_F(Generator, FindsNoDifference) {
  const std::uint64_t count =
      count_of("RESPAWN_GENERATOR_COMMANDS", commands_in_ci, commands_in_long_form);
  run_seeds(templates_, count, {1'000'000, 2'000'000, 3'000'000});
  EXPECT_EQ(duel_.finish(), "");
}

/// Long ones meet each other: blocks fill up and are joined, groups fall behind.
TEST_F(Generator, FindsNoDifferenceInStreams) {
  const std::vector<Template> templates = templates_of(engine::Group::stream, registry_);
  const std::uint64_t count =
      count_of("RESPAWN_GENERATOR_COMMANDS", streams_in_ci, streams_in_long_form);
  run_seeds(templates, count, {9'000'000});
  EXPECT_EQ(duel_.finish(), "");
}

TEST_F(Generator, FindsNoDifferenceAmongSeveralClients) {
  const std::uint64_t count = count_of("RESPAWN_GENERATOR_TURNS", turns_in_ci, turns_in_long_form);
  if (const auto seed = from_environment("RESPAWN_GENERATOR_SEED")) {
    run_all_turns(*seed, count);
  } else {
    // Of fresh seeds about one sequence in two hundred meets a difference that is to be decided yet
    // (README.md).
    const std::uint64_t fresh =
        std::getenv("RESPAWN_LONG") == nullptr ? 7'000'000 : system_entropy() >> 24;
    std::cout << "RESPAWN_GENERATOR_SEED=" << fresh << " and a fixed seed\n";
    run_all_turns(fresh, count / 2);
    run_all_turns(5'000'000, count / 2);
  }
  const Tally& tally = ensemble_.tally();
  std::cout << tally.waited << " waited, " << tally.served << " served, " << tally.executed
            << " executed, " << tally.refused << " refused, " << tally.messages << " messages, "
            << tally.invalidated << " keys invalidated\n";
  EXPECT_EQ(duel_.finish(), "");
}

/// "cmdstat_get:calls=3,...,rejected_calls=0,failed_calls=1": calls that did not fail.
std::int64_t successes(const std::string& statistics, const std::string& command) {
  const auto number_behind = [&](std::size_t from, const std::string& name) {
    const auto at = statistics.find(name + "=", from) + name.size() + 1;
    return parse_int64(statistics.substr(at, statistics.find_first_of(",\r", at) - at)).value_or(0);
  };
  const auto line = statistics.find("cmdstat_" + command + ":");
  if (line == std::string::npos) return 0;
  return number_behind(line, "calls") - number_behind(line, "failed_calls");
}

/// What only ever fails would compare error texts, and nothing else.
TEST_F(Generator, MakesEveryCommandSucceed) {
  run_all(templates_, 4'000'000, 20'000);
  const std::string statistics = duel_.reference_info("commandstats");
  for (const Template& each : templates_) {
    const std::string name(each.spec->name);
    if (name == "object|freq") continue;  // wants another maxmemory-policy
    EXPECT_GT(successes(statistics, name), 0) << name;
  }
}

/// The same of what several clients do, and that it did have its effects.
TEST_F(Generator, MakesSeveralClientsMeet) {
  run_all_turns(6'000'000, 2'500);
  const std::string statistics = duel_.reference_info("commandstats");
  for (const char* name : {"multi",
                           "exec",
                           "discard",
                           "watch",
                           "unwatch",
                           "reset",
                           "subscribe",
                           "psubscribe",
                           "ssubscribe",
                           "unsubscribe",
                           "punsubscribe",
                           "sunsubscribe",
                           "publish",
                           "spublish",
                           "pubsub|channels",
                           "pubsub|numsub",
                           "pubsub|numpat",
                           "pubsub|shardchannels",
                           "pubsub|shardnumsub",
                           "client|tracking",
                           "client|caching",
                           "client|trackinginfo",
                           "client|unblock"})
    EXPECT_GT(successes(statistics, name), 0) << name;
  for (const Template& each : turn_templates_.waits)
    EXPECT_GT(successes(statistics, std::string(each.spec->name)), 0) << each.spec->name;
  const Tally& tally = ensemble_.tally();
  EXPECT_GT(tally.waited, 20);
  EXPECT_GT(tally.served, 20);
  EXPECT_GT(tally.executed, 50);
  EXPECT_GT(tally.refused, 3);
  EXPECT_GT(tally.messages, 500);
  EXPECT_GT(tally.invalidated, 20);
}

}  // namespace
}  // namespace respawn::generator
