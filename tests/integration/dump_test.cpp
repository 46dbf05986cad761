// Values of every type and encoding, dumped by redis-server and restored here, and back.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "tests/support/resp_client.hpp"
#include "tests/support/server_process.hpp"

namespace respawn::integration {
namespace {

using support::Reply;
using support::RespClient;
using support::ServerOptions;
using support::ServerProcess;
using Words = std::vector<std::string>;

/// A value is what these commands leave at key "k".
struct Value {
  std::string name;
  std::vector<Words> commands;
};

const std::vector<std::string>& integers() {
  static const std::vector<std::string> all = [] {
    std::vector<std::string> made = {"9223372036854775807", "-9223372036854775808"};
    for (const std::int64_t limit :
         {0LL, 12LL, 63LL, 127LL, 255LL, 4095LL, 32767LL, 8388607LL, 2147483647LL})
      for (const std::int64_t value : {limit, limit + 1, -limit - 1, -limit - 2})
        made.push_back(std::to_string(value));
    return made;
  }();
  return all;
}

const std::vector<std::string>& texts() {
  static const std::vector<std::string> all = {"",
                                               "a",
                                               "01",
                                               "-0",
                                               "9223372036854775808",
                                               std::string(63, 'x'),
                                               std::string(64, 'x'),
                                               std::string(4095, 'y'),
                                               std::string(4096, 'y'),
                                               std::string(20000, 'z'),
                                               std::string("\0\xff\r\n", 4)};
  return all;
}

/// `name` with `arguments`, a few at a time.
Value value_of(std::string name, const std::string& command, const Words& arguments) {
  constexpr std::size_t at_once = 100;
  Value value{std::move(name), {}};
  for (std::size_t i = 0; i < arguments.size(); i += at_once) {
    Words words = {command, "k"};
    for (std::size_t j = i; j < std::min(i + at_once, arguments.size()); ++j)
      words.push_back(arguments[j]);
    value.commands.push_back(std::move(words));
  }
  return value;
}

Words numbered(const std::string& prefix, std::size_t count) {
  Words words;
  for (std::size_t i = 0; i < count; ++i) words.push_back(prefix + std::to_string(i));
  return words;
}

/// a[0], b[0], a[1], b[1]...
Words interleaved(const Words& a, const Words& b) {
  Words words;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    words.push_back(a[i]);
    words.push_back(b[i]);
  }
  return words;
}

void add_strings(std::vector<Value>& to) {
  std::string noise;
  Random random(7);
  for (int i = 0; i < 3000; ++i) noise += static_cast<char>(random.below(256));
  for (const std::string& text : integers())
    to.push_back({"integer " + text, {{"SET", "k", text}}});
  for (const std::string& text : texts())
    to.push_back({"text of " + std::to_string(text.size()), {{"SET", "k", text}}});
  to.push_back({"noise", {{"SET", "k", noise}}});
  to.push_back({"grown", {{"SET", "k", "1"}, {"APPEND", "k", "2"}}});
}

Value stream_of(std::string name, std::size_t entries) {
  Value value{std::move(name), {}};
  const Words numbers = integers();
  for (std::size_t i = 0; i < entries; ++i) {
    Words words = {"XADD",
                   "k",
                   std::to_string(1000 + i / 3) + "-" + std::to_string(i % 3),
                   "a",
                   texts()[i % texts().size()].substr(0, 100),
                   "b",
                   numbers[i % numbers.size()]};
    if (i % 7 == 6) words.insert(words.end(), {"other", "names"});
    value.commands.push_back(std::move(words));
  }
  return value;
}

void add_streams(std::vector<Value>& to) {
  to.push_back(stream_of("stream", 20));
  to.push_back(stream_of("long stream", 2000));
  to.back().commands.push_back({"XDEL", "k", "1001-1", "1100-0"});
  to.back().commands.push_back({"XTRIM", "k", "MAXLEN", "1700"});
  to.push_back({"empty stream", {{"XGROUP", "CREATE", "k", "g", "$", "MKSTREAM"}}});
  Value read = stream_of("stream with groups", 300);
  for (const Words& words :
       std::vector<Words>{{"XGROUP", "CREATE", "k", "g", "0"},
                          {"XGROUP", "CREATE", "k", "h", "$", "ENTRIESREAD", "9"},
                          {"XGROUP", "CREATECONSUMER", "k", "g", "idle"},
                          {"XREADGROUP", "GROUP", "g", "one", "COUNT", "100", "STREAMS", "k", ">"},
                          {"XREADGROUP", "GROUP", "g", "two", "COUNT", "50", "STREAMS", "k", ">"},
                          {"XACK", "k", "g", "1000-1", "1005-0"},
                          {"XCLAIM", "k", "g", "two", "0", "1001-0"}})
    read.commands.push_back(words);
  to.push_back(std::move(read));
}

std::vector<Value> values() {
  std::vector<Value> all;
  add_strings(all);
  const Words scores = {"1",  "-1",    "1.5",     "inf",  "-inf", "0.1",
                        "-0", "1e300", "-1e-300", "3.25", "7"};
  const Words many_scores = [] {
    Words made;
    for (int i = 0; i < 2000; ++i) made.push_back(std::to_string(i / 8.0 - 100));
    return made;
  }();
  all.push_back(value_of("list of integers", "RPUSH", integers()));
  all.push_back(value_of("list of texts", "RPUSH", texts()));
  all.push_back(value_of("long list", "RPUSH", numbered("item:", 10000)));
  all.push_back(value_of("set of 16 bits", "SADD", {"1", "-5", "32767"}));
  all.push_back(value_of("set of 32 bits", "SADD", {"1", "-5", "32768"}));
  all.push_back(value_of("set of 64 bits", "SADD", integers()));
  all.push_back(value_of("set of many integers", "SADD", numbered("7", 2000)));
  all.push_back(value_of("set of texts", "SADD", texts()));
  all.push_back(value_of("large set", "SADD", numbered("member:", 3000)));
  all.push_back(value_of("hash of integers", "HSET", interleaved(integers(), integers())));
  all.push_back(value_of("small hash", "HSET", {"a", "1", "b", "", "", "c"}));
  all.push_back(value_of("hash of long texts", "HSET", interleaved(numbered("f", 11), texts())));
  all.push_back(
      value_of("large hash", "HSET", interleaved(numbered("f", 2000), numbered("v", 2000))));
  all.push_back(value_of("small sorted set", "ZADD", interleaved(scores, numbered("m", 11))));
  all.push_back(value_of("sorted set of integers", "ZADD", interleaved(integers(), integers())));
  all.push_back(value_of("sorted set of long texts", "ZADD", interleaved(scores, texts())));
  add_streams(all);
  all.push_back(
      value_of("large sorted set", "ZADD", interleaved(many_scores, numbered("m", 2000))));
  return all;
}

class DumpTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (support::redis_binary().empty()) GTEST_SKIP() << "no redis-server";
    ours_ = start(support::server_binary());
    theirs_ = start(support::redis_binary());
  }

  static std::unique_ptr<ServerProcess> start(const std::string& binary) {
    ServerOptions options;
    options.binary = binary;
    options.arguments = {"--save", "", "--enable-debug-command", "yes"};
    return std::make_unique<ServerProcess>(options);
  }

  static void make(RespClient& at, const Value& value) {
    at.command({"DEL", "k", "copy"});
    for (const Words& words : value.commands)
      ASSERT_FALSE(at.command(words).is_error()) << words[0];
  }

  static std::string digest(RespClient& at, const std::string& key) {
    return at.command({"DEBUG", "DIGEST-VALUE", key}).elements.at(0).text;
  }

  /// What `from` has at "k" becomes "copy" at `to`.
  static void carry(RespClient& from, RespClient& to) {
    const Reply payload = from.command({"DUMP", "k"});
    ASSERT_EQ(payload.type, '$');
    EXPECT_EQ(to.command({"RESTORE", "copy", "0", payload.text}).bytes(), "+OK\r\n");
    EXPECT_EQ(digest(from, "k"), digest(to, "copy"));
    if (from.command({"TYPE", "k"}).text != "stream") return;
    EXPECT_EQ(from.command({"XINFO", "GROUPS", "k"}).bytes(),
              to.command({"XINFO", "GROUPS", "copy"}).bytes());
    EXPECT_EQ(pending(from, "k"), pending(to, "copy"));
  }

  /// What is pending in group "g", without how long.
  static std::vector<std::string> pending(RespClient& at, const std::string& key) {
    std::vector<std::string> all;
    const Reply reply = at.command({"XPENDING", key, "g", "-", "+", "1000"});
    for (const Reply& entry : reply.elements)
      all.push_back(entry.elements.at(0).text + " " + entry.elements.at(1).text + " " +
                    entry.elements.at(3).text);
    return all;
  }

  std::unique_ptr<ServerProcess> ours_;
  std::unique_ptr<ServerProcess> theirs_;
};

