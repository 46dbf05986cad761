#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "tests/unit/scripting/script_state.hpp"

namespace respawn::scripting {
namespace {

using std::string_view_literals::operator""sv;

TEST(Pattern, matches_as_lua_does) {
  expect_all({
      {"(\"hello world\"):find(\"o w\"), (\"hello world\"):find(\"l+\"), (\"hello\"):find(\"l\", "
       "-2), (\"hello\"):find(\"\", 10), (\"hello\"):find(\"xyz\")",
       "true|5|3|4|6|nil"},
      {"(\"a.b\"):find(\".\", 2, true), (\"a\\0b\"):find(\"\\0\", 1, true), "
       "(\"a\\0.b\"):find(\"a\\0.\")",
       "true|2|2|1|3"},
      {"(\"key:123\"):match(\"^(%a+):(%d+)$\"), (\"  x \"):match(\"^%s*(.-)%s*$\"), "
       "(\"abc\"):match(\"()b()\")",
       "true|key|x|2|3"},
      {"(\"THE (quick) fox\"):find(\"%((%a+)%)\"), (\"f(a(b)c)d\"):match(\"%b()\"), (\"THE "
       "quick\"):gsub(\"%f[%a]%a+\", \"<%0>\")",
       "true|5|(a(b)c)|<THE> <quick>|2"},
      {"(\"abcabc\"):match(\"(a)(b)(c)%1%2%3\"), (\"xAyB\"):gsub(\"%u\", \".\"), "
       "(\"[a]]\"):find(\"[]]\"), (\"a-z\"):match(\"[a-]+\"), (\"a^\"):match(\"[a^]+\")",
       "true|a|x.y.|3|a-|a^"},
      {"(\"abc\"):gsub(\"\", \"-\"), (\"abc\"):gsub(\"b\", \"%%\"), (\"abc\"):gsub(\"(b)\", "
       "\"%1%1\", 1), (\"aaa\"):gsub(\"a\", \"b\", 2), (\"abc\"):gsub(\"^a\", \"x\")",
       "true|-a-b-c-|a%c|abbc|bba|xbc|1"},
      {"(\"abc\"):gsub(\"%w\", {a = \"1\", b = true and 2, c = false}), (\"abc\"):gsub(\"%w\", "
       "function(c) if c == \"b\" then return \"B\" end end)",
       "true|12c|aBc|3"},
      {"(\"a%b\"):gsub(\"b\", \"%\") == \"a%\\0\"", "true|true"},
      {"(\"\\0\\1z\"):gsub(\"%z\", \"0\"), (\"\\0\\1z\"):gsub(\"%Z\", \"1\")",
       "true|0\001z|\00011|2"sv},
      {"(\"aXb\"):find(\"%u%l\"), (\"aaab\"):match(\"a-b\"), (\"aaab\"):match(\"a?a?ab\"), "
       "(\"ab\"):match(\"^b\")",
       "true|2|aaab|aaab|nil"},
      {"(function() local t = {} for k, v in (\"a=1, b=2\"):gmatch(\"(%w)=(%w)\") do t[#t + 1] = k "
       ".. v end return table.concat(t, \" \") end)()",
       "true|a1 b2"},
      {"(function() local t = {} for w in (\"ab\"):gmatch(\"x*\") do t[#t + 1] = #w end return "
       "table.concat(t, \" \") end)()",
       "true|0 0 0"},
      {"string.gfind == string.gmatch", "true|true"},
      {"(\"x\"):find(\"%\")", "false|user_script:1: malformed pattern (ends with '%')"},
      {"(\"x\"):find(\"[x\")", "false|user_script:1: malformed pattern (missing ']')"},
      {"(\"x\"):find(\"[%\")", "false|user_script:1: malformed pattern (missing ']')"},
      {"(\"x\"):find(\"(x\")", "false|user_script:1: unfinished capture"},
      {"(\"x\"):find(\"x)\")", "true|nil"},
      {"(\"x\"):find(\"%1\")", "false|user_script:1: invalid capture index"},
      {"(\"x\"):find(\"(%1)\")", "false|user_script:1: invalid capture index"},
      {"(\"x\"):find(\"%b\")", "false|user_script:1: unbalanced pattern"},
      {"(\"x\"):find(\"%fx\")", "false|user_script:1: missing '[' after '%f' in pattern"},
      {"(\"a\"):find(\"b%\")", "true|nil"},
      {"(\"x\"):gsub(\"x\", \"%2\")", "false|user_script:1: invalid capture index"},
      {"(\"x\"):gsub(\"x\", {x = {}})", "false|user_script:1: invalid replacement value (a table)"},
      {"(\"x\"):gsub(\"x\", nil)",
       "false|user_script:1: bad argument #2 to 'gsub' (string/function/table expected)"},
      {"(\"x\"):gsub(\"x\")",
       "false|user_script:1: bad argument #2 to 'gsub' (string/function/table expected)"},
      {"(\"a\"):find((\"()\"):rep(33))", "false|user_script:1: too many captures"},
      {"((\"a\"):rep(3000)):match((\"a?\"):rep(2000)):len()", "true|2000"},
      {"((\"a\"):rep(20)):find((\"a?\"):rep(20) .. (\"a\"):rep(20))", "true|1|20"},
  });
}

TEST(Strings, are_those_of_redis) {
  expect_all({
      {"(\"ab\"):rep(3), (\"x\"):rep(0), (\"x\"):rep(-1), #(\"abc\"):rep(100000)",
       "true|ababab|||300000"},
      {"(\"aBc\"):upper(), (\"aBc\"):lower(), (\"aBc\\0\"):reverse():byte(1, -1)",
       "true|ABC|abc|0|99|66|97"},
      {"(\"%5.1f|%s|%d|%q\"):format(1.25, \"x\", 3, \"a\\nb\")", "true|  1.2|x|3|\"a\\\nb\""},
      {"(\"%s\"):format()", "false|user_script:1: bad argument #1 to 'format' (no value)"},
      {"(\"%y\"):format(1)", "false|user_script:1: invalid option '%y' to 'format'"},
      {"(\"x\"):rep()",
       "false|user_script:1: bad argument #1 to 'rep' (number expected, got no value)"},
      {"string.dump(string.dump)", "false|user_script:1: unable to dump given function"},
      {"loadstring(string.dump(function() return 1 end))",
       "true|nil|[string \"\033LuaQ\"]:1: unexpected symbol near 'char(27)'"},
      {"select(2, loadstring(\"\\27Lua\"))",
       "true|[string \"\033Lua\"]:1: unexpected symbol near 'char(27)'"},
      {"select(2, load(function() return \"\\27Lua\" end))",
       "true|(load):1: unexpected symbol near 'char(27)'"},
      {"select(2, loadstring(\"x x\", \"=name\"))", "true|name:1: '=' expected near 'x'"},
  });
}

}  // namespace
}  // namespace respawn::scripting
