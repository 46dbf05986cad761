#include "engine/table/syntax_tree.hpp"
#include "commands/families.hpp"

#include <gtest/gtest.h>

#include "engine/table/registry.hpp"

namespace respawn::engine {
namespace {

std::string drawn(const std::vector<Argument>& arguments);

/// name:type, TOKEN= in front, ? * ^ for optional, multiple and multiple token.
std::string drawn(const Argument& argument) {
  std::string text;
  if (!argument.token.empty()) text += std::string(argument.token) + "=";
  text += argument.name + ":" + std::string(name_of(argument.type));
  if (argument.key_spec_index >= 0) text += std::to_string(argument.key_spec_index);
  if (argument.optional) text += "?";
  if (argument.multiple) text += "*";
  if (argument.multiple_token) text += "^";
  if (!argument.arguments.empty()) text += "(" + drawn(argument.arguments) + ")";
  return text;
}

std::string drawn(const std::vector<Argument>& arguments) {
  std::string text;
  for (const Argument& argument : arguments) text += (text.empty() ? "" : " ") + drawn(argument);
  return text;
}

std::string parsed(std::string_view syntax, int key_specs = 0) {
  CommandSpec spec;
  spec.name = "test";
  spec.syntax = syntax;
  for (int i = 0; i < key_specs; ++i) spec.keys[static_cast<std::size_t>(i)] = keys({}, i + 1);
  return drawn(parse_syntax(spec));
}

TEST(SyntaxTree, WordsAreArgumentsOfTheTypeOfTheirName) {
  EXPECT_EQ(parsed(""), "");
  EXPECT_EQ(parsed("value count pattern unix-time-seconds score"),
            "value:string count:integer pattern:pattern unix-time-seconds:unix-time score:double");
}

TEST(SyntaxTree, KeysPointToTheirSpecification) {
  EXPECT_EQ(parsed("key value", 1), "key:key0 value:string");
  EXPECT_EQ(parsed("source destination", 2), "source:key0 destination:key1");
  EXPECT_EQ(parsed("key [key ...] value", 1), "key:key0* value:string");
  EXPECT_EQ(parsed("destination key [key ...]", 2), "destination:key0 key:key1*");
  EXPECT_EQ(parsed("key"), "key:string");
}

TEST(SyntaxTree, RepetitionsOfSeveralWordsAreBlocks) {
  EXPECT_EQ(parsed("key value [key value ...]", 1), "key_value:block*(key:key0 value:string)");
  EXPECT_EQ(parsed("[section [section ...]]"), "section:string?*");
}

TEST(SyntaxTree, OptionsAreMarked) {
  EXPECT_EQ(parsed("[ABSTTL]"), "ABSTTL=absttl:pure-token?");
  EXPECT_EQ(parsed("[COUNT count]"), "COUNT=count:integer?");
  EXPECT_EQ(parsed("[LIMIT offset count]"),
            "LIMIT=offset_count:block?(offset:integer count:integer)");
  EXPECT_EQ(parsed("[protover [AUTH username password] [SETNAME clientname]]"),
            "protover_username_password_clientname:block?(protover:integer "
            "AUTH=username_password:block?(username:string password:string) "
            "SETNAME=clientname:string?)");
}

TEST(SyntaxTree, AlternativesAreAChoice) {
  EXPECT_EQ(parsed("<LEFT | RIGHT>"),
            "left_right:oneof(LEFT=left:pure-token RIGHT=right:pure-token)");
  EXPECT_EQ(parsed("[EX seconds | KEEPTTL]"),
            "seconds_keepttl:oneof?(EX=seconds:integer KEEPTTL=keepttl:pure-token)");
  EXPECT_EQ(parsed("[TYPE <NORMAL | PUBSUB>]"),
            "TYPE=normal_pubsub:oneof?(NORMAL=normal:pure-token PUBSUB=pubsub:pure-token)");
  EXPECT_EQ(parsed("<* | id>"), "*_id:oneof(*=*:pure-token id:string)");
}

TEST(SyntaxTree, ATokenOutsideOfGroupsTakesOneArgument) {
  EXPECT_EQ(parsed("FROM source value"), "FROM=source:string value:string");
  EXPECT_EQ(parsed("BY <ONE | TWO> value"),
            "BY=one_two:oneof(ONE=one:pure-token TWO=two:pure-token) value:string");
  EXPECT_EQ(parsed("ONE TWO value"), "ONE=one:pure-token TWO=value:string");
  EXPECT_EQ(parsed("ONE [value]"), "ONE=one:pure-token value:string?");
}

TEST(SyntaxTree, ATokenMayBePartOfTheRepetition) {
  EXPECT_EQ(parsed("[GET pattern [GET pattern ...]]"), "GET=pattern:pattern?*^");
  EXPECT_EQ(parsed("[ID client-id [client-id ...]]"), "ID=client-id:integer?*");
}

TEST(SyntaxTree, AWholeGroupMayBeRepeated) {
  EXPECT_EQ(parsed("[GET a offset [GET a offset ...]]"),
            "GET=a_offset:block?*^(a:string offset:integer)");
  EXPECT_EQ(parsed("[GET a | PUT b ...]"), "a_b:oneof?*(GET=a:string PUT=b:string)");
}

TEST(SyntaxTree, TimeoutsOfBlockingCommandsHaveFractions) {
  CommandSpec spec;
  spec.syntax = "timeout";
  EXPECT_EQ(drawn(parse_syntax(spec)), "timeout:integer");
  spec.flags = {Flag::blocking};
  EXPECT_EQ(drawn(parse_syntax(spec)), "timeout:double");
}

void check_all(std::span<Command* const> commands) {
  for (const Command* command : commands) {
    const std::vector<Argument> arguments = parse_syntax(*command->spec);
    EXPECT_EQ(arguments.empty(), command->spec->syntax.empty()) << command->spec->name;
    check_all(command->subcommands);
  }
}

TEST(SyntaxTree, EveryRowParses) {
  const Registry registry(commands::every_family());
  check_all(registry.commands());
}

}  // namespace
}  // namespace respawn::engine
