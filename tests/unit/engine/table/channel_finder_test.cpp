#include "engine/table/channel_finder.hpp"

#include <gtest/gtest.h>

#include <string>

namespace respawn::engine {
namespace {

/// "1 2" or, of patterns, "1* 2*".
std::string channels_of(std::string_view name, std::initializer_list<std::string_view> args) {
  CommandSpec spec;
  spec.name = name;
  std::string found;
  for (const FoundChannel& channel : find_channels(spec, std::vector<std::string_view>(args)))
    found += (found.empty() ? "" : " ") + std::to_string(channel.position) +
             (channel.is_pattern ? "*" : "");
  return found;
}

TEST(ChannelFinder, KnowsWhoListensAndWhoSpeaks) {
  EXPECT_EQ(channels_of("subscribe", {"SUBSCRIBE", "a", "b"}), "1 2");
  EXPECT_EQ(channels_of("ssubscribe", {"SSUBSCRIBE", "a"}), "1");
  EXPECT_EQ(channels_of("psubscribe", {"PSUBSCRIBE", "a*", "b"}), "1* 2*");
  EXPECT_EQ(channels_of("publish", {"PUBLISH", "a", "text"}), "1");
  EXPECT_EQ(channels_of("spublish", {"SPUBLISH", "a", "text"}), "1");
}

TEST(ChannelFinder, LeavingAndEverythingElseIsFree) {
  EXPECT_EQ(channels_of("unsubscribe", {"UNSUBSCRIBE", "a"}), "");
  EXPECT_EQ(channels_of("punsubscribe", {"PUNSUBSCRIBE", "a"}), "");
  EXPECT_EQ(channels_of("get", {"GET", "a"}), "");
}

}  // namespace
}  // namespace respawn::engine
