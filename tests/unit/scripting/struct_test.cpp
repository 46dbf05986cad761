#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "tests/unit/scripting/script_state.hpp"

namespace respawn::scripting {
namespace {

using std::string_view_literals::operator""sv;

TEST(Struct, packs_as_redis_does) {
  expect_all({
      {"struct.pack(\"bBhHlLT\", -1, 255, -2, 65535, -3, 4, 5)",
       "true|\377\377\376\377\377\377\375\377\377\377\377\377\377\377\004\000\000\000\000\000\000\000\005\000\000\000\000\000\000\000"sv},
      {"struct.pack(\">i4<i4>I3i\", 1, 2, 3, 4)",
       "true|\000\000\000\001\002\000\000\000\000\000\003\000\000\000\004"sv},
      {"struct.pack(\"!bi!2bi!8bd\", 1, 2, 3, 4, 5, 6)",
       "true|\001\000\000\000\002\000\000\000\003\000\004\000\000\000\005\000\000\000\000\000\000\000\030@"sv},
      {"struct.pack(\"fd>fd\", 1.5, 0.1, 1.5, 0.1)",
       "true|\000\000\300?\232\231\231\231\231\231\271??\300\000\000?\271\231\231\231\231\231\232"sv},
      {"struct.pack(\"c3c0sx\", \"abcdef\", \"xy\", \"z\")", "true|abcxyz\000\000"sv},
      {"struct.pack(\"i16>i9\", -2, -2)",
       "true|\376\377\377\377\377\377\377\377\000\000\000\000\000\000\000\000\000\377\377\377\377\377\377\377\376"sv},
      {"struct.pack(\"LLL\", 2^63, 2^64, -2^70)",
       "true|\000\000\000\000\000\000\000\200\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\200"sv},
      {"struct.pack(\"c5\", \"abc\")",
       "false|user_script:1: bad argument #3 to 'pack' (string too short)"},
      {"struct.pack(\"i33\", 1)",
       "false|user_script:1: integral size 33 is larger than limit of 32"},
      {"struct.pack(\"i99999999999\", 1)", "false|user_script:1: integral size overflow"},
      {"struct.pack(\"!3\")", "false|user_script:1: alignment 3 is not a power of 2"},
      {"struct.pack(\"z\", 1)",
       "false|user_script:1: bad argument #1 to 'pack' (invalid format option 'z')"},
      {"struct.pack(\"i\")",
       "false|user_script:1: bad argument #2 to 'pack' (number expected, got nil)"},
      {"struct.pack(\"i\", \"x\")",
       "false|user_script:1: bad argument #2 to 'pack' (number expected, got string)"},
      {"struct.pack()",
       "false|user_script:1: bad argument #1 to 'pack' (string expected, got no value)"},
  });
}

TEST(Struct, unpacks_as_redis_does) {
  expect_all({
      {"struct.unpack(\"bBhH\", \"\\255\\255\\254\\255\\254\\255\")", "true|-1|255|-2|65534|7"},
      {"struct.unpack(\">hI3i8\", \"\\1\\2\\1\\2\\3\\255\\255\\255\\255\\255\\255\\255\\254\")",
       "true|258|66051|-2|14"},
      {"struct.unpack(\"fd\", \"\\0\\0\\192\\63\\154\\153\\153\\153\\153\\153\\185\\63\")",
       "true|1.5|0.10000000000000001|13"},
      {"struct.unpack(\"sc2bc0\", \"ab\\0cd\\2ef\")", "true|ab|cd|ef|9"},
      {"struct.unpack(\"I16i9\", (\"\\255\"):rep(25))", "true|1.8446744073709552e+19|-1|26"},
      {"struct.unpack(\"b\", \"abc\", 3)", "true|99|4"},
      {"struct.unpack(\"b\", \"abc\", 4)",
       "false|user_script:1: bad argument #2 to 'unpack' (data string too short)"},
      {"struct.unpack(\"b\", \"abc\", 0)",
       "false|user_script:1: bad argument #3 to 'unpack' (offset must be 1 or greater)"},
      {"struct.unpack(\"b\", \"abc\", -1)",
       "false|user_script:1: bad argument #2 to 'unpack' (data string too short)"},
      {"struct.unpack(\"c0\", \"abc\")", "false|user_script:1: format 'c0' needs a previous size"},
      {"struct.unpack(\"bc0\", \"\\255abc\")",
       "false|user_script:1: bad argument #2 to 'unpack' (data string too short)"},
      {"struct.unpack(\"s\", \"abc\")", "false|user_script:1: unfinished string in data"},
      {"struct.unpack(\"c2147483647\", \"abc\")",
       "false|user_script:1: bad argument #2 to 'unpack' (data string too short)"},
      {"struct.unpack((\"b\"):rep(9000), (\"x\"):rep(9000))",
       "false|user_script:1: stack overflow (too many results)"},
      {"struct.size(\"!bi8hd\"), struct.size(\"c10x\"), struct.size(\"q\")", "true|32|11|0"},
      {"struct.size(\"s\")",
       "false|user_script:1: bad argument #1 to 'size' (option 's' has no fixed size)"},
      {"struct.size(\"c0\")",
       "false|user_script:1: bad argument #1 to 'size' (option 'c0' has no fixed size)"},
      {"struct.size(\"c99999999999\")", "false|user_script:1: integral size overflow"},
  });
}

}  // namespace
}  // namespace respawn::scripting
