// Sends the same scripts to redis-server and to the server under test and compares the replies.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>

#include "tests/differential/comparison.hpp"
#include "tests/differential/script.hpp"
#include "tests/differential/session.hpp"

namespace respawn::differential {
namespace {

namespace fs = std::filesystem;
using support::printable;

/// After so many differences the rest of a script is only noise.
constexpr int differences_max = 25;

struct Pair {
  std::unique_ptr<support::ServerProcess> redis;
  std::unique_ptr<support::ServerProcess> ours;
  bool ours_is_redis = false;  // the check of the scripts themselves
  std::string missing;         // why there is no pair
};

std::unique_ptr<support::ServerProcess> start(const std::string& binary) {
  support::ServerOptions options;
  options.binary = binary;
  options.arguments = {"--enable-debug-command", "yes", "--save", ""};
  return std::make_unique<support::ServerProcess>(options);
}

Pair start_pair() {
  Pair pair;
  if (support::redis_binary().empty()) pair.missing = "there is no redis-server to compare with";
  if (support::server_binary().empty()) pair.missing = "there is no server to test";
  if (!pair.missing.empty()) return pair;
  pair.redis = start(support::redis_binary());
  support::RespClient client(pair.redis->port());
  const auto version = support::info_field(client, "server", "redis_version");
  if (!version.starts_with("7.0.")) pair.missing = "redis-server is " + version + ", not 7.0";
  pair.ours = start(support::server_binary());
  support::RespClient tested(pair.ours->port());
  const auto info = tested.command({"INFO", "server"});
  pair.ours_is_redis = info.text.find("redis_version:7.0.") != std::string::npos;
  return pair;
}

/// Both servers, started once for all scripts of this process.
Pair& servers() {
  static Pair pair = start_pair();
  return pair;
}

/// At the end the server under test must still be there and stop as asked.
class OrderlyEnd : public testing::Environment {
 public:
  void TearDown() override {
    if (!servers().ours) return;
    const auto status = servers().ours->stop();
    EXPECT_TRUE(status && status->clean()) << servers().ours->standard_error();
  }
};

[[maybe_unused]] const auto* const orderly_end = testing::AddGlobalTestEnvironment(new OrderlyEnd);

std::vector<std::string> script_names() {
  std::vector<std::string> names;
  for (const auto& file : fs::directory_iterator(RESPAWN_DIFFERENTIAL_SCRIPTS))
    if (file.path().extension() == ".test") names.push_back(file.path().stem().string());
  std::sort(names.begin(), names.end());
  return names;
}

std::string read_script(const std::string& name) {
  std::ifstream file(fs::path(RESPAWN_DIFFERENTIAL_SCRIPTS) / (name + ".test"), std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

using Parameters = std::tuple<std::string, int>;

class Differential : public testing::TestWithParam<Parameters> {
 protected:
  /// Runs one step on both; false when the script cannot go on.
  bool run(const Step& step, Session& redis, Session& ours) {
    const auto reference = redis.run(step);
    const auto answer = ours.run(step);
    const auto where =
        std::get<0>(GetParam()) + ".test:" + std::to_string(step.line) + ": " + step.text();
    if (!reference.failure.empty() || !answer.failure.empty()) {
      ADD_FAILURE() << where << "\n  redis:   " << describe(reference)
                    << "\n  respawn: " << describe(answer);
      return false;
    }
    const auto what = compare(step, reference, answer);
    if (what) ADD_FAILURE() << where << "\n" << *what;
    return !what || ++differences_ < differences_max;
  }

  static std::string describe(const Answer& answer) {
    if (!answer.failure.empty()) return answer.failure;
    std::string text;
    for (const auto& reply : answer.replies) text += printable(reply.bytes()) + ' ';
    return text + printable(answer.bytes);
  }

  static std::optional<std::string> compare(const Step& step, const Answer& reference,
                                            const Answer& answer) {
    auto what = difference(reference.replies, answer.replies, step.comparison);
    if (!what) what = difference(reference.bytes, answer.bytes);
    if (step.expected_of_ours && !servers().ours_is_redis) {
      if (is_answer(*step.expected_of_ours, answer, step.comparison)) return std::nullopt;
      return "  listed:  " + printable(*step.expected_of_ours) + "\n" +
             what.value_or("  there is no difference (any more)");
    }
    for (const auto& alternative : step.alternatives)
      if (is_answer(alternative, answer, step.comparison)) return std::nullopt;
    return what;
  }

  /// Whether the answer is what the script says.
  static bool is_answer(const std::string& text, const Answer& answer, const Comparison& how) {
    if (!answer.bytes.empty()) return answer.bytes == text;
    std::vector<support::Reply> replies;
    std::string_view rest = text;
    while (auto reply = support::take_reply(rest)) replies.push_back(std::move(*reply));
    return !difference(replies, answer.replies, how);
  }

  int differences_ = 0;
};

TEST_P(Differential, AnswersAsRedisDoes) {
  if (!servers().missing.empty()) GTEST_SKIP() << servers().missing;
  const auto& [name, resp] = GetParam();
  const auto steps = parse_script(read_script(name), name + ".test");
  Session redis(servers().redis->port(), resp);
  Session ours(servers().ours->port(), resp);
  redis.flush();
  ours.flush();
  for (const auto& step : steps) {
    if (step.resp != 0 && step.resp != resp) continue;
    if (!run(step, redis, ours)) return;
  }
  EXPECT_EQ(redis.surplus(), ours.surplus()) << "replies that the script did not read";
}

INSTANTIATE_TEST_SUITE_P(Scripts, Differential,
                         testing::Combine(testing::ValuesIn(script_names()), testing::Values(2, 3)),
                         [](const auto& instance) {
                           return std::get<0>(instance.param) + "_resp" +
                                  std::to_string(std::get<1>(instance.param));
                         });

}  // namespace
}  // namespace respawn::differential
