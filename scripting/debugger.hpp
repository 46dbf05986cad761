// The debugger of scripts with which `redis-cli --ldb` speaks.
#pragma once

#include <cstdint>
#include <lua.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/buffer.hpp"
#include "scripting/host.hpp"

namespace respawn::scripting {

/// The client that debugs. Owner: who runs the script, for as long as it runs.
class DebugPort {
 public:
  virtual ~DebugPort() = default;

  /// Sends the client these lines, in answer to what it said last, and returns what it says next:
  /// a command of the debugger. Nothing: nobody is to be asked any more. The words live until the
  /// next call. May come back hours later; nothing on the stack owns anything then.
  [[nodiscard]] virtual Words ask(std::span<const std::string> lines) = 0;

  /// Whether the script has run for longer than it should since the client was asked last.
  [[nodiscard]] virtual bool took_too_long() const = 0;
};

/// Owner: who outlives the script's stack; of one run of a script. It stops in front of the first
/// line, and then where its client wants it to. What it has to say is gathered, and sent when the
/// script stops, or ends.
class Debugger {
 public:
  /// The source is that of the client: lines are counted in it.
  explicit Debugger(std::string_view source);

  /// `stop`: why the script must not go on, which an evaluation may bring about.
  void begin(DebugPort& port, const Stop& stop) {
    port_ = &port;
    stop_ = &stop;
  }

  // What the interpreter tells.

  enum class Verdict : std::uint8_t {
    go_on,
    talked,       // the client was asked; meanwhile anything may have happened
    abort,        // the client wants the script to end
    client_left,  // it is gone, and the script may never end
  };

  /// A new line begins, or (`line` false) some thousand instructions have passed.
  Verdict look(lua_State* state, bool line);

  // What the functions of `redis` tell.

  /// redis.breakpoint()
  void stop_at_next_line() { stop_wanted_ = true; }

  /// redis.debug(...): the values on the stack.
  void show_values(lua_State* state);

  /// Whether calls are shown, and errors that the functions of `redis` make: while the client goes
  /// step by step.
  [[nodiscard]] bool shows_calls() const { return stepping_; }

  void show_call(Words words);
  void show_reply(const Buffer& reply);
  void show_error(std::string_view text);

  /// What has not been said, and that the session is over.
  [[nodiscard]] std::vector<std::string> farewell();

 private:
  enum class Next : std::uint8_t { command, script, abort };

  using Order = Next (Debugger::*)(lua_State* state, Words words);

  struct Named {
    std::string_view name;  // its first letter is enough
    std::size_t words_min;
    Order run;
  };

  static const std::span<const Named> orders;

  Verdict converse(lua_State* state, bool timed_out);
  Next obey(lua_State* state, Words words);

  Next help(lua_State* state, Words words);
  Next step(lua_State* state, Words words);
  Next go_on(lua_State* state, Words words);
  Next list(lua_State* state, Words words);
  Next whole(lua_State* state, Words words);
  Next print(lua_State* state, Words words);
  Next change_breakpoints(lua_State* state, Words words);
  Next trace(lua_State* state, Words words);
  Next evaluate(lua_State* state, Words words);
  Next call_redis(lua_State* state, Words words);
  Next set_trimming(lua_State* state, Words words);
  Next abort(lua_State* state, Words words);

  void change_breakpoint(std::string_view word);
  [[nodiscard]] bool is_breakpoint(int line) const;
  void show_breakpoints();
  void print_locals(lua_State* state);
  void print_variable(lua_State* state, std::string_view name);
  void show_value(std::string_view prefix, lua_State* state);
  void show_source(int line);
  void show_source_around(int line, int context);

  void say(std::string text) { lines_.push_back(std::move(text)); }

  void say_trimmed(std::string text);

  std::vector<std::string> source_;
  DebugPort* port_ = nullptr;
  const Stop* stop_ = nullptr;
  std::vector<int> breakpoints_;    // in the order in which they were set
  std::vector<std::string> lines_;  // to be sent
  std::string text_;                // on its way to them; here, not on the stack
  int line_ = -1;
  unsigned counts_ = 0;
  bool stepping_ = true;
  bool stop_wanted_ = false;
  bool evaluating_ = false;
  std::size_t shown_bytes_max_ = 256;  // 0: no limit
  bool hinted_ = false;                // at that limit
};

}  // namespace respawn::scripting
