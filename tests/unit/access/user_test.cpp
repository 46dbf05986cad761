#include "access/user.hpp"

#include <gtest/gtest.h>

#include "access/password.hpp"
#include "tests/unit/access/catalog.hpp"

namespace respawn::access {
namespace {

using test::catalog;
using test::error_of;
using test::made;

constexpr std::string_view modifier = "Error in ACL SETUSER modifier '";

/// What becomes of a command with keys: 'r', 'w', 'x' (both) or '?' (neither) in front of each.
Decision decision(const User& user, std::string_view command,
                  const std::vector<std::string_view>& keys = {}) {
  std::vector<KeyUse> uses;
  for (const std::string_view key : keys)
    uses.push_back({key.substr(1), uses.size() + 1, key[0] == 'r' || key[0] == 'x',
                    key[0] == 'w' || key[0] == 'x'});
  Request request;
  request.command = *catalog.find(command);
  request.keys = uses;
  return user.decide(request);
}

Denial denial(const User& user, std::string_view command,
              const std::vector<std::string_view>& keys = {}) {
  return decision(user, command, keys).denial;
}

Decision channel_decision(const User& user, std::string_view channel, bool is_pattern = false) {
  const std::vector<ChannelUse> uses{{channel, 1, is_pattern}};
  Request request;
  request.command = *catalog.find("publish");
  request.channels = uses;
  return user.decide(request);
}

TEST(UserTest, MayDoNothingAtFirst) {
  const User user = made("");
  EXPECT_EQ(user.text(), "off sanitize-payload resetchannels -@all");
  EXPECT_EQ(denial(user, "get"), Denial::command);
  EXPECT_FALSE(user.accepts(""));
  EXPECT_FALSE(user.all_permissions());
}

TEST(UserTest, NewOnesMayUseAllChannelsWhereThatIsSaid) {
  const Grounds open{catalog, true};
  User user("bob", open);
  EXPECT_EQ(user.text(), "off sanitize-payload &* -@all");
  EXPECT_EQ(user.apply("resetchannels", open), Fault::none);
  EXPECT_EQ(user.apply("(+get)", open), Fault::none);
  EXPECT_EQ(user.text(), "off sanitize-payload resetchannels -@all (&* -@all +get)");
  EXPECT_EQ(user.apply("reset", open), Fault::none);
  EXPECT_EQ(user.text(), "off sanitize-payload &* -@all");
}

TEST(UserTest, PasswordsAreKeptAsHashes) {
  const std::string hash = hash_password("pw");
  EXPECT_EQ(hash, "30c952fab122c3f9759f02a6d95c3758b246b4fee239957b2d4fee46e26170c4");
  User user = made("on >pw >other >pw");
  EXPECT_EQ(user.passwords(), (std::vector<std::string>{hash, hash_password("other")}));
  EXPECT_TRUE(user.accepts("pw"));
  EXPECT_TRUE(user.accepts("other"));
  EXPECT_FALSE(user.accepts("p"));
  EXPECT_FALSE(user.accepts(hash));
  EXPECT_FALSE(made("off >pw").accepts("pw"));
  EXPECT_FALSE(made("on >pw <pw").accepts("pw"));
  EXPECT_FALSE(made("on >pw !" + hash).accepts("pw"));
  EXPECT_TRUE(made("on #" + hash).accepts("pw"));
  EXPECT_FALSE(made("on").accepts(""));
}

TEST(UserTest, NopassTakesAnything) {
  const User user = made("on >pw nopass");
  EXPECT_TRUE(user.needs_no_password());
  EXPECT_TRUE(user.passwords().empty());
  EXPECT_TRUE(user.accepts("anything"));
  EXPECT_FALSE(made("nopass").accepts("anything"));
  EXPECT_FALSE(made("on nopass >pw").accepts("anything"));
  EXPECT_FALSE(made("on nopass resetpass").accepts(""));
}

TEST(UserTest, ComparesHashesOfOneLength) {
  EXPECT_TRUE(equal_hashes("abc", "abc"));
  EXPECT_FALSE(equal_hashes("abc", "abd"));
  EXPECT_FALSE(equal_hashes("xbc", "abc"));
  EXPECT_THROW((void)equal_hashes("ab", "abc"), CheckFailure);
}

TEST(UserTest, PrintsWhatMakesItAgain) {
  for (const std::string_view rules :
       {"on nopass ~* &* +@all", "on >a >b ~a* %R~b* %W~c* &ch* +@all -set",
        "skip-sanitize-payload ~a (~b +get) (%RW~c &d -@all +@read -get)", "allkeys allchannels"}) {
    const User user = made(rules);
    EXPECT_EQ(made(user.text()).text(), user.text());
  }
  EXPECT_EQ(made("on nopass allkeys allchannels allcommands skip-sanitize-payload").text(),
            "on nopass skip-sanitize-payload ~* &* +@all");
  EXPECT_EQ(made("~a %r~b %W~b %rw~c &x &y (~z)").text(),
            "off sanitize-payload ~a ~b ~c resetchannels &x &y -@all (~z resetchannels -@all)");
}

TEST(UserTest, KeyPatternsSayWhatMayBeDone) {
  const User user = made("+@all ~both* %R~read* %W~write*");
  EXPECT_EQ(denial(user, "get", {"rread1"}), Denial::none);
  EXPECT_EQ(denial(user, "get", {"rwrite1"}), Denial::key);
  EXPECT_EQ(denial(user, "set", {"wwrite1"}), Denial::none);
  EXPECT_EQ(denial(user, "set", {"wread1"}), Denial::key);
  EXPECT_EQ(denial(user, "set", {"xread1"}), Denial::key);
  EXPECT_EQ(denial(user, "set", {"xboth1"}), Denial::none);
  EXPECT_EQ(denial(user, "get", {"?read1"}), Denial::none);
  EXPECT_EQ(denial(user, "get", {"?write1"}), Denial::none);
  EXPECT_EQ(denial(user, "get", {"?other"}), Denial::key);
  EXPECT_EQ(decision(user, "mget", {"rread1", "rboth", "rother"}).position, 3u);
  EXPECT_EQ(denial(made("+get"), "get", {}), Denial::none);
}

/// As long as one pattern does not give both, two do not.
TEST(UserTest, PatternsDoNotAddUp) {
  EXPECT_EQ(denial(made("+@all %R~k* %W~*1"), "set", {"xk1"}), Denial::key);
  EXPECT_EQ(denial(made("+@all %R~k* %W~k*"), "set", {"xk1"}), Denial::none);
}

TEST(UserTest, OneSelectorMustAllowAllOfIt) {
  const User user = made("+get ~a* (+set ~b*) (+@read ~c*)");
  EXPECT_EQ(denial(user, "get", {"ra"}), Denial::none);
  EXPECT_EQ(denial(user, "set", {"wb"}), Denial::none);
  EXPECT_EQ(denial(user, "set", {"wa"}), Denial::key);
  EXPECT_EQ(denial(user, "get", {"rc"}), Denial::none);
  EXPECT_EQ(denial(user, "mget", {"ra", "rc"}), Denial::key);
  EXPECT_EQ(denial(user, "publish"), Denial::command);
  EXPECT_EQ(denial(made("+get ~a* (+set ~b*) clearselectors"), "set", {"wb"}), Denial::command);
}

TEST(UserTest, TellsTheLastKeyThatNobodyAllowed) {
  const User user = made("-@all (+mget ~a*) (+mget ~b*)");
  EXPECT_EQ(decision(user, "mget", {"ra", "rb"}).position, 2u);
  EXPECT_EQ(decision(user, "mget", {"rb", "ra"}).position, 2u);
  EXPECT_EQ(decision(user, "mget", {"rc", "ra"}).position, 1u);
  EXPECT_EQ(decision(user, "get", {"ra"}).denial, Denial::command);
}

TEST(UserTest, ChannelsMatchAndPatternsAreTakenLiterally) {
  const User user = made("+publish &news.* &one");
  EXPECT_EQ(channel_decision(user, "news.a").denial, Denial::none);
  EXPECT_EQ(channel_decision(user, "one").denial, Denial::none);
  EXPECT_EQ(channel_decision(user, "two").denial, Denial::channel);
  EXPECT_EQ(channel_decision(user, "two").position, 1u);
  EXPECT_EQ(channel_decision(user, "news.*", true).denial, Denial::none);
  EXPECT_EQ(channel_decision(user, "news.a", true).denial, Denial::channel);
  EXPECT_EQ(channel_decision(made("+publish (+publish &x)"), "x").denial, Denial::none);
  EXPECT_TRUE(user.may_use_channel("news.b", false));
  EXPECT_FALSE(user.may_use_channel("*", true));
}

TEST(UserTest, FirstArgumentsAndFreeCommands) {
  const User user = made("+select|0");
  Request request;
  request.command = *catalog.find("select");
  EXPECT_EQ(user.decide(request).denial, Denial::command);
  request.has_argument = true;
  request.first_argument = "0";
  EXPECT_TRUE(user.decide(request).allowed());
  request.first_argument = "1";
  EXPECT_EQ(user.decide(request).denial, Denial::command);
  request.is_free = true;
  EXPECT_TRUE(user.decide(request).allowed());
}

TEST(UserTest, KnowsWhetherThereIsAnythingToAsk) {
  EXPECT_TRUE(made("~* &* +@all").all_permissions());
  EXPECT_TRUE(made("(~* &* +@all)").all_permissions());
  EXPECT_FALSE(made("~* &* +@all -get").all_permissions());
  EXPECT_FALSE(made("~* +@all").all_permissions());
  EXPECT_FALSE(made("&* +@all ~a").all_permissions());
  EXPECT_FALSE(made("(~* &* +@all) clearselectors").all_permissions());
  EXPECT_FALSE(made("~* &* +@all reset").all_permissions());
  EXPECT_FALSE(made("~* &* +@all resetchannels").all_permissions());
}

TEST(UserTest, SaysWhoMayReadEveryKey) {
  Request request;
  request.command = *catalog.find("get");
  EXPECT_TRUE(made("+get ~*").may_read_all_keys(request));
  EXPECT_TRUE(made("+get %R~*").may_read_all_keys(request));
  EXPECT_FALSE(made("+get %W~*").may_read_all_keys(request));
  EXPECT_FALSE(made("+set ~*").may_read_all_keys(request));
  EXPECT_TRUE(made("(+get %RW~*)").may_read_all_keys(request));
  EXPECT_FALSE(made("~* (+get ~a)").may_read_all_keys(request));
}

TEST(UserTest, TakesAllRulesOrNone) {
  User user = made("on +get");
  const std::vector<std::string_view> rules{"off", "-get", "+nosuch"};
  EXPECT_FALSE(changed(user, rules, test::grounds).ok());
  EXPECT_EQ(user.text(), "on sanitize-payload resetchannels -@all +get");
}

TEST(UserTest, WordsItsFaultsAsRedisDoes) {
  const std::string m(modifier);
  EXPECT_EQ(error_of("nosuch"), m + "nosuch': Syntax error");
  EXPECT_EQ(error_of("%~x"), m + "%~x': Syntax error");
  EXPECT_EQ(error_of("%RR~x"), m + "%RR~x': Syntax error");
  EXPECT_EQ(error_of("%X~x"), m + "%X~x': Syntax error");
  EXPECT_EQ(error_of("%"), m + "%': Syntax error");
  EXPECT_EQ(error_of("\"~a b\""), m + "~a b': Syntax error");
  EXPECT_EQ(error_of("\"&a\\x00b\""), m + "&a" + std::string() + "': Syntax error");
  EXPECT_EQ(error_of("+nosuch"), m + "+nosuch': Unknown command or category name in ACL");
  EXPECT_EQ(error_of("#abc"),
            m + "#abc': The password hash must be exactly 64 characters and contain only "
                "lowercase hexadecimal characters");
  EXPECT_EQ(error_of("!abc").substr(m.size()),
            error_of("#abc").substr(m.size()).replace(0, 1, "!"));
  EXPECT_EQ(error_of("<pw"),
            m + "<pw': The password you are trying to remove from the user does not exist");
  EXPECT_EQ(error_of("+config|get|x"),
            m + "+config|get|x': Allowing first-arg of a subcommand is not supported");
  EXPECT_EQ(error_of("~* ~a"),
            m + "~a': Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid "
                "and does not have any effect. Try 'resetkeys' to start with an empty list of "
                "patterns");
  EXPECT_EQ(error_of("&* &a"),
            m + "&a': Adding a pattern after the * pattern (or the 'allchannels' flag) is not "
                "valid and does not have any effect. Try 'resetchannels' to start with an empty "
                "list of channels");
}

TEST(UserTest, SelectorsMayBeSpreadOverWords) {
  EXPECT_EQ(made("(+get ~a )").text(), made("\"(+get ~a)\"").text());
  EXPECT_EQ(made("( +get ~a) +set").text(), made("+set \"(+get ~a)\"").text());
  EXPECT_EQ(made("()").text(), "off sanitize-payload resetchannels -@all (resetchannels -@all)");
  EXPECT_EQ(error_of("on (+get ~a"), "Unmatched parenthesis in acl selector starting at '(+get'.");
  EXPECT_EQ(error_of("("), "Unmatched parenthesis in acl selector starting at '('.");
  EXPECT_EQ(error_of("(on)"), std::string(modifier) + "(on)': Syntax error");
  EXPECT_EQ(error_of("(+get +nosuch)"),
            std::string(modifier) + "(+get +nosuch)': Unknown command or category name in ACL");
  EXPECT_EQ(error_of(")"), std::string(modifier) + ")': Syntax error");
}

TEST(UserTest, EmptyRulesAndQuotedSelectorsAreAsInRedis) {
  EXPECT_EQ(made("\"\" on").text(), made("on").text());
  EXPECT_EQ(error_of("\"(\\\"\\\")\""), std::string(modifier) + "(\"\")': Syntax error");
  EXPECT_EQ(made("\"(+get \\\"~a)\"").text(),
            "off sanitize-payload resetchannels -@all (resetchannels -@all)");
  EXPECT_EQ(made("%RW").root().keys_text(), "~");
}

TEST(UserTest, KnowsWhenChannelsAreTakenAway) {
  EXPECT_TRUE(revokes_channels(made("&*"), made("&a")));
  EXPECT_FALSE(revokes_channels(made("&a"), made("&*")));
  EXPECT_FALSE(revokes_channels(made("&a &b"), made("&a (&b)")));
  EXPECT_FALSE(revokes_channels(made("&a (&b)"), made("&b &a &c")));
  EXPECT_TRUE(revokes_channels(made("&a &b"), made("&a")));
  EXPECT_TRUE(revokes_channels(made("&a (&b)"), made("&a (&c)")));
  EXPECT_TRUE(revokes_channels(made("&ab"), made("&a*")));
}

}  // namespace
}  // namespace respawn::access
