#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "tests/unit/scripting/script_state.hpp"

namespace respawn::scripting {
namespace {

using std::string_view_literals::operator""sv;

TEST(MessagePack, packs_as_redis_does) {
  expect_all({
      {"cmsgpack.pack(1, 127, 128, 255, 256, 65535, 65536, 4294967295, 4294967296, 2^53)",
       "true|\001\177\314\200\314\377\315\001\000\315\377\377\316\000\001\000\000\316\377\377\377\377\317\000\000\000\001\000\000\000\000\317\000 \000\000\000\000\000\000"sv},
      {"cmsgpack.pack(-1, -32, -33, -128, -129, -32768, -32769, -2147483648, -2147483649)",
       "true|\377\340\320\337\320\200\321\377\177\321\200\000\322\377\377\177\377\322\200\000\000\000\323\377\377\377\377\177\377\377\377"sv},
      {"cmsgpack.pack(2^63, -2^63, 2^64, 0.5, 0.1, 1/0, -0)",
       "true|\312_\000\000\000\323\200\000\000\000\000\000\000\000\312_\200\000\000\312?\000\000\000\313?\271\231\231\231\231\231\232\312\177\200\000\000\000"sv},
      {"cmsgpack.pack(\"\", (\"x\"):rep(31):len(), \"a\\0b\", true, false, nil, tostring)",
       "true|\240\037\243a\000b\303\302\300\300"sv},
      {"cmsgpack.pack({1, 2, {3}}, {}, {x = 1}, {[1] = 1, [3] = 3}, {[1.5] = 1})",
       "true|\223\001\002\221\003\220\201\241x\001\202\001\001\003\003\201\312?\300\000\000\001"sv},
      {"#cmsgpack.pack((\"x\"):rep(31)), #cmsgpack.pack((\"x\"):rep(32)), "
       "#cmsgpack.pack((\"x\"):rep(256)), #cmsgpack.pack((\"x\"):rep(65536))",
       "true|32|34|259|65541"},
      {"(function() local t = {} t[1] = t return cmsgpack.pack(t) end)()",
       "true|\221\221\221\221\221\221\221\221\221\221\221\221\221\221\221\221\300"},
      {"cmsgpack.pack()",
       "false|user_script:1: bad argument #0 to 'pack' (MessagePack pack needs input.)"},
  });
}

TEST(MessagePack, unpacks_as_redis_does) {
  expect_all({
      {"cmsgpack.unpack("
       "\"\\1\\127\\255\\224\\204\\255\\205\\1\\0\\206\\0\\1\\0\\0\\207\\255\\255\\255\\255\\255\\2"
       "55\\255\\255\")",
       "true|1|127|-1|-32|255|256|65536|-1"},
      {"cmsgpack.unpack("
       "\"\\208\\128\\209\\128\\0\\210\\128\\0\\0\\0\\211\\128\\0\\0\\0\\0\\0\\0\\0\")",
       "true|-128|-32768|-2147483648|-9.2233720368547758e+18"},
      {"cmsgpack.unpack("
       "\"\\202\\63\\0\\0\\0\\203\\63\\185\\153\\153\\153\\153\\153\\154\\192\\194\\195\")",
       "true|0.5|0.10000000000000001|nil|false|true"},
      {"cmsgpack.unpack(\"\\161a\\217\\1b\\218\\0\\1c\\219\\0\\0\\0\\1d\\160\")", "true|a|b|c|d|"},
      {"#cmsgpack.unpack(\"\\147\\1\\2\\144\"), cmsgpack.unpack(\"\\129\\161k\\145\\5\").k[1]",
       "true|3|5"},
      {"#cmsgpack.unpack(\"\\220\\0\\2\\1\\2\"), cmsgpack.unpack(\"\\222\\0\\1\\1\\2\")[1]",
       "true|2|2"},
      {"cmsgpack.unpack(\"\")", "true"},
      {"cmsgpack.unpack(\"\\193\")", "false|user_script:1: Bad data format in input."},
      {"cmsgpack.unpack(\"\\196\\1a\")", "false|user_script:1: Bad data format in input."},
      {"cmsgpack.unpack(\"\\205\\1\")", "false|user_script:1: Missing bytes in input."},
      {"cmsgpack.unpack(\"\\162a\")", "false|user_script:1: Missing bytes in input."},
      {"cmsgpack.unpack(\"\\146\\1\")", "false|user_script:1: Missing bytes in input."},
      {"cmsgpack.unpack(\"\\221\\255\\255\\255\\255\\1\")",
       "false|user_script:1: Missing bytes in input."},
      {"cmsgpack.unpack(\"\\219\\255\\255\\255\\255a\")",
       "false|user_script:1: Missing bytes in input."},
      {"cmsgpack.unpack(\"\\129\\192\\1\")", "false|table index is nil"},
      {"cmsgpack.unpack_one(\"\\1\\2\\3\"), cmsgpack.unpack_one(\"\\1\\2\\3\", 1), "
       "cmsgpack.unpack_one(\"\\1\\2\\3\", 2)",
       "true|1|2|-1|3"},
      {"cmsgpack.unpack_limit(\"\\1\\2\\3\", 2), cmsgpack.unpack_limit(\"\\1\\2\\3\", 5, 1)",
       "true|2|-1|2|3"},
      {"cmsgpack.unpack_limit(\"\\1\\2\\3\", 0, 0)", "true|1|2|3"},
      {"cmsgpack.unpack_limit(\"\\1\\2\\3\", -1)",
       "false|user_script:1: Invalid request to unpack with offset of 0 and limit of 3."},
      {"cmsgpack.unpack_one(\"\\1\", 2)",
       "false|user_script:1: Start offset 2 greater than input length 1."},
      {"cmsgpack.unpack_one(\"\\1\", -1)",
       "false|user_script:1: Invalid request to unpack with offset of -1 and limit of 1."},
      {"cmsgpack.unpack_one()",
       "false|user_script:1: bad argument #1 to 'unpack_one' (string expected, got no value)"},
      {"cmsgpack.unpack((\"\\1\"):rep(9000))",
       "false|user_script:1: stack overflow (too many return values at once; use unpack_one or "
       "unpack_limit instead.)"},
  });
}

}  // namespace
}  // namespace respawn::scripting
