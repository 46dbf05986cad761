// A script without a server: a host whose answers the test sets.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "scripting/interpreter.hpp"

namespace respawn::scripting::test {

class FakeHost final : public Host {
 public:
  explicit FakeHost(protocol::ReplyWriter& reply) : reply_(reply) {}

  bool call(Words words, Buffer& reply) override {
    for (const std::string_view word : words) calls += std::string(word) + " ";
    calls += "; ";
    if (on_call) on_call();
    reply.append(answer);
    return true;
  }

  [[nodiscard]] Permission may_call(Words words) override {
    if (words[0] == "get") return Permission::granted;
    return words[0] == "set" ? Permission::refused : Permission::no_such_command;
  }

  void set_resp(protocol::RespVersion version) override { resp_ = version; }

  [[nodiscard]] protocol::RespVersion resp() const override { return resp_; }

  void set_replication(unsigned value) override { targets = value; }

  [[nodiscard]] bool logs(ScriptLogLevel level) const override {
    return level >= ScriptLogLevel::notice;
  }

  void log(ScriptLogLevel, std::string_view text) override { logged += std::string(text) + "; "; }

  [[nodiscard]] Stop keep_on() override {
    ++questions;
    return on_question ? on_question() : Stop::no;
  }

  void fail(std::string_view error) override {
    ++counted_errors;
    reply_.error(error);
  }

  void pass_on_error(std::string_view error) override { reply_.error(error); }

  std::string answer = "+OK\r\n";  // to every call
  std::function<void()> on_call;
  std::function<Stop()> on_question;
  std::string calls;
  std::string logged;
  unsigned targets = 3;
  int questions = 0;
  int counted_errors = 0;

 private:
  protocol::ReplyWriter& reply_;
  protocol::RespVersion resp_ = protocol::RespVersion::resp2;
};

/// Runs scripts one after the other in one state.
class ScriptTest : public testing::Test {
 protected:
  /// The reply, or what is wrong with the text.
  std::string run(std::string_view source, std::vector<std::string_view> keys = {},
                  std::vector<std::string_view> arguments = {}) {
    auto function = interpreter.compile(source);
    if (!function.ok()) return function.error();
    output.clear();
    writer = protocol::ReplyWriter(output, version);
    interpreter.run({.function = *function,
                     .name = "sha",
                     .keys = keys,
                     .arguments = arguments,
                     .globals = true},
                    host, writer);
    interpreter.forget(*function);
    return output.text();
  }

  /// The value of an expression.
  std::string value(std::string_view expression) {
    return run("return " + std::string(expression));
  }

  protocol::RespVersion version = protocol::RespVersion::resp2;
  Buffer output;
  protocol::ReplyWriter writer{output, protocol::RespVersion::resp2};
  FakeHost host{writer};
  Interpreter interpreter{Interpreter::Kind::scripts};
};

}  // namespace respawn::scripting::test
