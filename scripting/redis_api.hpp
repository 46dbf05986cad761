// The table `redis` (and `server`): what scripts can ask of the server.
#pragma once

#include "scripting/interpreter.hpp"

namespace respawn::scripting {

/// The functions behind it. Each is called by Lua with its interpreter at hand, owns nothing while
/// it calls Lua, and lets no exception pass.
class RedisApi {
 public:
  /// Sets the globals `redis`, `server` and `pcall`. May raise.
  static void open(lua_State* state, Interpreter::Kind kind);

  /// Pushes the globals that a library sees while it is loaded. May raise.
  static void push_load_globals(lua_State* state);

 private:
  /// Returns how many results it has pushed; `raises`: the error that it has pushed.
  static constexpr int raises = -1;
  using Function = int (*)(Interpreter&, lua_State*);

  template <Function function>
  static int guarded(lua_State* state);

  template <Function function>
  static void add(lua_State* state, const char* name);
  static void add(lua_State* state, const char* name, lua_Number value);
  static void add_log(lua_State* state);

  static int fail(lua_State* state, const char* text);
  static void show_error(const Interpreter& self, std::string_view text);
  static void show_outcome(const Interpreter& self, bool ran);
  static const char* take_words(Interpreter& self, lua_State* state);
  static int run_command(Interpreter& self, lua_State* state, bool raise);

  static int call(Interpreter& self, lua_State* state);
  static int protected_call(Interpreter& self, lua_State* state);
  static int lua_protected_call(Interpreter& self, lua_State* state);
  static int error_reply(Interpreter& self, lua_State* state);
  static int status_reply(Interpreter& self, lua_State* state);
  static int sha1hex(Interpreter& self, lua_State* state);
  static int log(Interpreter& self, lua_State* state);
  static int set_resp(Interpreter& self, lua_State* state);
  static int set_repl(Interpreter& self, lua_State* state);
  static int acl_check_cmd(Interpreter& self, lua_State* state);
  static int replicate_commands(Interpreter& self, lua_State* state);
  static int breakpoint(Interpreter& self, lua_State* state);
  static int debug(Interpreter& self, lua_State* state);
  static int register_function(Interpreter& self, lua_State* state);
  static const char* read_registration(lua_State* state, RegisteredFunction& made);
  static const char* read_named(lua_State* state, RegisteredFunction& made);
  static const char* read_named_one(lua_State* state, RegisteredFunction& made);
  static const char* read_flags(lua_State* state, ScriptFlags& flags);
};

}  // namespace respawn::scripting
