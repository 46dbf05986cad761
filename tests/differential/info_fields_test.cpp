// INFO's fields: what tools look for by name is there, where Redis has it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/resp_client.hpp"
#include "tests/support/server_process.hpp"

namespace respawn::differential {
namespace {

using Names = std::vector<std::string>;

/// In place of "section.field" stands "section.prefix*": fields that are named after commands,
/// errors or databases.
constexpr std::string_view named_after_data[] = {"cmdstat_", "errorstat_", "db",
                                                 "latency_percentiles_usec_"};

/// Of those that Redis 7.0 does not have: what 7.2 has beside them, and our own.
constexpr std::string_view newer[] = {
    "Server.respawn_version",
    "Server.listener0",
    "Clients.total_blocking_keys",
    "Clients.total_blocking_keys_on_nokey",
    "Stats.eventloop_cycles",
    "Stats.eventloop_duration_sum",
    "Stats.eventloop_duration_cmd_sum",
    "Stats.instantaneous_eventloop_cycles_per_sec",
    "Stats.instantaneous_eventloop_duration_usec",
    "Stats.acl_access_denied_auth",
    "Stats.acl_access_denied_cmd",
    "Stats.acl_access_denied_key",
    "Stats.acl_access_denied_channel",
    "Clients.paused_reason",
    "Clients.paused_actions",
    "Clients.paused_timeout_milliseconds",
    "Latencystats.respawn_request_wait_usec",
    "Latencystats.respawn_request_run_usec",
    "Latencystats.respawn_request_reply_usec",
};

std::string general_name(std::string name) {
  for (const std::string_view prefix : named_after_data)
    if (name.starts_with(prefix)) return std::string(prefix) + '*';
  return name;
}

/// "Server.redis_version", ... in their order, each once.
Names field_names(const std::string& info) {
  Names names;
  std::string section;
  std::istringstream lines(info);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("# ")) section = line.substr(2, line.find('\r') - 2);
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos || line.starts_with('#')) continue;
    std::string name = section + '.' + general_name(line.substr(0, colon));
    if (std::find(names.begin(), names.end(), name) == names.end())
      names.push_back(std::move(name));
  }
  return names;
}

template <std::size_t N>
Names without(const Names& names, const std::string_view (&left_out)[N]) {
  Names rest;
  std::copy_if(names.begin(), names.end(), std::back_inserter(rest), [&](const std::string& name) {
    return std::find(std::begin(left_out), std::end(left_out), name) == std::end(left_out);
  });
  return rest;
}

class InfoFields : public testing::Test {
 protected:
  /// What a server says of itself that has a key, and has refused a command.
  static Names fields_of(const std::string& binary) {
    support::ServerOptions options;
    options.binary = binary;
    options.arguments = {"--save", ""};
    support::ServerProcess server(options);
    support::RespClient client(server.port());
    client.ok({"SET", "k", "v"});
    client.command({"NOSUCH"});
    return field_names(client.text({"INFO", "everything"}));
  }

  void SetUp() override {
    if (support::redis_binary().empty() || support::server_binary().empty())
      GTEST_SKIP() << "there are no two servers";
  }
};

TEST_F(InfoFields, AreThoseOfRedis) {
  const Names redis = fields_of(support::redis_binary());
  const Names ours = fields_of(support::server_binary());
  EXPECT_EQ(without(ours, newer), redis);
}

/// Counters that no client sees grow would pass for true ones.
TEST_F(InfoFields, CountReadsAndWrites) {
  for (const char* const threads : {"1", "2"}) {
    support::ServerOptions options;
    options.arguments = {"--save", "", "--io-threads", threads, "--io-threads-do-reads", "yes"};
    support::ServerProcess server(options);
    support::RespClient client(server.port());
    const auto field = [&](const std::string& name) {
      return std::stoll(support::info_field(client, "stats", name));
    };
    const auto reads = field("total_reads_processed");
    const auto writes = field("total_writes_processed");
    for (int i = 0; i < 10; ++i) client.command({"PING"});
    EXPECT_GE(field("total_reads_processed"), reads + 10);
    EXPECT_GE(field("total_writes_processed"), writes + 10);
    if (!support::is_respawn(client)) continue;
    const bool threaded = *threads != '1';
    EXPECT_EQ(field("io_threaded_reads_processed") > 0, threaded);
    EXPECT_EQ(field("io_threaded_writes_processed") > 0, threaded);
    client.ok({"CONFIG", "RESETSTAT"});
    EXPECT_LT(field("total_reads_processed"), 5);
  }
}

TEST_F(InfoFields, CountTheTurnsOfTheLoop) {
  support::ServerOptions options;
  options.arguments = {"--save", "", "--enable-debug-command", "yes"};
  support::ServerProcess server(options);
  support::RespClient client(server.port());
  const char* const names[] = {"eventloop_cycles", "eventloop_duration_sum",
                               "eventloop_duration_cmd_sum",
                               "instantaneous_eventloop_cycles_per_sec"};
  for (const char* const name : names) {
    const auto grows = [&] {
      client.command({"DEBUG", "SLEEP", "0.002"});
      return std::stoll(support::info_field(client, "stats", name)) > 0;
    };
    EXPECT_TRUE(support::wait_until(grows)) << name;
  }
  client.ok({"CONFIG", "RESETSTAT"});
  EXPECT_LT(std::stoll(support::info_field(client, "stats", "eventloop_cycles")), 10);
}

}  // namespace
}  // namespace respawn::differential
