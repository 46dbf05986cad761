#include "scripting/debugger.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <utility>

#include "base/numbers.hpp"
#include "base/text.hpp"
#include "scripting/debug_text.hpp"
#include "scripting/error_object.hpp"
#include "scripting/lua_libraries.hpp"

namespace respawn::scripting {

namespace {

constexpr std::size_t breakpoints_max = 64;
constexpr int listed_context = 5;
constexpr std::size_t shown_words_max = 10;
constexpr std::size_t trimmed_bytes_min = 60;
/// Of the interpreter's, each of which is a thousand instructions.
constexpr unsigned counts_per_look = 100;

/// As C reads it: what is no number is 0.
int leading_int(std::string_view text) {
  int value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// Not a library, nor what the client evaluates.
bool is_of_script(const lua_Debug& where) {
  return std::string_view(where.short_src).find("user_script") != std::string_view::npos;
}

std::string joined(Words words) {
  std::string text;
  for (const std::string_view word : words) {
    if (!text.empty()) text += ' ';
    text += word;
  }
  return text;
}

}  // namespace

Debugger::Debugger(std::string_view source) {
  source = source.substr(0, source.find_last_not_of("\r\n") + 1);
  for (std::size_t at = 0; at <= source.size() && !source.empty();) {
    const std::size_t end = std::min(source.find('\n', at), source.size());
    source_.emplace_back(source.substr(at, end - at));
    at = end + 1;
  }
}

// ---- Where it stops ----

Debugger::Verdict Debugger::look(lua_State* state, bool line) {
  if (!line && ++counts_ % counts_per_look != 0) return Verdict::go_on;
  lua_Debug where;
  if (evaluating_ || lua_getstack(state, 0, &where) == 0) return Verdict::go_on;
  lua_getinfo(state, "Sl", &where);
  line_ = where.currentline;
  if (!is_of_script(where)) return Verdict::go_on;
  const bool wanted = stop_wanted_ || is_breakpoint(line_);
  bool timed_out = false;
  if (!stepping_ && !wanted) {
    timed_out = !line && port_->took_too_long();
    if (!timed_out) return Verdict::go_on;
  }
  std::string_view reason = "step over";
  if (wanted)
    reason = stop_wanted_ ? "redis.breakpoint() called" : "break point";
  else if (timed_out)
    reason = "timeout reached, infinite loop?";
  stepping_ = stop_wanted_ = false;
  say("* Stopped at " + std::to_string(line_) + ", stop reason = " + std::string(reason));
  show_source(line_);
  return converse(state, timed_out);
}

/// The client has its say until the script is to go on.
Debugger::Verdict Debugger::converse(lua_State* state, bool timed_out) {
  for (;;) {
    for (std::string& line : lines_)
      std::replace_if(
          line.begin(), line.end(), [](char c) { return c == '\r' || c == '\n'; }, ' ');
    const Words words = port_->ask(lines_);
    lines_.clear();
    if (words.empty()) {
      breakpoints_.clear();
      return timed_out ? Verdict::client_left : Verdict::talked;
    }
    const Next next = obey(state, words);
    if (*stop_ != Stop::no) return Verdict::talked;
    if (next != Next::command) return next == Next::abort ? Verdict::abort : Verdict::talked;
  }
}

std::vector<std::string> Debugger::farewell() {
  say("<endsession>");
  return std::exchange(lines_, {});
}

// ---- Orders ----

const std::span<const Debugger::Named> Debugger::orders = [] {
  static constexpr Named all[] = {
      {"help", 1, &Debugger::help},        {"step", 1, &Debugger::step},
      {"next", 1, &Debugger::step},        {"continue", 1, &Debugger::go_on},
      {"list", 1, &Debugger::list},        {"whole", 1, &Debugger::whole},
      {"print", 1, &Debugger::print},      {"break", 1, &Debugger::change_breakpoints},
      {"trace", 1, &Debugger::trace},      {"eval", 1, &Debugger::evaluate},
      {"redis", 2, &Debugger::call_redis}, {"maxlen", 1, &Debugger::set_trimming},
      {"abort", 1, &Debugger::abort},
  };
  return std::span<const Named>(all);
}();

Debugger::Next Debugger::obey(lua_State* state, Words words) {
  for (const Named& each : orders) {
    const bool named = iequals(words[0], each.name) || iequals(words[0], each.name.substr(0, 1));
    if (named && words.size() >= each.words_min) return (this->*each.run)(state, words);
  }
  say("<error> Unknown Redis Lua debugger command or wrong number of arguments.");
  return Next::command;
}

Debugger::Next Debugger::help(lua_State*, Words) {
  for (const char* line : {
           "Commands of the debugger (the letter in brackets is enough):",
           "[s]tep               Runs this line and stops at the next one.",
           "[n]ext               The same.",
           "[c]ontinue           Runs to the next breakpoint.",
           "[l]ist               Shows the lines around this one.",
           "[l]ist <line>        Shows those around another one; 0 is this one.",
           "[l]ist <line> <n>    Shows n lines before and behind it.",
           "[w]hole              Shows all lines.",
           "[p]rint              Shows the local variables of this function.",
           "[p]rint <variable>   Shows one of this function or its callers, or KEYS or ARGV.",
           "[b]reak              Shows all breakpoints.",
           "[b]reak <line>       Sets a breakpoint there.",
           "[b]reak -<line>      Removes the one there.",
           "[b]reak 0            Removes all of them.",
           "[t]race              Shows which function called which.",
           "[e]val <code>        Runs Lua code, which does not see local variables.",
           "[r]edis <command>    Runs a command of Redis.",
           "[m]axlen [bytes]     Shows or sets where long values are cut; 0: nowhere.",
           "[a]bort              Ends the script.",
           "",
           "What scripts can call:",
           "redis.debug(...)     Shows its arguments here.",
           "redis.breakpoint()   Stops at the next line.",
       })
    say(line);
  return Next::command;
}

Debugger::Next Debugger::step(lua_State*, Words) {
  stepping_ = true;
  return Next::script;
}

Debugger::Next Debugger::go_on(lua_State*, Words) {
  return Next::script;
}

Debugger::Next Debugger::abort(lua_State*, Words) {
  return Next::abort;
}

// ---- Source ----

Debugger::Next Debugger::list(lua_State*, Words words) {
  const int asked = words.size() > 1 ? leading_int(words[1]) : 0;
  const int context = words.size() > 2 ? leading_int(words[2]) : listed_context;
  show_source_around(asked > 0 ? asked : line_, context);
  return Next::command;
}

Debugger::Next Debugger::whole(lua_State*, Words) {
  show_source_around(1, static_cast<int>(source_.size()));
  return Next::command;
}

void Debugger::show_source_around(int line, int context) {
  const auto count = static_cast<int>(source_.size());
  for (int each = 1; each <= count; ++each)
    if (std::abs(line - each) <= context) show_source(each);
}

void Debugger::show_source(int line) {
  std::string text = line == line_ ? "->" : "  ";
  text += is_breakpoint(line) ? '#' : ' ';
  std::string number = std::to_string(line);
  if (number.size() < 3) number.resize(3, ' ');
  text += number + ' ';
  const bool known = line >= 1 && line <= static_cast<int>(source_.size());
  text += known ? source_[static_cast<std::size_t>(line) - 1] : "<out of range source code line>";
  say(std::move(text));
}

// ---- Breakpoints ----

Debugger::Next Debugger::change_breakpoints(lua_State*, Words words) {
  if (words.size() == 1) show_breakpoints();
  for (const std::string_view word : words.subspan(1)) change_breakpoint(word);
  return Next::command;
}

bool Debugger::is_breakpoint(int line) const {
  return std::ranges::find(breakpoints_, line) != breakpoints_.end();
}

void Debugger::show_breakpoints() {
  if (breakpoints_.empty()) return say("No breakpoints set. Use 'b <line>' to add one.");
  say(std::to_string(breakpoints_.size()) + " breakpoints set:");
  for (const int line : breakpoints_) show_source(line);
}

void Debugger::change_breakpoint(std::string_view word) {
  const auto number = parse_int64(word);
  if (!number) return say("Invalid argument:'" + std::string(word) + "'");
  if (*number == 0) {
    breakpoints_.clear();
    return say("All breakpoints removed.");
  }
  const auto line = static_cast<int>(std::clamp<std::int64_t>(*number, -1'000'000, 1'000'000));
  if (line < 0)
    return say(std::erase(breakpoints_, -line) > 0 ? "Breakpoint removed."
                                                   : "No breakpoint in the specified line.");
  if (breakpoints_.size() == breakpoints_max) return say("Too many breakpoints set.");
  // As Redis says it, also of a line that has one.
  if (line > static_cast<int>(source_.size()) || is_breakpoint(line))
    return say("Wrong line number.");
  breakpoints_.push_back(line);
  show_source_around(line, 1);
}

// ---- Values ----

Debugger::Next Debugger::print(lua_State* state, Words words) {
  if (words.size() == 2)
    print_variable(state, words[1]);
  else
    print_locals(state);
  return Next::command;
}

void Debugger::print_locals(lua_State* state) {
  lua_Debug where;
  bool any = false;
  const char* name = nullptr;
  const bool known = lua_getstack(state, 0, &where) != 0;
  for (int i = 1; known && (name = lua_getlocal(state, &where, i)) != nullptr; ++i) {
    const std::string_view variable = name;
    if (variable.find("(*temporary)") == std::string_view::npos) {
      any = true;
      text_ = "<value> ";
      text_ += variable;
      show_value(" = ", state);
    }
    lua_pop(state, 1);
  }
  if (!any) say("No local variables in the current context.");
}

void Debugger::print_variable(lua_State* state, std::string_view name) {
  lua_Debug where;
  text_.clear();
  for (int level = 0; lua_getstack(state, level, &where) != 0; ++level) {
    const char* local = nullptr;
    for (int i = 1; (local = lua_getlocal(state, &where, i)) != nullptr; ++i) {
      const bool found = name == local;
      if (found) show_value("<value> ", state);
      lua_pop(state, 1);
      if (found) return;
    }
  }
  if (name != "KEYS" && name != "ARGV") return say("No such variable.");
  lua_getglobal(state, name == "KEYS" ? "KEYS" : "ARGV");
  show_value("<value> ", state);
  lua_pop(state, 1);
}

/// The one at the top, behind what is in text_.
void Debugger::show_value(std::string_view prefix, lua_State* state) {
  text_ += prefix;
  append_value(text_, state, -1);
  say_trimmed(std::exchange(text_, {}));
}

void Debugger::show_values(lua_State* state) {
  const int count = lua_gettop(state);
  text_ = "<debug> line " + std::to_string(line_) + ": ";
  for (int i = 1; i <= count; ++i) {
    if (i > 1) text_ += ", ";
    append_value(text_, state, i);
  }
  say(std::exchange(text_, {}));
}

void Debugger::say_trimmed(std::string text) {
  const bool trimmed = shown_bytes_max_ != 0 && text.size() > shown_bytes_max_;
  if (trimmed) {
    text.resize(shown_bytes_max_);
    text += " ...";
  }
  say(std::move(text));
  if (trimmed && !std::exchange(hinted_, true))
    say("<hint> The above reply was trimmed. Use 'maxlen 0' to disable trimming.");
}

Debugger::Next Debugger::set_trimming(lua_State*, Words words) {
  if (words.size() == 2) {
    const int bytes = leading_int(words[1]);
    hinted_ = true;
    shown_bytes_max_ = static_cast<std::size_t>(std::max(bytes, 0));
    if (bytes != 0) shown_bytes_max_ = std::max(shown_bytes_max_, trimmed_bytes_min);
  }
  say(shown_bytes_max_ == 0
          ? "<value> replies are unlimited."
          : "<value> replies are truncated at " + std::to_string(shown_bytes_max_) + " bytes.");
  return Next::command;
}

Debugger::Next Debugger::trace(lua_State* state, Words) {
  lua_Debug where;
  for (int level = 0; lua_getstack(state, level, &where) != 0; ++level) {
    lua_getinfo(state, "Snl", &where);
    if (!is_of_script(where)) continue;
    say(std::string(level == 0 ? "In " : "From ") + (where.name ? where.name : "top level") + ":");
    show_source(where.currentline);
  }
  return Next::command;
}

// ---- Running something ----

/// In a thread of its own: within a hook no other is called, and nothing could end it.
Debugger::Next Debugger::evaluate(lua_State* state, Words words) {
  lua_State* const thread = lua_newthread(state);
  text_ = "return " + joined(words.subspan(1));
  int status = load_text(thread, text_, "@ldb_eval");
  if (status != 0) {
    lua_settop(thread, 0);
    status = load_text(thread, std::string_view(text_).substr(7), "@ldb_eval");
  }
  text_.clear();
  if (status == 0) {
    evaluating_ = true;
    status = lua_pcall(thread, 0, 1, 0);
    evaluating_ = false;
  }
  if (status == 0)
    show_value("<retval> ", thread);
  else if (lua_istable(thread, -1) || lua_isstring(thread, -1))
    show_error(error_facts(thread).text);
  else
    show_error("(no text)");
  lua_pop(state, 1);
  return Next::command;
}

/// As a script calls it, and shown as in a step.
Debugger::Next Debugger::call_redis(lua_State* state, Words words) {
  luaL_checkstack(state, static_cast<int>(words.size()) + 2, "too many words");
  lua_getglobal(state, "redis");
  lua_getfield(state, -1, "call");
  for (const std::string_view word : words.subspan(1))
    lua_pushlstring(state, word.data(), word.size());
  stepping_ = true;
  lua_pcall(state, static_cast<int>(words.size()) - 1, 1, 0);
  stepping_ = false;
  lua_pop(state, 2);
  return Next::command;
}

void Debugger::show_call(Words words) {
  std::string text = "<redis>";
  for (const std::string_view word : words.first(std::min(words.size(), shown_words_max))) {
    text += ' ';
    text += word;
  }
  if (words.size() > shown_words_max)
    text += " ... (" + std::to_string(words.size() - shown_words_max - 1) + " more)";
  say(std::move(text));
}

void Debugger::show_reply(const Buffer& reply) {
  std::string text = "<reply> ";
  append_reply(text, reply);
  say_trimmed(std::move(text));
}

void Debugger::show_error(std::string_view text) {
  say("<error> " + std::string(text));
}

}  // namespace respawn::scripting
