// SORT ALPHA in the order of a locale, which is made for the test: redis-server takes it from the
// environment, and so does the server under test unless `locale-collate` names one.
#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/resp_client.hpp"
#include "tests/support/server_process.hpp"

namespace respawn::differential {
namespace {

using Words = std::vector<std::string>;

/// Order by bytes and by language differ in case, blanks and accents (this is Latin-1).
const Words collated = {"b", "a", "B",   "A",   "c",     "\xe9", "z",       "e",  "f",   "",
                        "_", "1", "a b", "a_b", "Zebra", "ab",   "\xc9llo", "aB", "0.1", "-1"};

class CollationTest : public testing::Test {
 protected:
  void SetUp() override {
    if (support::redis_binary().empty() || support::server_binary().empty())
      GTEST_SKIP() << "there are no two servers";
    const std::string command = "localedef -i en_US -f ISO-8859-1 '" +
                                (locales_.path() / "en_TEST").string() + "' >/dev/null 2>&1";
    if (std::system(command.c_str()) != 0) GTEST_SKIP() << "localedef makes no locale here";
  }

  std::unique_ptr<support::ServerProcess> start(const std::string& binary,
                                                const std::string& locale) {
    support::ServerOptions options;
    options.binary = binary;
    options.arguments = {"--save", ""};
    options.environment = {"LOCPATH=" + locales_.path().string(), "LC_ALL=" + locale};
    auto server = std::make_unique<support::ServerProcess>(options);
    support::RespClient client(server->port());
    Words push = {"RPUSH", "l"};
    push.insert(push.end(), collated.begin(), collated.end());
    client.command(push);
    int number = 0;
    for (const std::string& word : collated)
      if (!word.empty()) client.command({"SET", "w_" + std::to_string(number++), word});
    for (int i = 0; i < 21; ++i) client.command({"RPUSH", "n", std::to_string(i)});
    return server;
  }

  static std::string run(const support::ServerProcess& server, const Words& command) {
    return support::RespClient(server.port()).command(command).bytes();
  }

  support::TemporaryDirectory locales_;
};

const Words sorts[] = {
    {"SORT", "l", "ALPHA"},
    {"SORT", "l", "ALPHA", "DESC"},
    {"SORT_RO", "l", "ALPHA", "LIMIT", "3", "9"},
    {"SORT", "n", "BY", "w_*", "ALPHA"},
    {"SORT", "n", "BY", "w_*", "ALPHA", "DESC", "LIMIT", "0", "7"},
    {"SORT", "l", "ALPHA", "STORE", "d"},  // by bytes, whatever the locale
    {"LRANGE", "d", "0", "-1"},
    {"SORT", "n", "BY", "w_*", "ALPHA", "STORE", "d"},
    {"LRANGE", "d", "0", "-1"},
};

TEST_F(CollationTest, TheOrderIsThatOfTheEnvironment) {
  for (const char* const locale : {"en_TEST", "C", "nosuch"}) {
    const auto redis = start(support::redis_binary(), locale);
    const auto ours = start(support::server_binary(), locale);
    for (const Words& sort : sorts)
      EXPECT_EQ(run(*ours, sort), run(*redis, sort))
          << locale << ' ' << testing::PrintToString(sort);
  }
}

TEST_F(CollationTest, TheOrderIsThatOfLocaleCollate) {
  const auto ours = start(support::server_binary(), "C");
  support::RespClient client(ours->port());
  if (!support::is_respawn(client)) GTEST_SKIP() << "redis-server 7.0 has no such option";
  const auto redis = start(support::redis_binary(), "en_TEST");
  const auto by_bytes = run(*ours, sorts[0]);
  client.ok({"CONFIG", "SET", "locale-collate", "en_TEST"});
  for (const Words& sort : sorts)
    EXPECT_EQ(run(*ours, sort), run(*redis, sort)) << testing::PrintToString(sort);
  EXPECT_NE(run(*ours, sorts[0]), by_bytes);
  EXPECT_EQ(
      client.command({"CONFIG", "SET", "locale-collate", "nosuch"}).text,
      "ERR CONFIG SET failed (possibly related to argument 'locale-collate') - Invalid locale "
      "name");
  client.ok({"CONFIG", "SET", "locale-collate", "C"});
  EXPECT_EQ(run(*ours, sorts[0]), by_bytes);
}

}  // namespace
}  // namespace respawn::differential
