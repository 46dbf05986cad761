#include "scripting/script_flags.hpp"

#include <gtest/gtest.h>

namespace respawn::scripting {
namespace {

TEST(ScriptHeaderTest, AScriptMaySayNothing) {
  auto header = read_script_header("return 1");
  ASSERT_TRUE(header.ok());
  EXPECT_TRUE(header->flags.unspoken);
  EXPECT_EQ(header->body_at, 0U);
}

TEST(ScriptHeaderTest, FlagsAreListed) {
  auto header = read_script_header("#!lua flags=no-writes,allow-stale\nreturn 1");
  ASSERT_TRUE(header.ok());
  EXPECT_FALSE(header->flags.unspoken);
  EXPECT_TRUE(header->flags.has(ScriptFlag::no_writes));
  EXPECT_TRUE(header->flags.has(ScriptFlag::allow_stale));
  EXPECT_FALSE(header->flags.has(ScriptFlag::allow_oom));
  EXPECT_EQ(header->body_at, 33U);
  EXPECT_EQ(read_script_header("#!lua flags=\nreturn 1")->flags.bits, 0);
}

TEST(ScriptHeaderTest, WhatIsWrongIsSaid) {
  const auto error_of = [](std::string_view source) { return read_script_header(source).error(); };
  EXPECT_EQ(error_of("#!lua"), "Invalid script shebang");
  EXPECT_EQ(error_of("#!lua \"\n"), "Invalid engine in script shebang");
  EXPECT_EQ(error_of("#!not-lua\n"), "Unexpected engine in script shebang: #!not-lua");
  EXPECT_EQ(error_of("#!lua flags=bad\n"), "Unexpected flag in script shebang: bad");
  EXPECT_EQ(error_of("#!lua name=x\n"), "Unknown lua shebang option: name=x");
}

TEST(LibraryHeaderTest, ALibraryHasAName) {
  auto header = read_library_header("#!lua name=mine\nx");
  ASSERT_TRUE(header.ok());
  EXPECT_EQ(header->engine, "lua");
  EXPECT_EQ(header->name, "mine");
  EXPECT_EQ(header->body_at, 15U);
}

TEST(LibraryHeaderTest, WhatIsWrongIsSaid) {
  const auto error_of = [](std::string_view source) { return read_library_header(source).error(); };
  EXPECT_EQ(error_of("return 1"), "Missing library metadata");
  EXPECT_EQ(error_of("#!lua name=x"), "Invalid library metadata");
  EXPECT_EQ(error_of("#!lua\n"), "Library name was not given");
  EXPECT_EQ(error_of("#!lua name=a name=b\n"),
            "Invalid metadata value, name argument was given multiple times");
  EXPECT_EQ(error_of("#!lua name=a bad=b\n"), "Invalid metadata value given: bad=b");
}

TEST(LibraryHeaderTest, NamesAreLettersDigitsAndUnderscores) {
  EXPECT_TRUE(is_function_name("aZ_9"));
  EXPECT_FALSE(is_function_name(""));
  EXPECT_FALSE(is_function_name("a-b"));
  EXPECT_FALSE(is_function_name("\xc3\xa4"));
}

}  // namespace
}  // namespace respawn::scripting
