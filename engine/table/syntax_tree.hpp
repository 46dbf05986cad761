// A command's syntax line as a tree of arguments: what COMMAND DOCS and redis-cli's hints show.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/table/spec.hpp"

namespace respawn::engine {

enum class ArgumentType : std::uint8_t {
  string,
  integer,
  real,
  key,
  pattern,
  unix_time,
  pure_token,
  oneof,
  block,
};

/// "string", "integer", "double", ...
[[nodiscard]] std::string_view name_of(ArgumentType type);

struct Argument {
  std::string name;
  ArgumentType type = ArgumentType::string;
  std::string_view token{};  // the word in front of it, or itself
  int key_spec_index = -1;   // of a key
  bool optional = false;
  bool multiple = false;
  bool multiple_token = false;  // the token is repeated, too
  std::vector<Argument> arguments{};
};

/// Grammar: see CommandSpec::syntax. The type of an argument follows from its name; the name of a
/// block from its parts. Views point into the spec.
[[nodiscard]] std::vector<Argument> parse_syntax(const CommandSpec& spec);

}  // namespace respawn::engine
