#include "scripting/redis_api.hpp"

#include <algorithm>
#include <cmath>

#include "base/check.hpp"
#include "base/message_digest.hpp"
#include "base/numbers.hpp"
#include "base/text.hpp"
#include "scripting/error_object.hpp"
#include "scripting/reply_to_lua.hpp"
#include "scripting/sandbox.hpp"

namespace respawn::scripting {

namespace {

/// What scripts are told that they run on.
constexpr const char* version = "7.2.4";
constexpr lua_Number version_number = 0x00070204;

/// After so many calls of a script it is asked whether it may go on: they can take far longer than
/// the instructions that are counted.
constexpr unsigned calls_per_question = 16;

/// Arguments that are numbers, as Redis writes them: whole ones without an exponent.
std::string_view number_text(lua_Number value, char* room) {
  constexpr lua_Number whole_max = 9007199254740992.0 * 512;  // 2^62
  if (value >= -whole_max && value <= whole_max) {
    const auto whole = static_cast<std::int64_t>(value);
    if (static_cast<lua_Number>(whole) == value && (whole != 0 || !std::signbit(value)))
      return {room, static_cast<std::size_t>(write_int(room, whole) - room)};
  }
  const std::string text = format_double(value);
  return {room, text.copy(room, text.size())};
}

/// The whole string at `index`, which is one, or a number.
std::string_view bytes_at(lua_State* state, int index) {
  std::size_t size = 0;
  const char* const bytes = lua_tolstring(state, index, &size);
  return {bytes, size};
}

/// As C turns it into an int, but for what fits none.
int whole_argument(lua_State* state, int index) {
  const lua_Number value = lua_tonumber(state, index);
  return value > -2147483649.0 && value < 2147483648.0 ? static_cast<int>(value) : -1;
}

}  // namespace

// ---- The border to Lua ----

template <RedisApi::Function function>
int RedisApi::guarded(lua_State* state) {
  Interpreter& self = Interpreter::of(state);
  int results = raises;
  try {
    results = function(self, state);
  } catch (...) {
    self.failure_ = std::current_exception();
    self.stop_ = Stop::failure;
  }
  if (self.stop_ == Stop::failure) self.raise_stop(state);
  return results == raises ? lua_error(state) : results;
}

int RedisApi::fail(lua_State* state, const char* text) {
  show_error(Interpreter::of(state), text);
  push_error(state, text);
  return raises;
}

/// In the debugger.
void RedisApi::show_error(const Interpreter& self, std::string_view text) {
  if (self.debugger_ && self.debugger_->shows_calls()) self.debugger_->show_error(text);
}

/// Errors as they are on the wire; but those of a refused call without a general code.
void RedisApi::show_outcome(const Interpreter& self, bool ran) {
  const Buffer& reply = self.call_reply_;
  if (reply.view().starts_with('-')) {
    std::string_view text = reply.view().substr(0, reply.view().find('\r'));
    constexpr std::string_view general = "-ERR ";
    if (!ran && text.starts_with(general)) text.remove_prefix(general.size());
    self.debugger_->show_error(text);
  }
  if (ran) self.debugger_->show_reply(reply);
}

template <RedisApi::Function function>
void RedisApi::add(lua_State* state, const char* name) {
  lua_pushcfunction(state, guarded<function>);
  lua_setfield(state, -2, name);
}

void RedisApi::add(lua_State* state, const char* name, lua_Number value) {
  lua_pushnumber(state, value);
  lua_setfield(state, -2, name);
}

void RedisApi::add_log(lua_State* state) {
  add<log>(state, "log");
  add(state, "LOG_DEBUG", 0);
  add(state, "LOG_VERBOSE", 1);
  add(state, "LOG_NOTICE", 2);
  add(state, "LOG_WARNING", 3);
  add(state, "REDIS_VERSION_NUM", version_number);
  lua_pushstring(state, version);
  lua_setfield(state, -2, "REDIS_VERSION");
}

void RedisApi::open(lua_State* state, Interpreter::Kind kind) {
  lua_pushcfunction(state, guarded<lua_protected_call>);
  lua_setglobal(state, "pcall");
  lua_newtable(state);
  add<call>(state, "call");
  add<protected_call>(state, "pcall");
  add_log(state);
  add<set_resp>(state, "setresp");
  add<sha1hex>(state, "sha1hex");
  add<error_reply>(state, "error_reply");
  add<status_reply>(state, "status_reply");
  add<set_repl>(state, "set_repl");
  add(state, "REPL_NONE", 0);
  add(state, "REPL_AOF", replicate_to_log);
  add(state, "REPL_SLAVE", replicate_to_replicas);
  add(state, "REPL_REPLICA", replicate_to_replicas);
  add(state, "REPL_ALL", replicate_to_log | replicate_to_replicas);
  add<acl_check_cmd>(state, "acl_check_cmd");
  if (kind == Interpreter::Kind::scripts) {
    add<breakpoint>(state, "breakpoint");
    add<debug>(state, "debug");
    add<replicate_commands>(state, "replicate_commands");
  }
  lua_pushvalue(state, -1);
  lua_setglobal(state, "redis");
  lua_setglobal(state, "server");
}

void RedisApi::push_load_globals(lua_State* state) {
  lua_newtable(state);
  lua_newtable(state);
  add<register_function>(state, "register_function");
  add_log(state);
  set_error_metatable(state, lua_gettop(state));
  lua_pushvalue(state, -1);
  lua_setfield(state, -3, "redis");
  lua_setfield(state, -2, "server");
  set_error_metatable(state, lua_gettop(state));
  protect_table(state, lua_gettop(state));
}

// ---- Commands ----

/// Takes the arguments of a call for the words of a command. Returns what is wrong with them, or
/// null.
const char* RedisApi::take_words(Interpreter& self, lua_State* state) {
  const int count = lua_gettop(state);
  if (count == 0) return "Please specify at least one argument for this redis lib call";
  const auto size = static_cast<std::size_t>(count);
  self.words_.resize(size);
  if (self.numbers_.size() < size) self.numbers_.resize(size);
  for (int i = 0; i < count; ++i) {
    const auto place = static_cast<std::size_t>(i);
    switch (lua_type(state, i + 1)) {
      case LUA_TSTRING:
        self.words_[place] = bytes_at(state, i + 1);
        break;
      case LUA_TNUMBER:
        self.words_[place] = number_text(lua_tonumber(state, i + 1), self.numbers_[place].data());
        break;
      default:
        return "Lua redis lib command arguments must be strings or integers";
    }
  }
  return nullptr;
}

int RedisApi::run_command(Interpreter& self, lua_State* state, bool raise) {
  if (!self.host_) return fail(state, "redis.call/pcall can only be called inside a script");
  if (const char* problem = take_words(self, state)) {
    lua_settop(state, 0);
    fail(state, problem);
    return raise ? raises : 1;
  }
  self.call_reply_.clear();
  const bool shown = self.debugger_ && self.debugger_->shows_calls();
  if (shown) [[unlikely]]
    self.debugger_->show_call(self.words_);
  const bool ran = self.host_->call(self.words_, self.call_reply_);
  if (shown) [[unlikely]]
    show_outcome(self, ran);
  // The words are in use no more.
  lua_settop(state, 0);
  push_reply(state, self.call_reply_);
  if (++self.calls_ % calls_per_question == 0) self.ask(state);
  return raise && *self.call_reply_.data() == '-' ? raises : 1;
}

int RedisApi::call(Interpreter& self, lua_State* state) {
  return run_command(self, state, true);
}

int RedisApi::protected_call(Interpreter& self, lua_State* state) {
  return run_command(self, state, false);
}

/// As Lua's own; but an error that is a table with a text is that text.
int RedisApi::lua_protected_call(Interpreter&, lua_State* state) {
  luaL_checkany(state, 1);
  const int status = lua_pcall(state, lua_gettop(state) - 1, LUA_MULTRET, 0);
  if (status == 0) {
    lua_pushboolean(state, 1);
    lua_insert(state, 1);
    return lua_gettop(state);
  }
  if (lua_istable(state, -1)) {
    lua_getfield(state, -1, "err");
    if (lua_isstring(state, -1))
      lua_replace(state, -2);
    else
      lua_pop(state, 1);
  }
  lua_pushboolean(state, 0);
  lua_insert(state, -2);
  return 2;
}

int RedisApi::acl_check_cmd(Interpreter& self, lua_State* state) {
  if (const char* problem = take_words(self, state)) return fail(state, problem);
  const Permission permission = self.host_->may_call(self.words_);
  if (permission == Permission::no_such_command)
    return fail(state, "Invalid command passed to redis.acl_check_cmd()");
  lua_pushboolean(state, permission == Permission::granted);
  return 1;
}

// ---- Replies ----

/// As the error of Redis says, a table with it is returned where an error would be raised.
int RedisApi::error_reply(Interpreter& self, lua_State* state) {
  if (lua_gettop(state) != 1 || lua_type(state, 1) != LUA_TSTRING) {
    fail(state, "wrong number or type of arguments");
    return 1;
  }
  if (*lua_tostring(state, 1) != '-') {
    lua_pushliteral(state, "-");
    lua_insert(state, 1);
    lua_concat(state, 2);
  }
  show_error(self, bytes_at(state, 1));
  push_error(state, bytes_at(state, 1));
  return 1;
}

int RedisApi::status_reply(Interpreter&, lua_State* state) {
  if (lua_gettop(state) != 1 || lua_type(state, 1) != LUA_TSTRING) {
    fail(state, "wrong number or type of arguments");
    return 1;
  }
  lua_createtable(state, 0, 1);
  lua_pushliteral(state, "ok");
  lua_pushvalue(state, 1);
  lua_rawset(state, -3);
  return 1;
}

int RedisApi::sha1hex(Interpreter& self, lua_State* state) {
  if (lua_gettop(state) != 1) return fail(state, "wrong number of arguments");
  self.text_ = to_hex(sha1(lua_isstring(state, 1) ? bytes_at(state, 1) : std::string_view()));
  lua_pushlstring(state, self.text_.data(), self.text_.size());
  return 1;
}

// ---- Settings ----

int RedisApi::log(Interpreter& self, lua_State* state) {
  const int count = lua_gettop(state);
  if (count < 2) return fail(state, "redis.log() requires two arguments or more.");
  if (!lua_isnumber(state, 1)) return fail(state, "First argument must be a number (log level).");
  const int number = whole_argument(state, 1);
  if (number < 0 || number > 3) return fail(state, "Invalid debug level.");
  const auto level = static_cast<ScriptLogLevel>(number);
  if (!self.host_ || !self.host_->logs(level)) return 0;
  self.text_.clear();
  for (int i = 2; i <= count; ++i) {
    if (!lua_isstring(state, i)) continue;
    if (i > 2) self.text_ += ' ';
    self.text_ += bytes_at(state, i);
  }
  self.host_->log(level, self.text_);
  return 0;
}

int RedisApi::set_resp(Interpreter& self, lua_State* state) {
  if (lua_gettop(state) != 1) return fail(state, "redis.setresp() requires one argument.");
  const int version_wanted = whole_argument(state, 1);
  if (version_wanted != 2 && version_wanted != 3)
    return fail(state, "RESP version must be 2 or 3.");
  self.host_->set_resp(version_wanted == 3 ? protocol::RespVersion::resp3
                                           : protocol::RespVersion::resp2);
  return 0;
}

int RedisApi::set_repl(Interpreter& self, lua_State* state) {
  if (lua_gettop(state) != 1) return fail(state, "redis.set_repl() requires one argument.");
  const int targets = whole_argument(state, 1);
  if ((static_cast<unsigned>(targets) & ~(replicate_to_log | replicate_to_replicas)) != 0)
    return fail(state,
                "Invalid replication flags. Use REPL_AOF, REPL_REPLICA, REPL_ALL or REPL_NONE.");
  self.host_->set_replication(static_cast<unsigned>(targets));
  return 0;
}

/// Scripts are always replicated by their commands.
int RedisApi::replicate_commands(Interpreter&, lua_State* state) {
  lua_pushboolean(state, 1);
  return 1;
}

int RedisApi::breakpoint(Interpreter& self, lua_State* state) {
  if (self.debugger_) self.debugger_->stop_at_next_line();
  lua_pushboolean(state, self.debugger_ != nullptr);
  return 1;
}

int RedisApi::debug(Interpreter& self, lua_State* state) {
  if (self.debugger_) self.debugger_->show_values(state);
  return 0;
}

// ---- Libraries ----

int RedisApi::register_function(Interpreter& self, lua_State* state) {
  if (!self.registered_)
    return fail(state, "redis.register_function can only be called on FUNCTION LOAD command");
  RegisteredFunction& made = self.registering_;
  made = {};
  const char* problem = read_registration(state, made);
  if (!problem && !is_function_name(made.name))
    problem =
        "Library names can only contain letters, numbers, or underscores(_) and must be at least "
        "one character long";
  const bool is_known = std::ranges::any_of(
      *self.registered_, [&](const auto& each) { return each.name == made.name; });
  if (!problem && is_known) problem = "Function already exists in the library";
  if (problem) {
    luaL_unref(state, LUA_REGISTRYINDEX, made.function);
    return fail(state, problem);
  }
  self.registered_->push_back(std::move(made));
  return 0;
}

/// By position (name, function), or by name in one table. Returns what is wrong, or null.
const char* RedisApi::read_registration(lua_State* state, RegisteredFunction& made) {
  const int count = lua_gettop(state);
  if (count < 1 || count > 2) return "wrong number of arguments to redis.register_function";
  if (count == 1) return read_named(state, made);
  if (!lua_isstring(state, 1)) return "first argument to redis.register_function must be a string";
  made.name = bytes_at(state, 1);
  if (!lua_isfunction(state, 2))
    return "second argument to redis.register_function must be a function";
  made.function = luaL_ref(state, LUA_REGISTRYINDEX);
  return nullptr;
}

const char* RedisApi::read_named(lua_State* state, RegisteredFunction& made) {
  if (!lua_istable(state, 1))
    return "calling redis.register_function with a single argument is only applicable to Lua table "
           "(representing named arguments).";
  if (push_real(state, 1)) lua_replace(state, 1);
  bool named = false;
  lua_pushnil(state);
  while (lua_next(state, 1) != 0) {
    if (!lua_isstring(state, -2))
      return "named argument key given to redis.register_function is not a string";
    // A copy, for lua_next does not bear a number that has become a string.
    lua_pushvalue(state, -2);
    named = named || iequals(lua_tostring(state, -1), "function_name");
    if (const char* problem = read_named_one(state, made)) return problem;
    lua_pop(state, 2);
  }
  if (!named) return "redis.register_function must get a function name argument";
  if (made.function == LUA_NOREF) return "redis.register_function must get a callback argument";
  return nullptr;
}

/// On the stack: value, key.
const char* RedisApi::read_named_one(lua_State* state, RegisteredFunction& made) {
  const std::string_view key = lua_tostring(state, -1);
  if (iequals(key, "function_name")) {
    if (!lua_isstring(state, -2))
      return "function_name argument given to redis.register_function must be a string";
    made.name = bytes_at(state, -2);
  } else if (iequals(key, "description")) {
    if (!lua_isstring(state, -2))
      return "description argument given to redis.register_function must be a string";
    made.description = std::string(bytes_at(state, -2));
  } else if (iequals(key, "callback")) {
    if (!lua_isfunction(state, -2))
      return "callback argument given to redis.register_function must be a function";
    lua_pushvalue(state, -2);
    luaL_unref(state, LUA_REGISTRYINDEX, made.function);
    made.function = luaL_ref(state, LUA_REGISTRYINDEX);
  } else if (iequals(key, "flags")) {
    if (!lua_istable(state, -2))
      return "flags argument to redis.register_function must be a table representing function "
             "flags";
    return read_flags(state, made.flags);
  } else {
    return "unknown argument given to redis.register_function";
  }
  return nullptr;
}

/// On the stack: the table of flags, one more.
const char* RedisApi::read_flags(lua_State* state, ScriptFlags& flags) {
  for (int i = 1;; ++i) {
    lua_rawgeti(state, -2, i);
    if (lua_isnil(state, -1)) break;
    if (!lua_isstring(state, -1)) return "unknown flag given";
    const std::string_view name = lua_tostring(state, -1);
    const auto* const known = std::ranges::find_if(
        script_flag_names, [&](const auto& each) { return iequals(each.name, name); });
    if (known == script_flag_names.end()) return "unknown flag given";
    flags.add(known->flag);
    lua_pop(state, 1);
  }
  lua_pop(state, 1);
  return nullptr;
}

}  // namespace respawn::scripting
