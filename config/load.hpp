// From the command line to a complete configuration, or one message that says what is wrong where.
#pragma once

#include <cstddef>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "config/config.hpp"
#include "config/files.hpp"
#include "config/option.hpp"

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
/// then `--name value...`, `"--name value"`, or `-`. `--check-config` may be wherever a name may,
/// and the file behind it.
Result<CommandLine> read_command_line(std::span<const std::string> arguments);

/// Where a text stands. Column and line count from 1; 0 means unknown.
struct Place {
  std::string file;  // a path, "standard input" or "command line"
  std::size_t line = 0;
  std::size_t column = 0;
};

/// A directive that is not an option: rename-command, user. words[0] is its name.
struct Directive {
  std::vector<std::string> words;
  Place place;
  std::string source_line;
};

/// What file and command line said when they were read last.
struct Reading {
  Config config;
  std::set<const Option*> stated;                 // what a line gives a value, be it the default
  std::vector<std::vector<std::string>> users{};  // the words of `user` lines
};

/// Where the running configuration came from: what reload and CONFIG REWRITE need.
struct Source {
  FileKind kind = FileKind::none;
  std::string path{};  // absolute; "" without a file
  CommandLine command_line{};
  std::shared_ptr<const Reading> reading{};         // null when nothing was read
  std::vector<std::vector<std::string>> renames{};  // rename-command directives of the start
};

struct Loaded {
  Config config;  // `dir` is absolute
  Source source;
  std::vector<Directive> directives;  // rename-command, in their order
  std::vector<Directive> users;       // `user` lines, each of another user
  std::vector<std::string> warnings;  // what was set and has no effect
};

/// Reads file, standard input and options, in this order; later ones win. What has no effect is
/// warned about, or refused where going on without it would open the server or break a promise. The
/// error is complete: print it and exit 1.
Result<Loaded> load(const CommandLine& command_line, const Files& files);

/// The same kind of message for a directive that turns out wrong later: why in Redis's words, and
/// what was expected.
Error fatal_error(const Directive& directive, std::string_view why, std::string_view hint);

/// The words of directives, without where they stand.
std::vector<std::vector<std::string>> words_of(std::span<const Directive> directives);

}  // namespace respawn::config