TEST_F(DumpTest, ValuesTravelBothWays) {
  RespClient ours(ours_->port());
  RespClient theirs(theirs_->port());
  for (const std::string compression : {"yes", "no"}) {
    for (RespClient* at : {&ours, &theirs})
      at->ok({"CONFIG", "SET", "rdbcompression", compression});
    for (const Value& value : values()) {
      SCOPED_TRACE(value.name + ", rdbcompression " + compression);
      make(ours, value);
      make(theirs, value);
      carry(theirs, ours);
      carry(ours, theirs);
    }
  }
}

TEST_F(DumpTest, FieldsKeepTheirExpiries) {
  RespClient ours(ours_->port());
  if (!support::is_respawn(ours)) GTEST_SKIP() << "fields expire since Redis 7.4";
  for (const std::size_t fields : {5U, 1000U}) {
    make(ours, value_of("hash", "HSET", interleaved(numbered("f", fields), numbered("v", fields))));
    const Words ask = {"HPEXPIRETIME", "k", "FIELDS", "3", "f0", "f1", "f2"};
    ours.command({"HPEXPIREAT", "k", "33000000000000", "FIELDS", "1", "f0"});
    ours.command({"HPEXPIREAT", "k", "32000000000000", "FIELDS", "1", "f2"});
    const std::string times = ours.command(ask).bytes();
    const std::string payload = ours.command({"DUMP", "k"}).text;
    EXPECT_EQ(ours.command({"RESTORE", "k", "0", payload, "REPLACE"}).bytes(), "+OK\r\n");
    EXPECT_EQ(ours.command(ask).bytes(), times);
    EXPECT_EQ(ours.integer({"HLEN", "k"}), static_cast<std::int64_t>(fields));
    RespClient theirs(theirs_->port());
    EXPECT_EQ(theirs.command({"RESTORE", "k", "0", payload}).bytes(),
              "-ERR DUMP payload version or checksum are wrong\r\n");
  }
}

}  // namespace
}  // namespace respawn::integration
