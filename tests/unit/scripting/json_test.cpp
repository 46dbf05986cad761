#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "tests/unit/scripting/script_state.hpp"

namespace respawn::scripting {
namespace {

TEST(Json, encodes_as_redis_does) {
  expect_all({
      {"cjson.encode({1, 2.5, \"a/b\\\"\\\\\\n\\1\\127\", true, false, cjson.null, {}, {x = "
       "{{1}}}})",
       "true|[1,2.5,\"a\\/b\\\"\\\\\\n\\u0001\\u007f\",true,false,null,{},{\"x\":[[1]]}]"},
      {"cjson.encode({0, -0, 1e14, 99999999999999, 1e15, 0.1, 1/3, 1e300, 5e-324, "
       "-123456789012345})",
       "true|[0,0,1e+14,99999999999999,1e+15,0.1,0.33333333333333,1e+300,4.9406564584125e-324,-1."
       "2345678901234e+14]"},
      {"cjson.encode({[1] = 1, [3] = 3})", "true|[1,null,3]"},
      {"cjson.encode({[1] = 1, [30] = 1})",
       "false|user_script:1: Cannot serialise table: excessively sparse array"},
      {"cjson.encode({[11] = 1})",
       "false|user_script:1: Cannot serialise table: excessively sparse array"},
      {"cjson.encode({[1e10] = 1})", "true|{\"10000000000\":1}"},
      {"cjson.encode({[1.5] = 1})", "true|{\"1.5\":1}"},
      {"cjson.encode({[-1] = 1})", "true|{\"-1\":1}"},
      {"cjson.encode({[true] = 1})",
       "false|user_script:1: Cannot serialise boolean: table key must be a number or string"},
      {"cjson.encode(\"\\200\\0x\")", "true|\"\310\\u0000x\""},
      {"cjson.encode(nil)", "true|null"},
      {"cjson.encode(tostring)",
       "false|user_script:1: Cannot serialise function: type not supported"},
      {"cjson.encode(0/0)", "false|user_script:1: Cannot serialise number: must not be NaN or Inf"},
      {"cjson.encode({[1/0] = 1})",
       "false|user_script:1: Cannot serialise number: must not be NaN or Inf"},
      {"cjson.encode()", "false|user_script:1: bad argument #1 to 'encode' (expected 1 argument)"},
      {"cjson.encode(1, 2)",
       "false|user_script:1: bad argument #1 to 'encode' (expected 1 argument)"},
  });
}

TEST(Json, decodes_as_redis_does) {
  expect_all({
      {"#cjson.decode('[1,2,[3]]'), cjson.decode('[1,2,[3]]')[3][1]", "true|3|3"},
      {"cjson.decode('{\"a\":{\"b\":null}}').a.b == cjson.null", "true|true"},
      {"cjson.decode('\"a\\\\u0041\\\\u00e9\\\\u20ac\\\\ud83d\\\\ude00\\\\n\\\\/\"')",
       "true|aA\303\251\342\202\254\360\237\230\200\n/"},
      {"cjson.decode('[0x10,+1,01,-inf,1e5]')[1], cjson.decode('[0x10,+1,01,-inf,1e5]')[4]",
       "true|16|-inf"},
      {"cjson.decode('-1.5e-3'), cjson.decode('123456789012345678'), cjson.decode('1e400'), "
       "cjson.decode('1e-400')",
       "true|-0.0015|1.2345678901234568e+17|inf|0"},
      {"cjson.decode('1\\0rest')",
       "false|user_script:1: JSON parser does not support UTF-16 or UTF-32"},
      {"cjson.decode('\"\\\\ud83d\"')",
       "false|user_script:1: Expected value but found invalid unicode escape code at character 2"},
      {"cjson.decode('\"\\\\ude00\"')",
       "false|user_script:1: Expected value but found invalid unicode escape code at character 2"},
      {"cjson.decode('\"\\\\x\"')",
       "false|user_script:1: Expected value but found invalid escape code at character 2"},
      {"cjson.decode('\"\\\\u12\"')",
       "false|user_script:1: Expected value but found invalid unicode escape code at character 2"},
      {"cjson.decode('\"abc')",
       "false|user_script:1: Expected value but found unexpected end of string at character 5"},
      {"cjson.decode('[1,]')",
       "false|user_script:1: Expected value but found T_ARR_END at character 4"},
      {"cjson.decode('[1 2]')",
       "false|user_script:1: Expected comma or array end but found T_NUMBER at character 4"},
      {"cjson.decode('{\"a\" 1}')",
       "false|user_script:1: Expected colon but found T_NUMBER at character 6"},
      {"cjson.decode('{\"a\":1,}')",
       "false|user_script:1: Expected object key string but found T_OBJ_END at character 8"},
      {"cjson.decode('{1:2}')",
       "false|user_script:1: Expected object key string but found T_NUMBER at character 2"},
      {"cjson.decode('{\"a\":1 \"b\":2}')",
       "false|user_script:1: Expected comma or object end but found T_STRING at character 8"},
      {"cjson.decode('tru')",
       "false|user_script:1: Expected value but found invalid token at character 1"},
      {"cjson.decode('[-]')",
       "false|user_script:1: Expected value but found invalid number at character 2"},
      {"cjson.decode('1 2')",
       "false|user_script:1: Expected the end but found T_NUMBER at character 3"},
      {"cjson.decode('')", "false|user_script:1: Expected value but found T_END at character 1"},
      {"cjson.decode('\\0a')",
       "false|user_script:1: JSON parser does not support UTF-16 or UTF-32"},
      {"cjson.decode({})",
       "false|user_script:1: bad argument #1 to 'decode' (string expected, got table)"},
      {"cjson.decode(('['):rep(1001))",
       "false|user_script:1: Found too many nested data structures (1001) at character 1001"},
      {"#cjson.decode(('['):rep(1000) .. (']'):rep(1000))", "true|1"},
  });
}

TEST(Json, has_the_settings_of_redis) {
  expect_all({
      {"cjson.encode_max_depth(), cjson.decode_max_depth(), cjson.encode_number_precision(), "
       "cjson.encode_keep_buffer()",
       "true|1000|1000|14|true"},
      {"cjson.encode_sparse_array()", "true|false|2|10"},
      {"cjson.encode_sparse_array(true, 1, 2), cjson.encode({[1] = 1, [9] = 1})",
       "true|true|{\"1\":1,\"9\":1}"},
      {"cjson.encode_max_depth(1), pcall(cjson.encode, {{1}})",
       "true|1|false|Cannot serialise, excessive nesting (2)"},
      {"cjson.decode_max_depth(1), pcall(cjson.decode, '[[1]]')",
       "true|1|false|Found too many nested data structures (2) at character 2"},
      {"cjson.encode_number_precision(3), cjson.encode({1/3, 123456})", "true|3|[0.333,1.23e+05]"},
      {"cjson.encode_number_precision(15)",
       "false|user_script:1: bad argument #1 to 'encode_number_precision' (expected integer "
       "between 1 and 14)"},
      {"cjson.encode_invalid_numbers(\"null\"), cjson.encode({1/0, -1/0, 0/0})",
       "true|null|[null,null,null]"},
      {"cjson.encode_invalid_numbers(true), cjson.encode({1/0, -1/0, 0/0})",
       "true|true|[inf,-inf,nan]"},
      {"cjson.decode_invalid_numbers(false), pcall(cjson.decode, '[0x10]')",
       "true|false|false|Expected value but found invalid number at character 2"},
      {"cjson.decode_invalid_numbers(\"maybe\")",
       "false|user_script:1: bad argument #1 to 'decode_invalid_numbers' (invalid option 'maybe')"},
      {"cjson.encode_max_depth(0)",
       "false|user_script:1: bad argument #1 to 'encode_max_depth' (expected integer between 1 and "
       "2147483647)"},
      {"cjson.encode_max_depth(1, 2)",
       "false|user_script:1: bad argument #2 to 'encode_max_depth' (found too many arguments)"},
      {"cjson.new().encode_max_depth(1), cjson.new().encode({{1}})", "true|1|[[1]]"},
  });
}

}  // namespace
}  // namespace respawn::scripting
