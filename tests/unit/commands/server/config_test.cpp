#include "tests/unit/commands/support.hpp"

namespace respawn::commands::test {
namespace {

class ConfigCommand : public CommandTest {};

TEST_F(ConfigCommand, GetMatchesNamesAndPatterns) {
  EXPECT_EQ(run("CONFIG GET maxmemory"), bulks({"maxmemory", "0"}));
  EXPECT_EQ(run("CONFIG GET MaxMemory-P*"), bulks({"maxmemory-policy", "noeviction"}));
  EXPECT_EQ(run("CONFIG GET nosuch"), array({}));
  EXPECT_EQ(run("CONFIG GET timeout databases"), bulks({"timeout", "0", "databases", "16"}));
  EXPECT_EQ(connect(protocol::RespVersion::resp3).run("CONFIG GET timeout"),
            aggregate('%', {bulk("timeout"), bulk("0")}));
}

TEST_F(ConfigCommand, SetChangesAllOrNothing) {
  EXPECT_EQ(run("CONFIG SET timeout 5 maxmemory 1mb"), ok);
  EXPECT_EQ(server.store.config->timeout_s, 5);
  EXPECT_EQ(server.store.config->maxmemory_bytes, std::uint64_t{1} << 20);
  EXPECT_EQ(server.services.configuration.applied.size(), 2U);
  EXPECT_EQ(run("CONFIG SET timeout 9 maxmemory lots"),
            error("ERR CONFIG SET failed (possibly related to argument 'maxmemory') - argument "
                  "must be a memory value"));
  EXPECT_EQ(server.store.config->timeout_s, 5);
  EXPECT_EQ(run("CONFIG SET timeout 5 nosuch"), syntax_error);
  EXPECT_EQ(run("CONFIG SET nosuch 5"),
            error("ERR Unknown option or number of arguments for CONFIG SET - 'nosuch'"));
}

TEST_F(ConfigCommand, SetOfTheSameValueBothersNobody) {
  EXPECT_EQ(run("CONFIG SET timeout 0"), ok);
  EXPECT_TRUE(server.services.configuration.applied.empty());
}

TEST_F(ConfigCommand, SetIsRefusedWhenTheWorldRefuses) {
  server.services.configuration.refuse("port", "Unable to listen on this port");
  EXPECT_EQ(run("CONFIG SET timeout 5 port 7000"),
            error("ERR CONFIG SET failed (possibly related to argument 'port') - Unable to listen "
                  "on this port"));
  EXPECT_EQ(server.store.config->timeout_s, 0);
  server.services.configuration.refuse("replica-priority", "no");
  EXPECT_EQ(run("CONFIG SET timeout 5 slave-priority 1"),
            error("ERR CONFIG SET failed (possibly related to argument 'slave-priority') - no"));
}

TEST_F(ConfigCommand, GuardedOptionsDependOnTheCaller) {
  EXPECT_EQ(run("CONFIG SET dir /tmp"),
            error("ERR CONFIG SET failed (possibly related to argument 'dir') - can't set "
                  "protected config"));
  server.configure(
      [](config::Config& c) { c.enable_protected_configs = config::Permission::local; });
  EXPECT_EQ(run("CONFIG SET dir /tmp"), ok);
  server.first.session().peer_address = "127.0.0.2:5000";
  EXPECT_EQ(run("CONFIG SET dir /var"), ok);
  server.first.session().peer_address = "10.0.0.1:5000";
  EXPECT_NE(run("CONFIG SET dir /"), ok);
}

TEST_F(ConfigCommand, RewriteIsTheServersToDo) {
  EXPECT_EQ(run("CONFIG REWRITE"), ok);
  EXPECT_EQ(server.services.configuration.rewrites, 1);
  server.services.configuration.rewrite_error = "ERR The server is running without a config file";
  EXPECT_EQ(run("CONFIG REWRITE"), error(server.services.configuration.rewrite_error));
}

TEST_F(ConfigCommand, ResetstatZeroesCounters) {
  run("GET k");
  run("NOSUCH");
  server.services.process.counted.connections_received = 5;
  EXPECT_EQ(run("CONFIG RESETSTAT"), ok);
  EXPECT_EQ(server.store.databases.statistics.misses, 0U);
  EXPECT_EQ(server.store.statistics.error_replies, 0U);
  EXPECT_EQ(server.store.registry.find("get")->statistics.calls, 0U);
  EXPECT_EQ(server.services.process.counted.connections_received, 0U);
}

}  // namespace
}  // namespace respawn::commands::test
