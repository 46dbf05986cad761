#include "server/proc_title.hpp"

#include <gtest/gtest.h>

#include <array>

namespace respawn::server {
namespace {

class ProcTitle : public ::testing::Test {
 protected:
  std::string expand(std::string text) {
    config.proc_title_template = std::move(text);
    return expand_title(config, facts);
  }

  config::Config config;
  TitleFacts facts{.program = "respawn-server", .config_file = ""};
};

TEST_F(ProcTitle, TheDefaultNamesTheProgramAndWhereItListens) {
  config.bind = {"127.0.0.1", "-::1"};
  config.port = 7000;
  EXPECT_EQ(expand_title(config, facts), "respawn-server 127.0.0.1:7000");
}

TEST_F(ProcTitle, EachVariableHasItsValue) {
  config.bind = {"*"};
  config.port = 6379;
  config.tls_port = 6380;
  config.unixsocket = "/run/r.sock";
  EXPECT_EQ(expand("{title}|{listen-addr}|{port}|{tls-port}|{unixsocket}|{config-file}"),
            "respawn-server|*:6379|6379|6380|/run/r.sock|-");
  facts.config_file = "/etc/r.conf";
  EXPECT_EQ(expand("{config-file}"), "/etc/r.conf");
  config.cluster_enabled = true;
  EXPECT_EQ(expand("{server-mode}"), "[cluster]");
}

TEST_F(ProcTitle, WithoutPortsItListensAtTheSocket) {
  config.port = 0;
  config.unixsocket = "/s";
  EXPECT_EQ(expand("{listen-addr}"), "unixsocket:/s");
}

TEST_F(ProcTitle, BlanksAtBothEndsAreDropped) {
  EXPECT_EQ(expand("  {title} {server-mode} "), "respawn-server");
  EXPECT_EQ(expand("{server-mode}"), "");
}

TEST_F(ProcTitle, DoubledBracesAreOne) {
  EXPECT_EQ(expand("{{title}"), "{title}");
  EXPECT_EQ(expand("{nosuch} {"), "{nosuch} {");
}

TEST_F(ProcTitle, IsCutToWhatFitsAndLeavesNothingBehind) {
  std::array<char, 8> area;
  area.fill('x');
  write_title(area, "abc");
  EXPECT_EQ(std::string(area.data(), area.size()), std::string("abc\0\0\0\0\0", 8));
  write_title(area, "longer than that");
  EXPECT_EQ(std::string(area.data(), area.size()), std::string("longer \0", 8));
  write_title({}, "nowhere");
}

}  // namespace
}  // namespace respawn::server
