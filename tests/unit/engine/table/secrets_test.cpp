#include "engine/table/secrets.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/text.hpp"

namespace respawn::engine {
namespace {

/// The arguments that are secrets, as their places: "1 2".
std::string secrets_of(std::string_view name, std::string_view line) {
  CommandSpec spec;
  spec.name = name;
  const std::vector<std::string> words = split_quoted(line).value();
  const std::vector<std::string_view> args(words.begin(), words.end());
  std::string places;
  for (std::size_t at = 0; at < args.size(); ++at)
    if (is_secret(spec, args, at)) places += (places.empty() ? "" : " ") + std::to_string(at);
  return places;
}

TEST(Secrets, AuthHasNothingElse) {
  EXPECT_EQ(secrets_of("auth", "AUTH password"), "1");
  EXPECT_EQ(secrets_of("auth", "AUTH user password"), "1 2");
}

TEST(Secrets, HelloHasThemBehindAuth) {
  EXPECT_EQ(secrets_of("hello", "HELLO 3 AUTH user password SETNAME me"), "3 4");
  EXPECT_EQ(secrets_of("hello", "HELLO 3 setname me auth user password"), "5 6");
  EXPECT_EQ(secrets_of("hello", "HELLO 3 SETNAME me"), "");
  EXPECT_EQ(secrets_of("hello", "HELLO 3"), "");
}

TEST(Secrets, AnAclRuleMayBeOne) {
  EXPECT_EQ(secrets_of("acl|setuser", "ACL SETUSER name on >password"), "2 3 4");
  EXPECT_EQ(secrets_of("acl|deluser", "ACL DELUSER name"), "");
}

TEST(Secrets, ConfigHasThemBehindSecretOptions) {
  EXPECT_EQ(secrets_of("config|set", "CONFIG SET maxmemory 1 requirepass p MASTERAUTH q"), "5 7");
  EXPECT_EQ(secrets_of("config|set", "CONFIG SET nosuch 1 maxmemory requirepass"), "");
  EXPECT_EQ(secrets_of("config|get", "CONFIG GET requirepass masterauth"), "");
}

TEST(Secrets, MigrateHasThemBehindItsFixedArguments) {
  EXPECT_EQ(secrets_of("migrate", "MIGRATE host 6379 key 0 5000 AUTH p"), "7");
  EXPECT_EQ(secrets_of("migrate", "MIGRATE host 6379 key 0 5000 COPY AUTH2 u p"), "8 9");
  EXPECT_EQ(secrets_of("migrate", "MIGRATE auth 6379 auth 0 5000"), "");
}

TEST(Secrets, OthersHaveNone) {
  EXPECT_EQ(secrets_of("set", "SET auth password"), "");
}

}  // namespace
}  // namespace respawn::engine
