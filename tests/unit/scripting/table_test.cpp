#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "tests/unit/scripting/script_state.hpp"

namespace respawn::scripting {
namespace {

TEST(Tables, are_those_of_redis) {
  expect_all({
      {"table.concat({1, \"b\", 3}, \", \"), table.concat({1, 2, 3}, \"-\", 2, 3), "
       "table.concat({}, \"x\"), table.concat({1, 2}, \"\", 3)",
       "true|1, b, 3|2-3||"},
      {"table.concat({1, {}, 3})",
       "false|user_script:1: invalid value (table) at index 2 in table for 'concat'"},
      {"table.concat({1}, \"\", 1, 2)",
       "false|user_script:1: invalid value (nil) at index 2 in table for 'concat'"},
      {"(function() local t = {1, 2, 3} table.insert(t, 2, 9) table.insert(t, 7, 8) return #t, "
       "t[2], t[7], table.remove(t, 1), t[1], table.remove({}) end)()",
       "true|4|9|8|1|9"},
      {"table.insert({}, 1, 2, 3)", "false|user_script:1: wrong number of arguments to 'insert'"},
      {"table.insert({})", "false|user_script:1: wrong number of arguments to 'insert'"},
      {"table.maxn({1, [10.5] = 2}), table.getn({1, 2}), table.foreachi({5, 6}, function(i, v) if "
       "i == 2 then return v end end)",
       "true|10.5|2|6"},
      {"table.foreach({x = 5}, function(k, v) return k .. v end)", "true|x5"},
      {"table.setn({}, 1)", "false|user_script:1: 'setn' is obsolete"},
      {"(function() local t = {} for i = 1, 1500 do t[i] = (i * 7919) % 1499 end table.sort(t) "
       "return t[1], t[750], t[1500] end)()",
       "true|0|748|1498"},
      {"(function() local t = {5, 3, 9} table.sort(t, function(a, b) return a > b end) return "
       "unpack(t) end)()",
       "true|9|5|3"},
      {"table.sort({1, \"x\"})", "false|attempt to compare string with number"},
      {"(function() local t = {} for i = 1, 1500 do t[i] = i end t[7] = \"x\" table.sort(t) end)()",
       "false|attempt to compare string with number"},
      {"table.sort({3, 1}, 1)",
       "false|user_script:1: bad argument #2 to 'sort' (function expected, got number)"},
      {"unpack({1, 2, 3}, 2), select(\"#\", unpack({}, 1, 7000))", "true|2|7000"},
      {"unpack({}, 1, 9000)", "false|user_script:1: too many results to unpack"},
      {"unpack({}, -2147483648, 2147483647)", "false|user_script:1: too many results to unpack"},
      {"unpack({}, 2, 1)", "true"},
  });
}

TEST(Numbers, are_those_of_redis) {
  expect_all({
      {"(function() math.randomseed(7) return math.random(), math.random(10), math.random(-5, 5), "
       "math.random(0, 2147483647) end)()",
       "true|0.26644419658297869|7|-3|-277263437"},
      {"(function() math.randomseed(-1) return math.random(), math.random() end)()",
       "true|0.3000257272739083|0.045311516171931993"},
      {"(function() math.randomseed(0) return math.random(1000000), math.random(1000000), "
       "math.random(1000000) end)()",
       "true|170829|749902|96372"},
      {"math.random(0)", "false|user_script:1: bad argument #1 to 'random' (interval is empty)"},
      {"math.random(2, 1)", "false|user_script:1: bad argument #2 to 'random' (interval is empty)"},
      {"math.random(1, 2, 3)", "false|user_script:1: wrong number of arguments"},
      {"math.mod(7, 4), math.pi, math.huge", "true|3|3.1415926535897931|inf"},
      {"tostring(1e15), tostring(0.1), tostring(1e100), tostring(2^53), tostring(-0)",
       "true|1e+15|0.1|1e+100|9.007199254741e+15|-0"},
      {"bit.tohex(255), bit.tohex(-1, 4), bit.tohex(255, -4), bit.tohex(2^32 + 1, 100), "
       "bit.band(-1, 255), bit.rol(1, 33)",
       "true|000000ff|ffff|00FF|00000001|255|2"},
      {"bit.tohex()",
       "false|user_script:1: bad argument #1 to 'tohex' (number expected, got no value)"},
      {"collectgarbage(\"nonsense\")",
       "false|user_script:1: bad argument #1 to 'collectgarbage' (invalid option 'nonsense')"},
  });
}

}  // namespace
}  // namespace respawn::scripting
