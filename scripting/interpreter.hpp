// One state of Lua with all that scripts find in it, and the running of scripts there.
#pragma once

#include <array>
#include <cstdint>
#include <exception>
#include <lua.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/buffer.hpp"
#include "base/result.hpp"
#include "scripting/debugger.hpp"
#include "scripting/host.hpp"
#include "scripting/lua_memory.hpp"
#include "scripting/lua_to_reply.hpp"
#include "scripting/script_flags.hpp"

namespace respawn::scripting {

/// A function that a library registers while it is loaded.
struct RegisteredFunction {
  std::string name;
  std::optional<std::string> description;
  ScriptFlags flags;
  int function = LUA_NOREF;  // in the interpreter that loaded it
};

/// Owner: the store's scripts; made anew where one was left in its middle. Compiled functions are
/// numbers, which only this interpreter knows.
///
/// Every C++ exception stops at the border to Lua: it is remembered, ends the script whatever the
/// script catches, and is thrown again by run(). A script that is stopped is raised an error at
/// each of its steps until it is out of all that it calls: one that no handler of it sees (xpcall),
/// for a handler that is called from a hook could run for ever.
class Interpreter {
 public:
  /// `functions`: the state of libraries, whose globals are others while they are loaded. Throws
  /// std::bad_alloc.
  enum class Kind : std::uint8_t { scripts, functions };
  explicit Interpreter(Kind kind);
  ~Interpreter();
  Interpreter(const Interpreter&) = delete;
  Interpreter& operator=(const Interpreter&) = delete;

  /// A function of that text. The error is Lua's. O(text).
  Result<int> compile(std::string_view source);

  /// Runs a library's text (without its first line), which registers functions. Errors are Redis's;
  /// nothing is registered then. The host is asked nothing but whether it may go on. Owns nothing
  /// on the stack while the library's code runs.
  Result<std::vector<RegisteredFunction>> load_library(std::string_view source, Host& host);

  void forget(int function);

  struct Call {
    int function;
    std::string_view name;  // of what runs, for errors
    Words keys;
    Words arguments;
    bool globals;                  // KEYS and ARGV are globals; else they are given to the function
    Debugger* debugger = nullptr;  // null: nobody debugs
  };

  /// Runs it and writes the reply: what it returned, or the error that ended it. Owns nothing on
  /// the stack while the script runs. Throws what the host threw.
  void run(const Call& call, Host& host, protocol::ReplyWriter& reply);

  /// Of all scripts that run from now on, together with what is compiled; 0: no limit.
  void limit_memory(std::size_t bytes) { memory_limit_bytes_ = bytes; }

  /// Why the script that runs must not go on.
  [[nodiscard]] const Stop& stop() const { return stop_; }

  [[nodiscard]] std::size_t used_bytes() const { return memory_.used_bytes(); }

 private:
  friend class RedisApi;

  static Interpreter& of(lua_State* state);
  static int open(lua_State* state);
  static void* reallocate(void* self, void* block, std::size_t old_bytes, std::size_t new_bytes);
  static void on_hook(lua_State* state, lua_Debug* event);
  static void on_library(lua_State* state, void* self);

  void ask(lua_State* state);
  void debug(lua_State* state, bool new_line);
  [[noreturn]] void raise_stop(lua_State* state);
  void describe_stop(lua_State* state);
  void collect_garbage(lua_State* state);
  void push_words(Words words);
  void begin(Host& host);
  void end();
  void write_error(const Call& call, Host& host);
  void enter_memory_limit();
  int load(std::string_view source);

  const Kind kind_;
  LuaMemory memory_;
  lua_State* state_ = nullptr;
  int error_handler_ = LUA_NOREF;
  int load_globals_ = LUA_NOREF;  // of a library that is loaded
  std::size_t memory_limit_bytes_ = 0;
  std::size_t collect_above_bytes_ = 0;

  // Of the script that runs.
  Host* host_ = nullptr;
  std::string_view name_;
  Stop stop_ = Stop::no;
  std::string stop_text_;  // what is said of it, once it has been raised
  std::exception_ptr failure_;
  Debugger* debugger_ = nullptr;
  std::vector<RegisteredFunction>* registered_ = nullptr;  // while a library is loaded: loaded_
  std::vector<RegisteredFunction> loaded_;
  RegisteredFunction registering_;  // of the call that runs

  // Of its call that runs; kept, so that a call allocates nothing.
  static constexpr std::size_t number_bytes_max = 40;
  std::vector<std::string_view> words_;
  std::vector<std::array<char, number_bytes_max>> numbers_;
  Buffer call_reply_;
  std::string text_;
  unsigned calls_ = 0;
  ReplyMaker reply_maker_;
};

}  // namespace respawn::scripting
