// One test for each class of weakness that Redis's Lua had, and for what runs long without an
// instruction of Lua's.
#include <gtest/gtest.h>

#include <string>

#include "tests/unit/scripting/script_state.hpp"

namespace respawn::scripting {
namespace {

TEST(Weaknesses, cve_2022_24735_no_code_is_left_for_other_users) {
  ScriptState state;
  state.run("pcall(function() redis.seven = 8 end) pcall(rawset, _G, 'tostring', 1)");
  state.run("pcall(function() getmetatable(_G).__index = function() return 1 end end)");
  EXPECT_EQ(state.eval("redis.seven, tostring(7), pcall(function() return absent end)"),
            "true|7|7|false|user_script:1: Script attempted to access nonexistent global variable "
            "'absent'");
}

TEST(Weaknesses, cve_2022_24736_malformed_chunks_are_refused) {
  ScriptState state;
  // Each of these crashed a parser or a run of some Lua 5.1.
  EXPECT_EQ(state.eval("loadstring('return (function(...) return ... end)(') "),
            "true|nil|[string \"return (function(...) return ... end)(\"]:1: unexpected symbol "
            "near '<eof>'");
  EXPECT_EQ(state.eval("pcall(loadstring('local a a = nil; return a.b.c.d'))"),
            "true|false|[string \"local a a = nil; return a.b.c.d\"]:1: attempt to index local 'a' "
            "(a nil value)");
  EXPECT_EQ(state.eval("pcall(loadstring('local t = {} t[nil] = 1'))"),
            "true|false|[string \"local t = {} t[nil] = 1\"]:1: table index is nil");
  EXPECT_EQ(state.eval("(loadstring('return ' .. ('('):rep(5000)))"), "true|nil");
  EXPECT_EQ(state.eval("(loadstring(('do '):rep(5000)))"), "true|nil");
  EXPECT_EQ(state.eval("(loadstring('return ' .. ('{'):rep(5000)))"), "true|nil");
}

TEST(Weaknesses, cve_2022_24834_long_results_fit_their_buffers) {
  ScriptState state;
  EXPECT_EQ(state.eval("#cjson.encode(('\\1'):rep(1000000))"), "true|6000002");
  EXPECT_EQ(state.eval("#cjson.decode(cjson.encode(('\\1'):rep(1000000)))"), "true|1000000");
  EXPECT_EQ(state.eval("#cmsgpack.pack(('x'):rep(1000000), ('y'):rep(1000000))"), "true|2000010");
  EXPECT_EQ(state.eval("#struct.pack('c1000000c1000000', ('x'):rep(1000000), ('y'):rep(1000000))"),
            "true|2000000");
}

TEST(Weaknesses, cve_2024_31449_tohex_stays_in_its_buffer) {
  ScriptState state;
  EXPECT_EQ(state.eval("bit.tohex(65535, -2147483648)"), "true|0000FFFF");
  EXPECT_EQ(state.eval("bit.tohex(1, 2147483647), bit.tohex(-1, 2^31)"), "true|00000001|FFFFFFFF");
}

TEST(Weaknesses, cve_2024_46981_no_script_has_finalizers) {
  ScriptState state;
  EXPECT_EQ(state.eval("rawget(_G, 'newproxy')"), "true|nil");
  // A table's __gc means nothing in Lua 5.1, and nothing else can be given a metatable.
  EXPECT_EQ(state.eval("(function() setmetatable({}, {__gc = function() error('ran') end}) "
                       "collectgarbage() return 'quiet' end)()"),
            "true|quiet");
  EXPECT_EQ(state.eval("pcall(setmetatable, cjson.null, {})"),
            "true|false|bad argument #1 to '?' (table expected, got userdata)");
}

TEST(Weaknesses, cve_2025_46817_unpack_counts_without_overflow) {
  ScriptState state;
  for (const char* range :
       {"-2147483648, 2147483647", "0, 2147483647", "-1, 2147483647", "-2147483648, 0", "1, 8001"})
    EXPECT_EQ(state.eval(std::string("unpack({}, ") + range + ")"),
              "false|user_script:1: too many results to unpack")
        << range;
  EXPECT_EQ(state.eval("select('#', unpack({}, 2147483647, 2147483647))"), "true|1");
}

TEST(Weaknesses, cve_2025_46818_metatables_of_basic_types_are_protected) {
  ScriptState state;
  EXPECT_EQ(state.eval("(function() getmetatable('').__index = function() return 1 end end)()"),
            "false|user_script:1: Attempt to modify a readonly table");
  EXPECT_EQ(state.eval("pcall(rawset, getmetatable(''), '__index', {})"),
            "true|false|Attempt to modify a readonly table");
  EXPECT_EQ(
      state.eval("('x'):rep(2), getmetatable(1), getmetatable(nil), getmetatable(true), "
                 "getmetatable(print_absent == nil)"),
      "false|user_script:1: Script attempted to access nonexistent global variable 'print_absent'");
  EXPECT_EQ(state.eval("getmetatable(1), getmetatable(nil), getmetatable(tostring)"),
            "true|nil|nil|nil");
}

TEST(Weaknesses, cve_2025_46819_long_brackets_are_read_within_the_source) {
  ScriptState state;
  EXPECT_EQ(state.eval("(loadstring('return [' .. ('='):rep(100000)))"), "true|nil");
  EXPECT_EQ(
      state.eval("#loadstring('return [' .. ('='):rep(1000) .. '[x]' .. ('='):rep(1000) .. ']')()"),
      "true|1");
  EXPECT_EQ(state.eval("type(loadstring('--[' .. ('='):rep(1000)))"), "true|function")
      << "an open bracket in a comment of one line";
}

TEST(Weaknesses, cve_2025_49844_a_chunks_name_survives_its_parsing) {
  ScriptState state;
  // The collector runs at every allocation while the parser works, and the name is found again in
  // the error.
  EXPECT_EQ(
      state.eval("(function() collectgarbage('setpause', 0) collectgarbage('setstepmul', 1000000) "
                 "for i = 1, 200 do local name = '=chunk ' .. i "
                 "local source = ('local x = {1, \"s' .. i .. '\"} '):rep(100) .. ' x x' "
                 "local _, message = loadstring(source, name) "
                 "if message:sub(1, #name - 1) ~= name:sub(2) then return message end end "
                 "return 'kept' end)()"),
      "true|kept");
}

/// Scripts whose work is done by one function, which asks the host again and again.
class LongRunning : public testing::TestWithParam<const char*> {};

TEST_P(LongRunning, is_ended_by_the_host) {
  ScriptState state;
  state.ends_at = 3;
  const std::string result = state.run(GetParam());
  EXPECT_EQ(state.asked, 3) << result;
  EXPECT_NE(result.find("ended"), std::string::npos) << result;
}

INSTANTIATE_TEST_SUITE_P(
    Weaknesses, LongRunning,
    testing::Values(
        "return (('a'):rep(30)):find(('a?'):rep(30) .. ('a'):rep(30) .. 'b')",
        "return (('a'):rep(100000)):find('.-.-.-b')",
        "return (('('):rep(100000)):find(('%b()'):rep(2))",
        "return (('x'):rep(3000)):gsub(('[' .. ('a'):rep(30000) .. ']'), '')",
        "return (('x'):rep(1000000)):gsub('x', string.upper)",
        "return (('x'):rep(1000000)):gsub('x', {})",
        "for x in (('a'):rep(50000) .. 'b'):gmatch('a*c') do end", "return #('x'):rep(100000000)",
        "return #(('x'):rep(300000)):upper():lower():reverse():upper()",
        "return (('x'):rep(2000000)):find('y', 1, true)",
        "local t = {} for i = 1, 2000 do t[i] = 2000 - i end for i = 1, 5 do table.sort(t) end",
        "local t = {} for i = 1, 20000 do t[i] = i end return table.concat(t, ('x'):rep(100))",
        "table.insert({}, -2147483648, 1)",
        "local t = {} for i = 1, 20000 do t[i] = 1 end table.remove(t, 1)",
        "local t = {} for i = 1, 20000 do t[i] = 1 end return table.maxn(t)",
        "local t = {} for i = 1, 20000 do t[i] = 'x' end table.foreach(t, string.match)",
        "local t = {} for i = 1, 20000 do t[i] = 'x' end table.foreachi(t, string.match)",
        "local t = {} for i = 1, 40 do t = {t, t} end return cjson.encode(t)",
        "return cjson.decode('[' .. ('1,'):rep(100000) .. '1]')",
        "return cjson.decode('\"' .. ('x'):rep(1000000) .. '\"')",
        "return cjson.decode((' '):rep(1000000) .. '1')",
        "cjson.encode_sparse_array(false, 0) return cjson.encode({[2000000000] = 1})",
        "local t = {} for i = 1, 15 do t = {t, t, t} end return cmsgpack.pack(t)",
        "return #cmsgpack.unpack('\\221\\0\\1\\0\\0' .. ('\\1'):rep(65536))",
        "return struct.size(('b'):rep(100000))", "return #struct.pack(('x'):rep(100000))",
        "for i = 1, 1000 do collectgarbage() end"));

}  // namespace
}  // namespace respawn::scripting
