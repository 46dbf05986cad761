// The append log of the real process: restarts, kill -9, exchange with redis-server.
#include <signal.h>

#include <cstdlib>

#include "tests/integration/fixture.hpp"

namespace respawn::integration {
namespace {

class AppendLog : public ServerTest {
 protected:
  [[nodiscard]] ServerOptions on_files(const std::vector<std::string>& arguments) const {
    ServerOptions options;
    options.arguments = {"--save",       "",      "--enable-debug-command",
                         "yes",          "--dir", files_.path().string(),
                         "--appendonly", "yes"};
    options.arguments.insert(options.arguments.end(), arguments.begin(), arguments.end());
    return options;
  }

  /// Any server on the files that the test has.
  std::unique_ptr<ServerProcess> run(const std::vector<std::string>& arguments,
                                     const std::string& binary = support::server_binary()) {
    ServerOptions options = on_files(arguments);
    options.binary = binary;
    return std::make_unique<ServerProcess>(std::move(options));
  }

  static std::string digest(ServerProcess& process) {
    RespClient client(process.port());
    return client.text({"DEBUG", "DIGEST"});
  }

  static void kill_now(ServerProcess& process) {
    process.signal(SIGKILL);
    ASSERT_TRUE(process.wait_for_exit());
  }

  static void fill(ServerProcess& process) {
    RespClient client(process.port());
    for (int i = 0; i < 200; ++i) {
      const std::string n = std::to_string(i);
      client.ok({"SET", "string:" + n, "value " + n});
      client.integer({"RPUSH", "list:" + std::to_string(i % 7), n, n + "x"});
      client.integer({"HSET", "hash", "field " + n, n});
      client.integer({"ZADD", "zset", n, "member " + n});
      client.integer({"SADD", "set", n});
      client.integer({"INCR", "counter"});
    }
    client.ok({"SELECT", "3"});
    client.ok({"SET", "with an end", "x", "PX", "1000000000"});
    client.text({"FUNCTION", "LOAD", "REPLACE",
                 "#!lua name=lib\nredis.register_function('f', function() return 'here' end)"});
  }

  /// What was added with a name is not added again; says the IDs.
  static std::string add_named(ServerProcess& process) {
    RespClient client(process.port());
    std::string ids;
    for (const std::string& iid :
         {std::string("1"), std::string("\0 %\r\n\xff", 6), std::string(5000, 'i')}) {
      ids += client.text({"XADD", "named", "IDMP", "a producer", iid, "*", "f", "v"}) + " ";
      ids += client.text({"XADD", "named", "IDMPAUTO", "another", "*", "f", iid}) + " ";
    }
    return ids;
  }

  std::string shell(const std::string& line) const {
    std::unique_ptr<FILE, int (*)(FILE*)> pipe(
        ::popen(("cd " + files_.path().string() + " && " + line + " 2>&1").c_str(), "r"), ::pclose);
    std::string output;
    char chunk[4096];
    while (const auto got = std::fread(chunk, 1, sizeof chunk, pipe.get()))
      output.append(chunk, got);
    return output;
  }

  [[nodiscard]] std::string manifest() const {
    return read_file(files_.path() / "appendonlydir" / "appendonly.aof.manifest");
  }

  static bool rewritten(ServerProcess& process) {
    return wait_until([&] {
      RespClient client(process.port());
      return support::info_field(client, "persistence", "aof_rewrite_in_progress") == "0" &&
             support::info_field(client, "persistence", "aof_rewrite_scheduled") == "0" &&
             support::info_field(client, "persistence", "aof_enabled") == "1";
    });
  }

  /// The last line of the log of a server that does not take the files.
  std::string last_words(const std::vector<std::string>& arguments) {
    ServerOptions options = on_files(arguments);
    options.await_ready = false;
    ServerProcess refused(std::move(options));
    const auto exit = refused.wait_for_exit();
    EXPECT_TRUE(exit && exit->code == 1);
    std::string output = refused.standard_output();
    EXPECT_NE(output.find("Server initialized"), std::string::npos) << output;
    while (!output.empty() && output.back() == '\n') output.pop_back();
    return output.substr(output.rfind('\n') + 1);
  }

