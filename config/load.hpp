// From the command line to a complete configuration, or one message that says what is wrong where.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "config/config.hpp"
#include "config/files.hpp"

namespace respawn::config {

/// What the file is decides its content, not its name: JSON when the first thing that is not a
/// blank or a // or /* comment is '{', a redis.conf otherwise (no directive starts with a brace,
/// and '#' starts its comments). So `-` works for both, and a file may have any name.
enum class FileKind { none, json, classic };

enum class Action { serve, help, version, check_config };

/// What the program was asked to do, not yet read.
struct CommandLine {
  Action action = Action::serve;
  std::string path{};           // "": no file
  bool standard_input = false;  // "-" was given: read after the file
  std::string options{};        // "--port 7000" and so on, as lines of a redis.conf
};

/// Splits the arguments behind the program's name as redis-server does: an optional file first,
/// then `--name value...`, `"--name value"`, or `-`. `--check-config` may be anywhere.
Result<CommandLine> read_command_line(std::span<const std::string> arguments);

/// Where a text stands. Column and line count from 1; 0 means unknown.
struct Place {
  std::string file;  // a path, "standard input" or "command line"
  std::size_t line = 0;
  std::size_t column = 0;
};

/// A directive that is not an option: rename-command, user, loadmodule. words[0] is its name.
struct Directive {
  std::vector<std::string> words;
  Place place;
  std::string source_line;
};

/// Where the running configuration came from: what reload and CONFIG REWRITE need.
struct Source {
  FileKind kind = FileKind::none;
  std::string path{};  // absolute; "" without a file
  CommandLine command_line{};
};

struct Loaded {
  Config config;  // `dir` is absolute
  Source source;
  std::vector<Directive> directives;  // in their order
  std::vector<std::string> warnings;  // options that were set and have no effect yet
};

/// Reads file, standard input and options, in this order; later ones win. The error is complete:
/// print it and exit 1.
Result<Loaded> load(const CommandLine& command_line, const Files& files);

/// The same kind of message for a directive that turns out wrong later.
Error fatal_error(const Directive& directive, std::string_view why);

}  // namespace respawn::config
