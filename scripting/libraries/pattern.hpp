// Matching of Lua 5.1's patterns, with every result and error text of its own matcher, on a stack
// of choices instead of the C stack: a pattern may be as long as it likes, every step is counted,
// and the host is asked meanwhile.
#pragma once

#include <lua.hpp>

#include <cstddef>

#include "scripting/libraries/library_state.hpp"
#include "scripting/libraries/lua_buffer.hpp"

namespace respawn::scripting {

/// Matches one pattern against one subject, as often as asked. Both stay where they are meanwhile:
/// they are arguments or upvalues of the function that runs. Takes a stack slot when it is made.
/// Trivially destructible. Time: up to exponential in the pattern's quantifiers, as Lua's; memory:
/// a choice (32 bytes) for each step that can be taken back.
class Matcher {
 public:
  /// The pattern ends at its first NUL, as in Lua 5.1.
  Matcher(lua_State* lua, LibraryState& state, const char* subject, std::size_t size);

  /// The end of the match of `pattern` at `at`, or null. May raise: malformed patterns, as they are
  /// met.
  const char* match(const char* at, const char* pattern);

  /// The first place from `at` on where the pattern may match, by what its first item stands for;
  /// null: it matches nowhere from there on. May raise as match() does there.
  const char* next_start(const char* at, const char* pattern);

  /// Pushes the captures of the last match, or the whole of it (`from` to `to`) when there are none
  /// and `from` is not null. Returns how many.
  int push_captures(const char* from, const char* to);

  /// Pushes capture `index`; the whole match for 0 when there are none.
  void push_capture(int index, const char* from, const char* to);

  const char* begin() const { return begin_; }

  const char* end() const { return end_; }

 private:
  /// Between two looks at the budget.
  static constexpr std::ptrdiff_t bytes_per_look = 4096;

  static constexpr std::ptrdiff_t unfinished = -1;
  static constexpr std::ptrdiff_t position = -2;

  struct Capture {
    const char* from;
    std::ptrdiff_t length;
  };

  enum class Kind { greedy, lazy, otherwise, close_again, drop_capture };

  /// What to do when the rest does not match.
  struct Choice {
    Kind kind;
    int capture;          ///< close_again
    const char* at;       ///< where the subject is taken up
    const char* least;    ///< greedy: no shorter than up to here
    const char* pattern;  ///< greedy, otherwise: what comes next; lazy: the item that may be taken
                          ///< once more
  };

  /// Takes one item of the pattern; false when it does not match.
  bool step(const char*& at, const char*& pattern);
  bool step_escape(const char*& at, const char*& pattern);
  bool step_plain(const char*& at, const char*& pattern);
  bool step_single(const char*& at, const char*& pattern);
  void take_greedy(const char*& at, const char* least, const char* item, const char* item_end);
  const char* run_end(const char* at, const char* stop, const char* item, const char* item_end);
  void go_back_greedy(Choice& choice);
  bool take_one_more(Choice& choice);
  [[nodiscard]] bool may_go_on(const char* at, const char* pattern) const;
  /// Goes back to the last choice; false when there is none.
  bool go_back(const char*& at, const char*& pattern);

  void open_capture(const char* at, std::ptrdiff_t length);
  void close_capture(const char* at);
  bool match_capture(const char*& at, unsigned char digit);
  bool match_balanced(const char*& at, const char* pattern);
  bool match_frontier(const char* at, const char*& pattern);

  const char* item_end(const char* item);
  const char* item_end_if_single(const char* item);
  bool matches(const char* at, const char* item, const char* item_end);

  void count(std::size_t steps) { spend(lua_, state_, steps * 4); }

  lua_State* lua_;
  LibraryState& state_;
  const char* begin_;
  const char* end_;
  int level_ = 0;
  Capture captures_[LUA_MAXCAPTURES];
  char initial_[8 * sizeof(Choice)];
  LuaStack<Choice> choices_;
};

}  // namespace respawn::scripting
