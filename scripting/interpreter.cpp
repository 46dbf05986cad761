#include "scripting/interpreter.hpp"

#include <new>
#include <utility>

#include "base/check.hpp"
#include "scripting/error_object.hpp"
#include "scripting/lua_libraries.hpp"
#include "scripting/redis_api.hpp"
#include "scripting/sandbox.hpp"

namespace respawn::scripting {

namespace {

/// Some microseconds of plain code.
constexpr int instructions_per_question = 1'000;

/// What a script that was stopped is told.
const char* text_of(Stop stop) {
  switch (stop) {
    case Stop::no:
      break;
    case Stop::killed:
      return "Script killed by user with SCRIPT KILL...";
    case Stop::timeout:
      return "FUNCTION LOAD timeout";
    case Stop::memory:
      return "Script takes more memory than script-memory-limit allows";
    case Stop::failure:
      return "The command failed inside the server";
  }
  check_failed("a script was stopped for no reason", __FILE__, __LINE__);
}

/// Lua is out of memory where nobody catches its errors.
int on_panic(lua_State*) {
  throw std::bad_alloc();
}

}  // namespace

Interpreter& Interpreter::of(lua_State* state) {
  void* self = nullptr;
  lua_getallocf(state, &self);
  return *static_cast<Interpreter*>(self);
}

void* Interpreter::reallocate(void* self, void* block, std::size_t old_bytes,
                              std::size_t new_bytes) {
  return static_cast<Interpreter*>(self)->memory_.reallocate(block, old_bytes, new_bytes);
}

Interpreter::Interpreter(Kind kind) : kind_(kind), state_(lua_newstate(reallocate, this)) {
  if (!state_) throw std::bad_alloc();
  lua_atpanic(state_, on_panic);
  if (lua_cpcall(state_, open, this) != 0) {
    lua_close(state_);
    throw std::bad_alloc();
  }
}

Interpreter::~Interpreter() {
  host_ = nullptr;
  lua_sethook(state_, nullptr, 0, 0);
  lua_close(state_);
}

int Interpreter::open(lua_State* state) {
  Interpreter& self = of(state);
  open_libraries(state, {on_library, &self});
  RedisApi::open(state, self.kind_);
  set_error_metatable(state, LUA_GLOBALSINDEX);
  protect_globals(state);
  lua_pushcfunction(state, describe_error);
  self.error_handler_ = luaL_ref(state, LUA_REGISTRYINDEX);
  if (self.kind_ == Kind::functions) {
    RedisApi::push_load_globals(state);
    self.load_globals_ = luaL_ref(state, LUA_REGISTRYINDEX);
  }
  return 0;
}

// ---- Whether a script may go on ----

void Interpreter::on_hook(lua_State* state, lua_Debug* event) {
  Interpreter& self = of(state);
  const bool new_line = event->event == LUA_HOOKLINE;
  if (self.debugger_ && self.stop_ == Stop::no) self.debug(state, new_line);
  if (!new_line || self.stop_ != Stop::no) self.ask(state);
}

/// May come back hours later. Owns nothing meanwhile.
void Interpreter::debug(lua_State* state, bool new_line) {
  auto verdict = Debugger::Verdict::go_on;
  try {
    verdict = debugger_->look(state, new_line);
  } catch (...) {
    failure_ = std::current_exception();
    stop_ = Stop::failure;
  }
  if (verdict == Debugger::Verdict::go_on) return;
  ask(state);  // it may have been killed while its client thought
  if (verdict == Debugger::Verdict::talked) return;
  push_error(state, verdict == Debugger::Verdict::abort
                        ? "script aborted for user request"
                        : "timeout during Lua debugging with client closing connection");
  lua_error(state);
}

void Interpreter::on_library(lua_State* state, void* self) {
  static_cast<Interpreter*>(self)->ask(state);
}

/// May come back much later. Owns nothing meanwhile.
void Interpreter::ask(lua_State* state) {
  if (!host_) return;
  if (stop_ == Stop::no) {
    try {
      stop_ = host_->keep_on();
    } catch (...) {
      failure_ = std::current_exception();
      stop_ = Stop::failure;
    }
    if (memory_.limit_bytes() != 0) collect_garbage(state);
    if (memory_.take_refusal() && stop_ == Stop::no) stop_ = Stop::memory;
  }
  if (stop_ != Stop::no) raise_stop(state);
}

/// Near the limit what is not in use any more must not be what a script fails for: Lua itself does
/// not collect when memory is refused.
void Interpreter::collect_garbage(lua_State* state) {
  if (memory_.used_bytes() < collect_above_bytes_) return;
  lua_gc(state, LUA_GCCOLLECT, 0);
  const std::size_t used = memory_.used_bytes();
  const std::size_t limit = memory_.limit_bytes();
  collect_above_bytes_ = used < limit ? used + (limit - used) / 2 : limit;
}

/// From now on before every instruction: a script that catches errors does not get far.
void Interpreter::raise_stop(lua_State* state) {
  if (stop_text_.empty()) describe_stop(state);
  lua_sethook(state, on_hook, LUA_MASKLINE | LUA_MASKCOUNT, 1);
  memory_.refuse_everything(true);
  lua_newuserdata(state, 1);
  check_failed("memory was given out that was refused", __FILE__, __LINE__);
}

void Interpreter::describe_stop(lua_State* state) {
  stop_text_ = std::string("ERR ") + text_of(stop_);
  lua_Debug where;
  for (int level = 0; lua_getstack(state, level, &where) != 0; ++level) {
    lua_getinfo(state, "Sl", &where);
    if (*where.what == 'C') continue;
    stop_text_ += " script: " + std::string(name_) + ", on " + where.source + ":" +
                  std::to_string(where.currentline) + ".";
    return;
  }
}

void Interpreter::begin(Host& host) {
  host_ = &host;
  stop_ = Stop::no;
  stop_text_.clear();
  failure_ = nullptr;
  lua_settop(state_, 0);
  const int mask = debugger_ ? LUA_MASKLINE | LUA_MASKCOUNT : LUA_MASKCOUNT;
  lua_sethook(state_, on_hook, mask, instructions_per_question);
}

void Interpreter::end() {
  host_ = nullptr;
  debugger_ = nullptr;
  memory_.limit(0);
  memory_.refuse_everything(false);
  if (memory_.take_refusal() && stop_ == Stop::no) stop_ = Stop::memory;
}

/// What is there already and in use is not the script's fault, but counts.
void Interpreter::enter_memory_limit() {
  if (memory_limit_bytes_ == 0) return;
  memory_.limit(memory_limit_bytes_);
  collect_above_bytes_ = memory_limit_bytes_ / 2;
  collect_garbage(state_);
}

// ---- Compiling ----

int Interpreter::load(std::string_view source) {
  return load_text(state_, source, kind_ == Kind::scripts ? "@user_script" : "@user_function");
}

Result<int> Interpreter::compile(std::string_view source) {
  lua_settop(state_, 0);
  enter_memory_limit();
  const int status = load(source);
  memory_.limit(0);
  (void)memory_.take_refusal();
  if (status == 0) return luaL_ref(state_, LUA_REGISTRYINDEX);
  Error error = failure(lua_tostring(state_, -1));
  lua_settop(state_, 0);
  return error;
}

void Interpreter::forget(int function) {
  luaL_unref(state_, LUA_REGISTRYINDEX, function);
}

Result<std::vector<RegisteredFunction>> Interpreter::load_library(std::string_view source,
                                                                  Host& host) {
  begin(host);
  loaded_.clear();
  registered_ = &loaded_;
  lua_rawgeti(state_, LUA_REGISTRYINDEX, load_globals_);
  show_globals(state_, 1);
  enter_memory_limit();
  std::string_view problem = "Error compiling function: ";
  int status = load(source);
  if (status == 0) {
    problem = "Error registering functions: ";
    status = lua_pcall(state_, 0, 0, 0);
  }
  show_own_globals(state_);
  end();
  registered_ = nullptr;
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
  if (status == 0 && stop_ == Stop::no) {
    keep_settings(state_);
    return std::exchange(loaded_, {});
  }
  for (const RegisteredFunction& each : loaded_) forget(each.function);
  std::string text(problem);
  // What was raised as a bare text has no code yet.
  const bool has_code = stop_ == Stop::no && !lua_isstring(state_, -1);
  if (!has_code && problem.starts_with("Error reg")) text += "ERR ";
  text += stop_ != Stop::no ? text_of(stop_) : error_facts(state_).text;
  lua_settop(state_, 0);
  return failure(std::move(text));
}

// ---- Running ----

void Interpreter::push_words(Words words) {
  lua_createtable(state_, static_cast<int>(words.size()), 0);
  int place = 0;
  for (const std::string_view word : words) {
    lua_pushlstring(state_, word.data(), word.size());
    lua_rawseti(state_, -2, ++place);
  }
}

void Interpreter::run(const Call& call, Host& host, protocol::ReplyWriter& reply) {
  debugger_ = call.debugger;
  begin(host);
  name_ = call.name;
  reset_libraries(state_);
  lua_rawgeti(state_, LUA_REGISTRYINDEX, error_handler_);
  lua_rawgeti(state_, LUA_REGISTRYINDEX, call.function);
  push_words(call.keys);
  if (call.globals) set_global(state_, "KEYS");
  push_words(call.arguments);
  if (call.globals) set_global(state_, "ARGV");
  enter_memory_limit();
  const int status = lua_pcall(state_, call.globals ? 0 : 2, 1, 1);
  end();
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
  if (stop_ != Stop::no)
    host.fail(stop_text_.empty() ? std::string("ERR ") + text_of(stop_) : stop_text_);
  else if (status != 0)
    write_error(call, host);
  else
    reply_maker_.write(state_, reply, host);
  lua_settop(state_, 0);
}

/// What was raised is at the top.
void Interpreter::write_error(const Call& call, Host& host) {
  if (!lua_istable(state_, -1)) {
    constexpr std::size_t shown_bytes_max = 100;
    const std::string_view text =
        lua_isstring(state_, -1) ? error_facts(state_).text : "execution failure";
    text_ = "ERR Error running script ";
    text_ += call.name;
    text_ += ", ";
    text_ += text.substr(0, shown_bytes_max);
    return host.fail(text_);
  }
  const ErrorFacts facts = error_facts(state_);
  text_ = facts.text.empty() ? "ERR execution failure" : facts.text;
  if (!facts.line.empty() && !facts.source.empty()) {
    text_ += " script: ";
    text_ += call.name;
    text_ += ", on ";
    text_ += facts.source;
    text_ += ':';
    text_ += facts.line;
    text_ += '.';
  }
  facts.counted ? host.pass_on_error(text_) : host.fail(text_);
}

}  // namespace respawn::scripting