  support::TemporaryDirectory files_;
};

TEST_F(AppendLog, DamagedDataIsTakenFromTheLogAgain) {
  auto process = run({"--appendfsync", "always"});
  fill(*process);
  RespClient reader(process->port());
  const std::string before = digest(*process);
  RespClient waiter(process->port());
  waiter.send({"BLPOP", "comes later", "0"});
  reader.text({"BGREWRITEAOF"});
  EXPECT_TRUE(rewritten(*process));
  reader.ok({"SET", "behind the base", "1"});
  reader.ok({"SELECT", "3"});
  for (int round = 0; round < 3; ++round) {
    RespClient victim(process->port());
    EXPECT_EQ(victim.command({"DEBUG", "DAMAGE"}).text,
              "ERR the keyspace failed while this command ran; whether it took effect is unknown");
    // The same connection goes on; it is told that data is being loaded, and then it is there.
    EXPECT_TRUE(wait_until([&] { return !reader.command({"DBSIZE"}).is_error(); }));
    reader.ok({"SELECT", "0"});
    EXPECT_EQ(reader.text({"GET", "behind the base"}), "1");
    EXPECT_EQ(reader.integer({"DEL", "behind the base"}), 1);
    EXPECT_EQ(digest(*process), before);
    EXPECT_EQ(reader.text({"FCALL", "f", "0"}), "here");
    reader.ok({"SET", "behind the base", "1"});
  }
  reader.integer({"RPUSH", "comes later", "x"});
  EXPECT_EQ(waiter.read().elements.size(), 2U);
  reader.integer({"DEL", "behind the base"});
  kill_now(*process);
  auto second = run({"--appendfsync", "always"});
  EXPECT_EQ(digest(*second), before);
}

TEST_F(AppendLog, ASaveThatWasToBeginWaitsForDataThatIsTakenFromTheLog) {
  auto process = run({"--appendfsync", "always"});
  fill(*process);
  const std::string before = digest(*process);
  RespClient client(process->port());
  // The cut is between two units: of these, it would be of what is there behind the second.
  client.socket().write(support::encode_pipeline({{"BGSAVE"}, {"DEBUG", "DAMAGE"}}));
  client.read();
  client.read();
  const auto persistence = [&](const std::string& field) {
    return support::info_field(client, "persistence", field);
  };
  EXPECT_TRUE(wait_until([&] {
    return persistence("loading") == "0" && persistence("rdb_bgsave_in_progress") == "0" &&
           persistence("rdb_last_bgsave_status") == "ok" &&
           std::filesystem::exists(files_.path() / "dump.rdb");
  }));
  kill_now(*process);
  auto second = run({"--appendonly", "no"});
  EXPECT_EQ(digest(*second), before);
}

TEST_F(AppendLog, WithoutALogDamagedDataIsTheEndOfTheProcess) {
  ServerOptions options;
  options.arguments = {"--save", "", "--enable-debug-command", "yes"};
  ServerProcess process(std::move(options));
  RespClient(process.port()).send({"DEBUG", "DAMAGE"});
  const auto exit = process.wait_for_exit();
  EXPECT_TRUE(exit && exit->code == 1);
  EXPECT_NE(process.standard_output().find("damaged"), std::string::npos);
}

TEST_F(AppendLog, BringsEverythingBackBehindKillNine) {
  for (const std::string policy : {"always", "everysec", "no"}) {
    auto first = run({"--appendfsync", policy});
    fill(*first);
    RespClient(first->port()).integer({"INCR", "of " + policy});
    const std::string before = digest(*first);
    // What is not flushed for each reply reaches the file a moment later.
    EXPECT_TRUE(wait_until([&] {
      RespClient client(first->port());
      return support::info_field(client, "persistence", "aof_buffer_length") == "0";
    }));
    kill_now(*first);
    auto second = run({"--appendfsync", policy});
    EXPECT_EQ(digest(*second), before) << policy;
    EXPECT_EQ(RespClient(second->port()).text({"FCALL", "f", "0"}), "here");
    EXPECT_TRUE(second->stop()->clean());
  }
}

TEST_F(AppendLog, BringsBackWhatStreamsRemember) {
  for (const std::string preamble : {"yes", "no"}) {
    auto first = run({"--appendfsync", "always", "--aof-use-rdb-preamble", preamble});
    RespClient(first->port()).command({"FLUSHALL"});
    const std::string ids = add_named(*first);
    kill_now(*first);
    auto second = run({"--appendfsync", "always", "--aof-use-rdb-preamble", preamble});
    EXPECT_EQ(add_named(*second), ids);
    RespClient(second->port()).command({"XCFGSET", "named", "IDMP-DURATION", "5000"});
    const std::string others = add_named(*second);
    EXPECT_NE(others, ids);
    RespClient(second->port()).command({"BGREWRITEAOF"});
    EXPECT_TRUE(rewritten(*second));
    kill_now(*second);
    auto third = run({"--aof-use-rdb-preamble", preamble});
    EXPECT_EQ(add_named(*third), others) << preamble;
    EXPECT_EQ(RespClient(third->port()).integer({"XLEN", "named"}), 12);
    EXPECT_TRUE(third->stop()->clean());
  }
}

TEST_F(AppendLog, IsWhatRedisReadsAndChecks) {
  if (support::redis_binary().empty()) GTEST_SKIP() << "there is no redis-server";
  for (const std::string preamble : {"yes", "no"}) {
    auto ours = run({"--appendfsync", "always", "--aof-use-rdb-preamble", preamble});
    fill(*ours);
    RespClient(ours->port()).command({"BGREWRITEAOF"});
    EXPECT_TRUE(rewritten(*ours));
    fill(*ours);
    add_named(*ours);
    RespClient(ours->port()).command({"DEL", "zset"});
    const std::string before = digest(*ours);
    EXPECT_TRUE(ours->stop()->clean());
    const std::string checked = shell("redis-check-aof appendonlydir/appendonly.aof.manifest");
    EXPECT_NE(checked.find("All AOF files and manifest are valid"), std::string::npos) << checked;
    auto theirs = run({}, support::redis_binary());
    EXPECT_EQ(digest(*theirs), before);
    EXPECT_TRUE(theirs->stop());
  }
}

TEST_F(AppendLog, ReadsWhatRedisWrites) {
  if (support::redis_binary().empty()) GTEST_SKIP() << "there is no redis-server";
  for (const std::string preamble : {"yes", "no"}) {
    auto theirs = run({"--appendfsync", "always", "--aof-use-rdb-preamble", preamble,
                       "--aof-timestamp-enabled", preamble},
                      support::redis_binary());
    fill(*theirs);
    RespClient(theirs->port()).command({"BGREWRITEAOF"});
    EXPECT_TRUE(rewritten(*theirs));
    fill(*theirs);
    RespClient client(theirs->port());
    client.ok({"MULTI"});
    client.command({"SET", "a", "1"});
    client.command({"PEXPIRE", "a", "100000000"});
    client.command({"EXEC"});
    const std::string before = digest(*theirs);
    EXPECT_TRUE(theirs->stop());
    auto ours = run({});
    EXPECT_EQ(digest(*ours), before);
    EXPECT_TRUE(ours->stop()->clean());
  }
}

TEST_F(AppendLog, IsTurnedOnAndOffWhileItRuns) {
  auto first = run({"--appendonly", "no", "--appendfsync", "always"});
  fill(*first);
  RespClient client(first->port());
  EXPECT_EQ(manifest(), "");
  client.ok({"CONFIG", "SET", "appendonly", "yes"});
  EXPECT_TRUE(rewritten(*first));
  EXPECT_NE(manifest().find("type b"), std::string::npos);
  client.ok({"SET", "later", "x"});
  const std::string before = digest(*first);
  client.ok({"CONFIG", "SET", "appendonly", "no"});
  client.ok({"SET", "unlogged", "x"});
  kill_now(*first);
  auto second = run({});
  EXPECT_EQ(digest(*second), before);
  EXPECT_TRUE(second->stop()->clean());
}

TEST_F(AppendLog, CutsATruncatedTailUnlessToldNotTo) {
  auto first = run({"--appendfsync", "always"});
  RespClient(first->port()).ok({"SET", "a", "1"});
  const std::string before = digest(*first);
  kill_now(*first);
  shell("printf '*3\\r\\n$3\\r\\nSET\\r\\n$1\\r\\nb' >> appendonlydir/appendonly.aof.1.incr.aof");
  EXPECT_NE(last_words({"--aof-load-truncated", "no"})
                .find("Unexpected end of file reading the append only file"),
            std::string::npos);
  auto second = run({});
  EXPECT_EQ(digest(*second), before);
  EXPECT_TRUE(second->stop()->clean());
}

TEST_F(AppendLog, TheLastLineOfItsLogSaysWhyItDoesNotLoad) {
  shell("mkdir appendonlydir; echo nothing > appendonlydir/appendonly.aof.1.incr.aof");
  const std::string manifest_path = "appendonlydir/appendonly.aof.manifest";
  const std::string entry = "file appendonly.aof.1.incr.aof seq 1 type i\\n";
  shell("printf '" + entry + "' > " + manifest_path);
  EXPECT_NE(last_words({}).find("Bad file format reading the append only file"), std::string::npos);
  shell("printf '" + entry + entry + "' > " + manifest_path);
  EXPECT_EQ(last_words({}), "Found a non-monotonic sequence number");
  // Whoever starts it sees it too where the log is a file.
  ServerOptions options = on_files({"--logfile", "own.log"});
  options.await_ready = false;
  ServerProcess refused(std::move(options));
  ASSERT_TRUE(refused.wait_for_exit());
  EXPECT_NE(refused.standard_error().find("non-monotonic"), std::string::npos);
}

TEST_F(AppendLog, IsAnnotatedWithTimes) {
  auto first = run({"--aof-timestamp-enabled", "yes", "--aof-use-rdb-preamble", "no"});
  RespClient client(first->port());
  client.ok({"SET", "a", "1"});
  client.text({"BGREWRITEAOF"});
  EXPECT_TRUE(rewritten(*first));
  EXPECT_TRUE(shell("head -c 4 appendonlydir/appendonly.aof.2.base.aof") == "#TS:") << manifest();
  const std::string before = digest(*first);
  kill_now(*first);
  EXPECT_EQ(digest(*run({})), before);
}

/// Turns the log on; with a delay of each key its first base is not there for a while.
void begin_first_base(RespClient& client) {
  for (int i = 0; i < 10; ++i) client.ok({"SET", std::to_string(i), "x"});
  client.ok({"CONFIG", "SET", "appendonly", "yes"});
  EXPECT_TRUE(wait_until([&] {
    return support::info_field(client, "persistence", "aof_rewrite_in_progress") == "1";
  }));
}

TEST_F(AppendLog, NobodyStopsTheServerBeforeTheFirstBaseStands) {
  auto first = run({"--appendonly", "no", "--rdb-key-save-delay", "10000000"});
  RespClient client(first->port());
  begin_first_base(client);
  EXPECT_EQ(client.command({"SHUTDOWN"}).text, "ERR Errors trying to SHUTDOWN. Check logs.");
  first->signal(SIGTERM);
  EXPECT_TRUE(wait_until([&] {
    const std::string output = first->standard_output();
    return output.find("Received SIGTERM") < output.rfind("Writing initial AOF, can't exit.");
  }));
  EXPECT_EQ(client.text({"PING"}), "PONG");
  client.send({"SHUTDOWN", "FORCE"});
  EXPECT_TRUE(first->wait_for_exit()->clean());
}

TEST_F(AppendLog, ARewriteEndsWithTheLog) {
  auto first = run({"--appendonly", "no", "--rdb-key-save-delay", "10000000"});
  RespClient client(first->port());
  begin_first_base(client);
  client.ok({"CONFIG", "SET", "appendonly", "no"});
  EXPECT_EQ(support::info_field(client, "persistence", "aof_rewrite_in_progress"), "0");
  EXPECT_NE(first->standard_output().find("Killing running AOF rewrite child"), std::string::npos);
  EXPECT_TRUE(first->stop()->clean());
}

TEST_F(AppendLog, WhoWritesWaitsForASlowDisk) {
  auto first = run({"--appendfsync", "always", "--latency-monitor-threshold", "100"});
  RespClient writer(first->port());
  RespClient reader(first->port());
  writer.ok({"SET", "a", "1"});
  writer.ok({"DEBUG", "AOF-FLUSH-SLEEP", "300000"});
  const auto began = support::SteadyClock::now();
  writer.send({"SET", "b", "1"});
  EXPECT_EQ(reader.text({"GET", "a"}), "1");
  writer.read();
  EXPECT_GE(support::elapsed_ms(began), 300);
  writer.command({"DEBUG", "AOF-FLUSH-SLEEP", "0"});
  EXPECT_TRUE(wait_until([&] {
    return !reader.command({"LATENCY", "HISTORY", "aof-write"}).elements.empty();
  }));
  EXPECT_NE(reader.text({"LATENCY", "DOCTOR"}).find("append log is slow"), std::string::npos);
}

TEST_F(AppendLog, GoesOnWhenItsActorsAreKilled) {
  auto first = run({"--appendfsync", "always", "--restart-intensity", "1000"});
  RespClient client(first->port());
  for (int i = 0; i < 60; ++i) {
    client.command({"INCR", "n"});
    if (i % 3 == 0) client.command({"RESPAWN", "KILL", i % 2 == 0 ? "append-log" : "keyspace"});
    client.command({"RPUSH", "l", std::to_string(i)});
  }
  client.command({"SET", "last", "x"});
  const std::string before = digest(*first);
  kill_now(*first);
  auto second = run({});
  EXPECT_EQ(digest(*second), before);
  EXPECT_TRUE(second->stop()->clean());
}

TEST_F(AppendLog, SaysHowFarItIsDurable) {
  auto first = run({"--appendfsync", "everysec"});
  RespClient client(first->port());
  client.ok({"SET", "a", "1"});
  auto reply = client.command({"WAITAOF", "1", "0", "5000"});
  ASSERT_EQ(reply.elements.size(), 2U);
  EXPECT_EQ(reply.elements[0].integer(), 1);
  EXPECT_EQ(reply.elements[1].integer(), 0);
  reply = client.command({"WAITAOF", "0", "1", "50"});
  ASSERT_EQ(reply.elements.size(), 2U);
  EXPECT_EQ(reply.elements[0].integer(), 1);
  const auto durability = client.command({"RESPAWN", "DURABILITY"});
  EXPECT_EQ(durability.elements.at(1).text, "on");
  EXPECT_TRUE(first->stop()->clean());
}

TEST_F(AppendLog, LosesNothingThatWasAcknowledgedHoweverOftenItIsKilled) {
  const int kills = std::getenv("RESPAWN_LONG") == nullptr ? 5 : 500;
  std::int64_t acknowledged = 0;
  for (int i = 0; i < kills; ++i) {
    auto process = run({"--appendfsync", "always"});
    RespClient client(process->port());
    const std::string text = client.command({"GET", "n"}).text;
    const std::int64_t found = text.empty() ? 0 : std::stoll(text);
    ASSERT_GE(found, acknowledged);
    EXPECT_EQ(client.integer({"LLEN", "l"}), found) << "half of a transaction is there";
    if (i % 4 == 1) client.command({"BGREWRITEAOF"});
    client.send({"PING"});
    client.read();
    for (int k = 0; k < 20 + i % 50; ++k) {
      client.ok({"MULTI"});
      client.command({"INCR", "n"});
      client.command({"RPUSH", "l", "x"});
      client.command({"EXEC"});
      acknowledged = found + k + 1;
    }
    client.send({"MULTI"});
    client.send({"INCR", "n"});
    client.send({"RPUSH", "l", "x"});
    client.send({"EXEC"});
    kill_now(*process);
  }
}

}  // namespace
}  // namespace respawn::integration
