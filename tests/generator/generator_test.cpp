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
#include "tests/generator/shrink.hpp"
#include "tests/generator/source.hpp"

namespace respawn::generator {
namespace {

constexpr std::uint64_t commands_per_sequence = 1000;
constexpr std::uint64_t commands_in_ci = 200'000;
constexpr std::uint64_t commands_in_long_form = 5'000'000;
constexpr int plays_max = 1500;
/// Behind so many a run ends.
constexpr int failures_max = 12;

std::optional<std::uint64_t> from_environment(const char* name) {
  const char* const text = std::getenv(name);
  return text == nullptr ? std::nullopt : parse_uint64(text);
}

std::uint64_t command_count() {
  if (const auto given = from_environment("RESPAWN_GENERATOR_COMMANDS")) return *given;
  return std::getenv("RESPAWN_LONG") == nullptr ? commands_in_ci : commands_in_long_form;
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
  bool run(std::uint64_t seed, std::uint64_t count) {
    Source source(templates_, payloads_, seed, variety_of(seed));
    std::vector<Command> commands;
    for (std::uint64_t i = 0; i < count; ++i) commands.push_back(source.next());
    const Terms terms = terms_of(seed);
    auto failure = duel_.play(terms, commands);
    if (!failure) return true;
    const Shrunk shrunk = shrink(
        std::move(commands), std::move(*failure),
        [&](const std::vector<Command>& some) { return duel_.play(terms, some); }, plays_max);
    ADD_FAILURE() << "RESPAWN_GENERATOR_SEED=" << seed << " RESPAWN_GENERATOR_COMMANDS=" << count
                  << "\n"
                  << shrunk.failure.text << "\n"
                  << to_script(terms, shrunk.commands, shrunk.failure);
    return ++failures_ < failures_max;
  }

  void run_all(std::uint64_t seed, std::uint64_t count) {
    for (std::uint64_t done = 0; done < count; done += commands_per_sequence, ++seed)
      if (!run(seed, std::min(commands_per_sequence, count - done))) return;
  }

  Duel duel_;
  std::vector<std::string> payloads_;
  engine::Registry registry_{commands::every_family()};
  std::vector<Template> templates_ = all_templates(registry_);
  int failures_ = 0;
};

TEST_F(Generator, FindsNoDifference) {
  const std::uint64_t count = command_count();
  if (const auto seed = from_environment("RESPAWN_GENERATOR_SEED")) {
    run_all(*seed, count);
  } else {
    const std::uint64_t fresh = system_entropy() >> 24;
    std::cout << "RESPAWN_GENERATOR_SEED=" << fresh << " and fixed seeds\n";
    run_all(fresh, count / 4);
    for (const std::uint64_t fixed : {1'000'000, 2'000'000, 3'000'000}) run_all(fixed, count / 4);
  }
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
  run_all(4'000'000, 20'000);
  const std::string statistics = duel_.reference_info("commandstats");
  for (const Template& each : templates_) {
    const std::string name(each.spec->name);
    if (name == "object|freq") continue;  // wants another maxmemory-policy
    EXPECT_GT(successes(statistics, name), 0) << name;
  }
}

}  // namespace
}  // namespace respawn::generator
