// What is ours in place of Lua's own, against Lua's own, on random input.
#include <string>

#include "base/random.hpp"
#include "tests/support/test_seed.hpp"
#include "tests/unit/scripting/script_state.hpp"

namespace respawn::scripting {
namespace {

/// Lua as it comes.
class PlainState {
 public:
  PlainState() : lua_(luaL_newstate()) { luaL_openlibs(lua_); }

  ~PlainState() { lua_close(lua_); }

  PlainState(const PlainState&) = delete;
  PlainState& operator=(const PlainState&) = delete;

  std::string run(const std::string& script) {
    lua_settop(lua_, 0);
    const bool failed = luaL_loadbuffer(lua_, script.data(), script.size(), "@user_script") != 0 ||
                        lua_pcall(lua_, 0, 1, 0) != 0;
    std::size_t length = 0;
    const char* const text = lua_tolstring(lua_, -1, &length);
    return (failed ? "error: " : "") + std::string(text ? text : "nil", text ? length : 3);
  }

 private:
  lua_State* lua_;
};

/// The functions that are compared do the rest.
const std::string prologue =
    "local function text(...) local t = {...} for i = 1, select('#', ...) do "
    "t[i] = tostring(t[i]) end return table.concat(t, '|', 1, select('#', ...)) end ";

class AsLua : public testing::Test {
 protected:
  std::string word(std::string_view letters, std::uint64_t length_max) {
    std::string text;
    for (std::uint64_t left = random.below(length_max + 1); left > 0; --left)
      text += letters[random.below(letters.size())];
    return text;
  }

  void compare(const std::string& body) {
    const std::string script = prologue + body;
    EXPECT_EQ(ours.run(script), plain.run(script)) << body;
  }

  const std::uint64_t seed = support::test_seed();
  Random random{seed};
  ScriptState ours;
  PlainState plain;
};

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int patterns = 1'000;
#else
constexpr int patterns = 20'000;
#endif

/// A literal of Lua.
std::string quote(const std::string& text) {
  return "[==[\n" + text + "]==]";
}

TEST_F(AsLua, PatternsMatch) {
  SCOPED_TRACE(seed);
  for (int i = 0; i < patterns && !HasFailure(); ++i) {
    const std::string both = quote(word("aab1 ,\x01"
                                        "A-",
                                        14)) +
                             ", " + quote(word("aab1 ,.%d%a%w[^]]()()*+-?$%f%b1", 9));
    compare("return text(pcall(string.find, " + both + ")) .. '#' .. text(pcall(string.match, " +
            both + ")) .. '#' .. text(pcall(string.gsub, " + both +
            ", '<%0>')) .. '#' .. text(pcall(function() local t = {} for a, b in string.gmatch(" +
            both + ") do t[#t + 1] = text(a, b) end return unpack(t) end))");
  }
}

TEST_F(AsLua, LongSubjectsMatch) {
  SCOPED_TRACE(seed);
  for (int i = 0; i < 300 && !HasFailure(); ++i) {
    const std::string unit = quote(word("aaab1 ,", 40));
    const std::string pattern = quote(word("aab1 ,.%d%a[^]()*+-?", 4));
    compare("local s = string.rep(" + unit + ", 300) return text(pcall(string.find, s, " + pattern +
            ")) .. '#' .. text(pcall(string.gsub, s, " + pattern + ", 'x'))");
  }
}

TEST_F(AsLua, TablesAreSorted) {
  SCOPED_TRACE(seed);
  for (int i = 0; i < 600 && !HasFailure(); ++i) {
    const auto element = [&, kind = random.below(5)]() -> std::string {
      switch (kind) {
        case 0:
          return std::to_string(random.below(500));
        case 1:
          return std::to_string(static_cast<int>(random.below(3)) - 1) + ".5";
        case 2:
          return "'" + std::to_string(random.below(1000)) + "'";
        case 3:
          return std::string("'a\\0") + (random.below(2) == 0 ? "b" : "\\0") +
                 word(
                     "\xe9"
                     "ab",
                     2) +
                 "'";
        default:
          return std::to_string(static_cast<int>(random.below(5)) - 2);  // with zeros
      }
    };
    std::string body = "local t = {";
    for (auto left = random.below(i % 50 == 0 ? 3000 : 60); left > 0; --left)
      body += element() + ",";
    if (random.below(20) == 0) body += "true";
    compare(body + "} local ok, why = pcall(table.sort, t) return ok and text(unpack(t)) or why");
  }
}

}  // namespace
}  // namespace respawn::scripting
