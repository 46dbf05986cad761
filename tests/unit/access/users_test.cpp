#include "access/users.hpp"

#include <gtest/gtest.h>

#include "tests/unit/access/catalog.hpp"

namespace respawn::access {
namespace {

using test::catalog;
using test::grounds;
using test::words_of;

constexpr std::string_view open_default = "user default on nopass sanitize-payload ~* &* +@all";

class UsersTest : public ::testing::Test {
 protected:
  std::string set(std::string_view name, std::string_view rules) {
    const std::vector<std::string> words = words_of(rules);
    const auto done =
        users.set(name, std::vector<std::string_view>(words.begin(), words.end()), grounds);
    return done.ok() ? "" : done.error();
  }

  std::string load(std::string_view text) {
    const Status done = users.load(text, "/etc/users.acl", grounds);
    return done.ok() ? "" : done.error();
  }

  std::string configure(std::string_view line) {
    const Status done = users.configure(words_of(line), grounds);
    return done.ok() ? "" : done.error();
  }

  Users users{catalog};
};

constexpr std::string_view nothing_changed =
    "WARNING: ACL errors detected, no change to the previously active ACL rules was performed";

TEST_F(UsersTest, TheDefaultUserIsThereAndOpen) {
  EXPECT_EQ(users.lines(), std::vector<std::string>{std::string(open_default)});
  EXPECT_EQ(users.find("default"), users.default_user());
  EXPECT_TRUE(users.default_user()->all_permissions());
  EXPECT_TRUE(users.default_user()->accepts("anything"));
  EXPECT_EQ(users.find("nobody"), nullptr);
}

TEST_F(UsersTest, AChangeMakesAnotherObject) {
  EXPECT_EQ(set("alice", "on +get"), "");
  const UserPtr before = users.find("alice");
  EXPECT_EQ(set("alice", "+set"), "");
  EXPECT_NE(users.find("alice"), before);
  EXPECT_EQ(before->root().commands_text(), "-@all +get");
  EXPECT_EQ(users.find("alice")->root().commands_text(), "-@all +get +set");
  EXPECT_EQ(set("alice", "off +nosuch"),
            "Error in ACL SETUSER modifier '+nosuch': Unknown command or category name in ACL");
  EXPECT_TRUE(users.find("alice")->enabled());
  EXPECT_EQ(set("default", "-get"), "");
  EXPECT_FALSE(users.default_user()->all_permissions());
}

TEST_F(UsersTest, AreListedInTheOrderOfTheirBytes) {
  for (const std::string_view name : {"b", "a", "\xff", "Z"}) set(name, "");
  std::string names;
  for (const auto& [name, user] : users.all()) names += name + " ";
  EXPECT_EQ(names, "Z a b default \xff ");
  EXPECT_EQ(users.lines()[1], "user a off sanitize-payload resetchannels -@all");
}

TEST_F(UsersTest, GoButForTheDefaultOne) {
  set("alice", "on");
  EXPECT_TRUE(users.remove("alice"));
  EXPECT_FALSE(users.remove("alice"));
  EXPECT_THROW(users.remove("default"), CheckFailure);
}

TEST_F(UsersTest, RequirepassIsTheDefaultUsersPassword) {
  users.set_default_password("s3cret", grounds);
  EXPECT_TRUE(users.default_user()->accepts("s3cret"));
  EXPECT_FALSE(users.default_user()->accepts(""));
  users.set_default_password("other", grounds);
  EXPECT_FALSE(users.default_user()->accepts("s3cret"));
  users.set_default_password("", grounds);
  EXPECT_TRUE(users.default_user()->needs_no_password());
  EXPECT_EQ(users.lines()[0], open_default);
}

TEST_F(UsersTest, ALineOfRedisConfIsAllThatTheUserIs) {
  users.set_default_password("pw", grounds);
  EXPECT_EQ(configure("default on nopass ~* +@all"), "");
  EXPECT_EQ(users.lines()[0], "user default on nopass sanitize-payload ~* resetchannels +@all");
  EXPECT_EQ(configure("alice on (+get ~a)"), "");
  EXPECT_EQ(configure("\"a b\" on"), "Spaces not allowed in ACL usernames");
  EXPECT_EQ(configure("bob on foo"), "Error in user declaration 'foo': Syntax error");
  EXPECT_EQ(configure("bob (+get"),
            "Error in user declaration '(+get': Unmatched parenthesis in acl selector");
  EXPECT_EQ(configure("alice on +nosuch"),
            "Error in user declaration '+nosuch': Unknown command or category name in ACL");
  EXPECT_EQ(users.find("bob"), nullptr);
  EXPECT_TRUE(users.find("alice")->enabled());
}

TEST_F(UsersTest, AFileSaysWhatThereIs) {
  set("bob", "on");
  EXPECT_EQ(load("\n  user alice  on ~a +get\r\nuser default on nopass -@all (+get ~b)\n"), "");
  EXPECT_EQ(users.lines(),
            (std::vector<std::string>{
                "user alice on sanitize-payload ~a resetchannels -@all +get",
                "user default on nopass sanitize-payload resetchannels -@all (~b resetchannels "
                "-@all +get)"}));
  EXPECT_EQ(users.default_user(), users.find("default"));
  const std::string text = users.text();
  EXPECT_EQ(load(text), "");
  EXPECT_EQ(users.text(), text);
}

TEST_F(UsersTest, AFileWithoutTheDefaultUserMakesHimAsHeWasAtFirst) {
  set("default", "off -@all");
  EXPECT_EQ(load("user alice on"), "");
  EXPECT_EQ(users.lines()[1], open_default);
}

TEST_F(UsersTest, AFileIsTakenAsAWholeOrNotAtAll) {
  set("bob", "on");
  const std::string text = users.text();
  const std::string end(nothing_changed);
  EXPECT_EQ(load("alice on\nuser alice on\nuser"),
            "/etc/users.acl:1 should start with user keyword followed by the username. "
            "/etc/users.acl:3 should start with user keyword followed by the username. " +
                end);
  EXPECT_EQ(load("user a\tb on"),
            "'/etc/users.acl:1: username 'a\tb' contains invalid characters. " + end);
  EXPECT_EQ(load("user alice on\n\nuser alice off"),
            "WARNING: Duplicate user 'alice' found on line 3. " + end);
  EXPECT_EQ(load("user alice (+get"),
            "/etc/users.acl:1: Unmatched parenthesis in selector definition." + end);
  EXPECT_EQ(load("user alice foo +nosuch bar -gone"),
            "/etc/users.acl:1: Syntax error. "
            "/etc/users.acl:1: Error in applying operation '+nosuch': Unknown command or category "
            "name in ACL. "
            "/etc/users.acl:1: Error in applying operation '-gone': Unknown command or category "
            "name in ACL. " +
                end);
  EXPECT_EQ(users.text(), text);
}

}  // namespace
}  // namespace respawn::access
