#include "tests/unit/commands/support.hpp"

namespace respawn::commands::test {
namespace {

const std::string wrong_password = error(errors::wrong_password);
const std::string no_key = error("NOPERM No permissions to access a key");
const std::string no_channel = error("NOPERM No permissions to access a channel");

std::string no_command(std::string_view user, std::string_view command) {
  return error("NOPERM User " + std::string(user) + " has no permissions to run the '" +
               std::string(command) + "' command");
}

class Acl : public CommandTest {
 protected:
  /// A client that is a user with these rules.
  Client& client_of(std::string_view name, std::string_view rules) {
    EXPECT_EQ(run("ACL SETUSER " + std::string(name) + " on nopass " + std::string(rules)), ok);
    Client& client = connect();
    EXPECT_EQ(client.run("AUTH " + std::string(name) + " x"), ok);
    return client;
  }
};

TEST_F(Acl, EverybodyIsTheDefaultUserAtFirst) {
  EXPECT_EQ(run("ACL WHOAMI"), bulk("default"));
  EXPECT_EQ(run("ACL USERS"), bulks({"default"}));
  EXPECT_EQ(run("ACL LIST"), bulks({"user default on nopass sanitize-payload ~* &* +@all"}));
}

TEST_F(Acl, UsersLogInWithTheirPasswords) {
  EXPECT_EQ(run("ACL SETUSER alice on >one >two +acl|whoami +ping"), ok);
  auto& client = connect();
  EXPECT_EQ(client.run("AUTH alice three"), wrong_password);
  EXPECT_EQ(client.run("AUTH alice one"), ok);
  EXPECT_EQ(client.run("ACL WHOAMI"), bulk("alice"));
  EXPECT_EQ(client.run("AUTH alice two"), ok);
  EXPECT_EQ(client.run("AUTH alice wrong"), wrong_password);
  EXPECT_EQ(client.run("ACL WHOAMI"), bulk("alice")) << "who fails stays who he is";
  EXPECT_EQ(client.run("RESET"), simple("RESET"));
  EXPECT_EQ(client.run("ACL WHOAMI"), bulk("default"));
  EXPECT_EQ(run("ACL SETUSER alice off"), ok);
  EXPECT_EQ(client.run("AUTH alice one"), wrong_password);
  EXPECT_EQ(client.run("AUTH nobody one"), wrong_password);
}

TEST_F(Acl, HelloLogsInAsAnyUser) {
  run("ACL SETUSER alice on >pw +acl|whoami");
  auto& client = connect();
  EXPECT_EQ(client.run("HELLO 3 AUTH alice wrong"), wrong_password);
  EXPECT_EQ(client.run("HELLO 3 AUTH alice pw").substr(0, 4), "%7\r\n");
  EXPECT_EQ(client.run("ACL WHOAMI"), bulk("alice"));
}

TEST_F(Acl, CommandsKeysAndChannelsAreChecked) {
  auto& client = client_of("alice",
                           "-@all +get +set +mget +publish +subscribe +psubscribe "
                           "%R~read* %W~write* ~both* resetchannels &news.*");
  EXPECT_EQ(client.run("GET read1"), null);
  EXPECT_EQ(client.run("GET write1"), no_key);
  EXPECT_EQ(client.run("SET write1 v"), ok);
  EXPECT_EQ(client.run("SET write1 v GET"), no_key);
  EXPECT_EQ(client.run("SET read1 v"), no_key);
  EXPECT_EQ(client.run("SET both v GET"), null);
  EXPECT_EQ(client.run("MGET read1 both other"), no_key);
  EXPECT_EQ(client.run("DEL both"), no_command("alice", "del"));
  EXPECT_EQ(client.run("CONFIG GET port"), no_command("alice", "config|get"));
  EXPECT_EQ(client.run("GET"), error("ERR wrong number of arguments for 'get' command"));
  EXPECT_EQ(client.run("NOSUCH").substr(0, 20), "-ERR unknown command");
  EXPECT_EQ(client.run("PUBLISH news.a x"), integer(0));
  EXPECT_EQ(client.run("PUBLISH other x"), no_channel);
  EXPECT_EQ(client.run("PSUBSCRIBE news.a"), no_channel);
  EXPECT_EQ(client.run("SUBSCRIBE news.a other"), no_channel);
  EXPECT_EQ(client.run("PSUBSCRIBE news.*"),
            array({bulk("psubscribe"), bulk("news.*"), integer(1)}));
}

TEST_F(Acl, LoggingInAndOutIsNeverRefused) {
  auto& client = client_of("alice", "-@all");
  EXPECT_EQ(client.run("PING"), no_command("alice", "ping"));
  EXPECT_EQ(client.run("AUTH default x"), ok);
  EXPECT_EQ(client.run("PING"), simple("PONG"));
  EXPECT_EQ(client.run("AUTH alice x"), ok);
  EXPECT_EQ(client.run("HELLO 2").substr(0, 5), "*14\r\n");
  EXPECT_EQ(client.run("RESET"), simple("RESET"));
  EXPECT_EQ(client.run("PING"), simple("PONG"));
}

TEST_F(Acl, FirstArgumentsAndSubcommands) {
  auto& client = client_of("alice", "-@all +select|0 +client +config|get -client|kill");
  EXPECT_EQ(client.run("SELECT 0"), ok);
  EXPECT_EQ(client.run("SELECT 1"), no_command("alice", "select"));
  EXPECT_EQ(client.run("CLIENT GETNAME"), null);
  EXPECT_EQ(client.run("CLIENT KILL 1:1"), no_command("alice", "client|kill"));
  EXPECT_EQ(client.run("CONFIG SET timeout 1"), no_command("alice", "config|set"));
}

TEST_F(Acl, SortReadsOtherKeysOnlyForWhoMayReadAll) {
  run("RPUSH list 2 1");
  auto& client = client_of("alice", "+sort +sort_ro ~list");
  EXPECT_EQ(client.run("SORT list"), bulks({"1", "2"}));
  EXPECT_EQ(client.run("SORT list BY w*"),
            error("ERR BY option of SORT denied due to insufficient ACL permissions."));
  EXPECT_EQ(client.run("SORT list BY nosort"), bulks({"2", "1"}));
  EXPECT_EQ(client.run("SORT_RO list GET #"),
            error("ERR GET option of SORT denied due to insufficient ACL permissions."));
  EXPECT_EQ(client.run("SORT list STORE other"), no_key);
  run("ACL SETUSER alice %R~*");
  EXPECT_EQ(client.run("SORT list BY w* GET #"), bulks({"1", "2"}));
}

TEST_F(Acl, ChangesReachTheConnectedAtOnce) {
  auto& client = client_of("alice", "+get ~*");
  EXPECT_EQ(client.run("GET k"), null);
  EXPECT_EQ(run("ACL SETUSER alice -get"), ok);
  EXPECT_EQ(client.run("GET k"), no_command("alice", "get"));
  EXPECT_EQ(run("ACL SETUSER alice +@all &*"), ok);
  EXPECT_EQ(client.run("SET k v"), ok);
  EXPECT_EQ(run("ACL SETUSER alice -@all +nosuch"),
            error("ERR Error in ACL SETUSER modifier '+nosuch': Unknown command or category name "
                  "in ACL"));
  EXPECT_EQ(client.run("GET k"), bulk("v")) << "all or nothing";
}

TEST_F(Acl, WhoIsBlockedIsAskedAgainWhenWoken) {
  auto& client = client_of("alice", "+blpop ~list");
  EXPECT_EQ(client.run("BLPOP list 0"), no_reply);
  EXPECT_EQ(run("ACL SETUSER alice resetkeys ~other"), ok);
  EXPECT_TRUE(client.blocked());
  EXPECT_EQ(run("RPUSH list 1"), integer(1));
  EXPECT_EQ(client.received(), no_key);
  EXPECT_FALSE(client.blocked());
  EXPECT_EQ(run("LLEN list"), integer(1));
  EXPECT_EQ(client.run("BLPOP list 0"), no_key);
}

TEST_F(Acl, WhoMayNotHearAnyMoreIsClosed) {
  auto& alice = client_of("alice", "+@all &news.* &one");
  auto& patterns = connect();
  patterns.run("AUTH alice x");
  alice.run("SUBSCRIBE one");
  patterns.run("PSUBSCRIBE news.*");
  EXPECT_EQ(run("ACL SETUSER alice resetchannels &one"), ok);
  EXPECT_FALSE(alice.closed());
  EXPECT_TRUE(patterns.closed());
  EXPECT_EQ(run("PUBSUB NUMPAT"), integer(0));
  run("ACL SETUSER alice allchannels");
  EXPECT_FALSE(alice.closed());
  run("ACL SETUSER alice resetchannels");
  EXPECT_TRUE(alice.closed());
}

TEST_F(Acl, WhoMayNotHearAShardChannelAnyMoreIsClosed) {
  auto& alice = client_of("alice", "+@all &news.* &one");
  EXPECT_EQ(alice.run("SSUBSCRIBE one other"), no_channel);
  EXPECT_EQ(alice.run("SPUBLISH other x"), no_channel);
  alice.run("SSUBSCRIBE one");
  EXPECT_EQ(run("ACL SETUSER alice resetchannels &one"), ok);
  EXPECT_FALSE(alice.closed());
  EXPECT_EQ(run("ACL SETUSER alice resetchannels &news.*"), ok);
  EXPECT_TRUE(alice.closed());
  EXPECT_EQ(run("PUBSUB SHARDCHANNELS"), array({}));
}

TEST_F(Acl, DeletedUsersAreClosed) {
  auto& alice = client_of("alice", "+@all ~*");
  auto& bob = client_of("bob", "+@all ~*");
  EXPECT_EQ(run("ACL DELUSER alice nobody"), integer(1));
  EXPECT_TRUE(alice.closed());
  EXPECT_FALSE(bob.closed());
  EXPECT_EQ(bob.run("ACL DELUSER bob"), integer(1)) << "the reply comes first";
  EXPECT_TRUE(bob.closed());
  EXPECT_EQ(run("ACL DELUSER default"), error("ERR The 'default' user cannot be removed"));
  EXPECT_EQ(run("ACL USERS"), bulks({"default"}));
}

TEST_F(Acl, ADefaultUserWhoIsOffOrHasAPasswordLetsNobodyIn) {
  run("ACL SETUSER admin on >pw ~* &* +@all");
  EXPECT_EQ(run("ACL SETUSER default off"), ok);
  EXPECT_EQ(run("PING"), simple("PONG")) << "who is in stays";
  auto& stranger = connect();
  EXPECT_EQ(stranger.run("PING"), error(errors::not_authenticated));
  EXPECT_TRUE(server.store.config->needs_login());
  EXPECT_EQ(stranger.run("AUTH default x"), wrong_password);
  EXPECT_EQ(stranger.run("AUTH admin pw"), ok);
  EXPECT_EQ(run("ACL SETUSER default on >secret"), ok);
  auto& other = connect();
  EXPECT_EQ(other.run("PING"), error(errors::not_authenticated));
  EXPECT_EQ(other.run("AUTH secret"), ok);
  EXPECT_EQ(run("CONFIG GET requirepass"), bulks({"requirepass", ""}));
  EXPECT_EQ(run("ACL SETUSER default nopass"), ok);
  EXPECT_FALSE(server.store.config->needs_login());
  EXPECT_EQ(connect().run("PING"), simple("PONG"));
}

TEST_F(Acl, RequirepassIsTheDefaultUsersOnlyPassword) {
  run("ACL SETUSER default >first");
  EXPECT_EQ(run("CONFIG SET requirepass second"), ok);
  auto& client = connect();
  EXPECT_EQ(client.run("AUTH first"), wrong_password);
  EXPECT_EQ(client.run("AUTH default second"), ok);
  EXPECT_EQ(run("CONFIG SET requirepass \"\""), ok);
  EXPECT_EQ(run("ACL LIST"), bulks({"user default on nopass sanitize-payload ~* &* +@all"}));
  EXPECT_EQ(connect().run("PING"), simple("PONG"));
}

TEST_F(Acl, ARestrictedDefaultUserHoldsForNewClients) {
  run("ACL SETUSER admin on nopass ~* &* +@all");
  run("AUTH admin x");
  EXPECT_EQ(run("ACL SETUSER default -set"), ok);
  auto& client = connect();
  EXPECT_EQ(client.run("SET k v"), no_command("default", "set"));
  EXPECT_EQ(client.run("GET k"), null);
  server.restart();
  EXPECT_EQ(client.run("SET k v"), no_command("default", "set"));
}

TEST_F(Acl, GetuserDescribesAll) {
  EXPECT_EQ(run("ACL GETUSER nobody"), null);
  run("ACL SETUSER alice on >pw ~a %R~b &c +@read -get (~d +set)");
  const std::string hash = "30c952fab122c3f9759f02a6d95c3758b246b4fee239957b2d4fee46e26170c4";
  const auto described = [&](char map, char set) {
    return aggregate(
        map, {bulk("flags"), aggregate(set, {bulk("on"), bulk("sanitize-payload")}),
              bulk("passwords"), bulks({hash}), bulk("commands"), bulk("-@all +@read -get"),
              bulk("keys"), bulk("~a %R~b"), bulk("channels"), bulk("&c"), bulk("selectors"),
              array({aggregate(map, {bulk("commands"), bulk("-@all +set"), bulk("keys"), bulk("~d"),
                                     bulk("channels"), bulk("")})})});
  };
  const std::string resp2 = described('*', '*');
  EXPECT_EQ(run("ACL GETUSER alice"), resp2);
  EXPECT_EQ(connect(protocol::RespVersion::resp3).run("ACL GETUSER alice"), described('%', '~'));
}

TEST_F(Acl, CatListsCategoriesAndCommands) {
  EXPECT_EQ(run("ACL CAT").substr(0, 5), "*21\r\n");
  const std::string reads = run("ACL CAT read");
  EXPECT_NE(reads.find(bulk("get")), std::string::npos);
  EXPECT_EQ(reads.find(bulk("set")), std::string::npos);
  EXPECT_NE(run("ACL CAT dangerous").find(bulk("acl|setuser")), std::string::npos);
  EXPECT_EQ(run("ACL CAT nosuch"), error("ERR Unknown category 'nosuch'"));
  EXPECT_EQ(run("ACL CAT a b"),
            error("ERR unknown subcommand or wrong number of arguments for 'CAT'. Try ACL HELP."));
}

TEST_F(Acl, DryrunSaysWhatWouldBe) {
  run("ACL SETUSER alice +get +publish ~a");
  EXPECT_EQ(run("ACL DRYRUN alice GET a"), ok);
  EXPECT_EQ(run("ACL DRYRUN alice GET b"),
            bulk("User alice has no permissions to access the 'b' key"));
  EXPECT_EQ(run("ACL DRYRUN alice PUBLISH c x"),
            bulk("User alice has no permissions to access the 'c' channel"));
  EXPECT_EQ(run("ACL DRYRUN alice CONFIG GET x"),
            bulk("User alice has no permissions to run the 'config|get' command"));
  EXPECT_EQ(run("ACL DRYRUN alice GET"), error("ERR wrong number of arguments for 'get' command"));
  EXPECT_EQ(run("ACL DRYRUN nobody GET a"), error("ERR User 'nobody' not found"));
  EXPECT_EQ(run("ACL DRYRUN alice NOSUCH a"), error("ERR Command 'NOSUCH' not found"));
  EXPECT_EQ(run("ACL LOG"), array({})) << "nothing was refused";
}

TEST_F(Acl, GenpassMakesAsManyBitsAsAreAskedFor) {
  EXPECT_EQ(run("ACL GENPASS").size(), bulk(std::string(64, 'a')).size());
  EXPECT_NE(run("ACL GENPASS"), run("ACL GENPASS"));
  EXPECT_EQ(run("ACL GENPASS 5").substr(0, 4), "$2\r\n");
  EXPECT_EQ(run("ACL GENPASS 4096").substr(0, 7), "$1024\r\n");
  const std::string refused = error(
      "ERR ACL GENPASS argument must be the number of bits for the output password, a positive "
      "number up to 4096");
  EXPECT_EQ(run("ACL GENPASS 0"), refused);
  EXPECT_EQ(run("ACL GENPASS 4097"), refused);
  EXPECT_EQ(run("ACL GENPASS x"), not_an_integer);
}

TEST_F(Acl, LogTellsWhatWasRefused) {
  auto& client = client_of("alice", "+get ~a");
  client.run("SET a v");
  client.run("GET b");
  client.run("GET b");
  client.run("AUTH alice2 x");
  const std::string log = run("ACL LOG");
  EXPECT_EQ(log.substr(0, 4), "*3\r\n");
  EXPECT_NE(log.find(bulk("auth") + bulk("context") + bulk("toplevel") + bulk("object") +
                     bulk("AUTH") + bulk("username") + bulk("alice2")),
            std::string::npos)
      << log;
  EXPECT_NE(log.find(bulk("count") + integer(2) + bulk("reason") + bulk("key") + bulk("context") +
                     bulk("toplevel") + bulk("object") + bulk("b") + bulk("username") +
                     bulk("alice") + bulk("age-seconds") + bulk("0")),
            std::string::npos)
      << log;
  EXPECT_NE(log.find(bulk("object") + bulk("set")), std::string::npos) << log;
  EXPECT_NE(log.find("cmd=auth user=alice"), std::string::npos) << log;
  EXPECT_NE(log.find("cmd=get user=alice"), std::string::npos) << log;
  EXPECT_NE(log.find("cmd=set user=alice"), std::string::npos) << log;
  EXPECT_EQ(run("ACL LOG 1").substr(0, 4), "*1\r\n");
  EXPECT_EQ(run("ACL LOG -1"), array({}));
  EXPECT_EQ(run("ACL LOG x"), not_an_integer);
  EXPECT_EQ(run("ACL LOG reset"), ok);
  EXPECT_EQ(run("ACL LOG"), array({}));
  const std::string info = run("INFO stats");
  for (const char* field : {"acl_access_denied_auth:1", "acl_access_denied_cmd:1",
                            "acl_access_denied_key:2", "acl_access_denied_channel:0"})
    EXPECT_NE(info.find(field), std::string::npos) << field;
  run("CONFIG RESETSTAT");
  EXPECT_NE(run("INFO stats").find("acl_access_denied_key:0"), std::string::npos);
}

TEST_F(Acl, TheLogIsAsLongAsConfigured) {
  server.configure([](config::Config& c) { c.acllog_max_len = 2; });
  auto& client = client_of("alice", "-@all");
  for (const char* line : {"GET a", "SET a b", "DEL a"}) client.run(line);
  EXPECT_EQ(run("ACL LOG").substr(0, 4), "*2\r\n");
}

TEST_F(Acl, WithoutAFileThereIsNothingToLoadOrSave) {
  const std::string refused = error(
      "ERR This Redis instance is not configured to use an ACL file. You may want to specify users "
      "via the ACL SETUSER command and then issue a CONFIG REWRITE (assuming you have a Redis "
      "configuration file set) in order to store users in the Redis configuration.");
  EXPECT_EQ(run("ACL LOAD"), refused);
  EXPECT_EQ(run("ACL SAVE"), refused);
}

TEST_F(Acl, TheFileIsSavedAndLoaded) {
  server.configure([](config::Config& c) { c.aclfile = "users.acl"; });
  auto& alice = client_of("alice", "+@all ~*");
  EXPECT_EQ(run("ACL SAVE"), ok);
  EXPECT_EQ(server.services.configuration.users_text,
            "user alice on nopass sanitize-payload ~* resetchannels +@all\n"
            "user default on nopass sanitize-payload ~* &* +@all\n");
  run("ACL SETUSER bob on");
  EXPECT_EQ(run("ACL LOAD"), ok);
  EXPECT_EQ(run("ACL USERS"), bulks({"alice", "default"}));
  EXPECT_TRUE(alice.closed()) << "as in Redis, all but the default user's clients are";
  EXPECT_EQ(run("PING"), simple("PONG"));
  server.services.configuration.users_text = "user default on >pw ~* &* +@all\nuser alice on foo";
  EXPECT_EQ(run("ACL LOAD"),
            error("ERR users.acl:2: Syntax error. WARNING: ACL errors detected, no change to the "
                  "previously active ACL rules was performed"));
  EXPECT_FALSE(server.store.config->needs_login());
  server.services.configuration.users_text = "user default on >pw ~* &* +@all";
  EXPECT_EQ(run("ACL LOAD"), ok);
  EXPECT_TRUE(server.store.config->needs_login());
  EXPECT_EQ(run("PING"), simple("PONG"));
}

TEST_F(Acl, AFileThatCannotBeReadOrWrittenIsSaid) {
  server.configure([](config::Config& c) { c.aclfile = "users.acl"; });
  server.services.configuration.users_error = "No such file or directory";
  EXPECT_EQ(run("ACL LOAD"), error("ERR Error loading ACLs, opening file 'users.acl': No such file "
                                   "or directory"));
  EXPECT_EQ(run("ACL SAVE"), error("ERR There was an error trying to save the ACLs. Please check "
                                   "the server logs for more information"));
  ASSERT_FALSE(server.services.log.lines.empty());
  EXPECT_EQ(server.services.log.lines.back(),
            "Writing ACL file for ACL SAVE: No such file or directory");
}

TEST_F(Acl, RewritingTheConfigurationWritesTheUsers) {
  const auto& written = server.services.configuration;
  EXPECT_EQ(run("CONFIG REWRITE"), ok);
  EXPECT_TRUE(written.users_as_configured);
  run("ACL SETUSER alice on >pw");
  EXPECT_EQ(run("CONFIG REWRITE"), ok);
  EXPECT_FALSE(written.users_as_configured);
  ASSERT_EQ(written.rewritten_users.size(), 2u);
  EXPECT_EQ(written.rewritten_users[1], "default on nopass sanitize-payload ~* &* +@all");
  server.configure([](config::Config& c) { c.aclfile = "users.acl"; });
  EXPECT_EQ(run("CONFIG REWRITE"), ok);
  EXPECT_TRUE(written.rewritten_users.empty());
}

TEST_F(Acl, NewUsersGetTheChannelsThatAreConfigured) {
  run("ACL SETUSER before");
  EXPECT_EQ(run("CONFIG SET acl-pubsub-default allchannels"), ok);
  run("ACL SETUSER behind");
  EXPECT_EQ(run("ACL LIST"), bulks({"user before off sanitize-payload resetchannels -@all",
                                    "user behind off sanitize-payload &* -@all",
                                    "user default on nopass sanitize-payload ~* &* +@all"}));
}

TEST_F(Acl, ClientsAreKilledAndListedByUser) {
  auto& alice = client_of("alice", "+ping");
  EXPECT_NE(run("CLIENT LIST").find("user=alice "), std::string::npos);
  EXPECT_EQ(run("CLIENT KILL USER nobody"), error("ERR No such user 'nobody'"));
  EXPECT_EQ(run("CLIENT KILL USER alice"), integer(1));
  EXPECT_TRUE(alice.closed());
}

TEST_F(Acl, NamesWithBlanksAreRefused) {
  const std::string refused = error("ERR Usernames can't contain spaces or null characters");
  EXPECT_EQ(run({"ACL", "SETUSER", "a b"}), refused);
  EXPECT_EQ(run({"ACL", "SETUSER", std::string_view("a\0b", 3)}), refused);
  EXPECT_EQ(run("ACL USERS"), bulks({"default"}));
}

TEST_F(Acl, ADeniedCommandEvictsNothing) {
  auto& client = client_of("alice", "+get ~a");
  run("SET k v");
  server.configure([](config::Config& c) {
    c.maxmemory_bytes = 1;
    c.maxmemory_policy = config::EvictionPolicy::allkeys_lru;
  });
  server.services.memory.known.used = 1000;
  EXPECT_EQ(client.run("GET b"), no_key);
  EXPECT_EQ(server.store.databases.at(0).size(), 1u);
}

}  // namespace
}  // namespace respawn::commands::test
