#include "base/text.hpp"
#include "config/load.hpp"

namespace respawn::config {
namespace {

constexpr std::string_view check_only = "--check-config";

bool is_option(const std::string& argument) {
  return argument.starts_with("--");
}

/// Collects the options as lines of a redis.conf.
class OptionLines {
 public:
  /// An argument that starts with "--" where a name may stand. `next` is the argument behind it,
  /// or null.
  void add_name(const std::string& argument, const std::string* next) {
    if (!lines_.empty()) lines_ += '\n';
    lines_ += argument.substr(2) + " ";
    auto words = split_quoted(argument);
    wants_value_ = words && words->size() == 1;
    if (!wants_value_ || !iequals(argument, "--save")) return;
    // "--save" with nothing behind it switches snapshots off, as it always did.
    if (next == nullptr || is_option(*next)) {
      lines_ += "\"\"";
      wants_value_ = false;
    }
  }

  void add_value(const std::string& argument) {
    lines_ += quoted(argument) + " ";
    wants_value_ = false;
  }

  /// Whether the last name still lacks a value, so that even "--x" is one.
  [[nodiscard]] bool wants_value() const { return wants_value_; }

  [[nodiscard]] const std::string& lines() const { return lines_; }

 private:
  std::string lines_;
  bool wants_value_ = false;
};

}  // namespace

Result<CommandLine> read_command_line(std::span<const std::string> arguments) {
  CommandLine line;
  while (!arguments.empty() && arguments.front() == check_only) {
    line.action = Action::check_config;
    arguments = arguments.subspan(1);
  }
  if (arguments.empty()) return line;
  const std::string& first = arguments.front();
  if (first == "-h" || first == "--help") line.action = Action::help;
  if (first == "-v" || first == "--version") line.action = Action::version;
  if (line.action == Action::help || line.action == Action::version) return line;
  if (first == "--test-memory")
    return failure("--test-memory is not supported: test memory with a tool such as memtester");

  std::size_t at = 0;
  if (!first.starts_with('-')) {
    line.path = first;
    at = 1;
  }
  OptionLines options;
  bool file_may_follow = false;
  for (; at < arguments.size(); ++at) {
    const std::string& argument = arguments[at];
    const std::string* next = at + 1 < arguments.size() ? &arguments[at + 1] : nullptr;
    const bool is_file = file_may_follow && line.path.empty() && !argument.starts_with('-');
    file_may_follow = false;
    if (argument == "-" && (at == 0 || next == nullptr)) {
      line.standard_input = true;
    } else if (is_file) {
      line.path = argument;
    } else if (options.wants_value() || !is_option(argument)) {
      options.add_value(argument);
    } else if (argument == check_only) {
      line.action = Action::check_config;
      file_may_follow = true;
    } else {
      options.add_name(argument, next);
    }
  }
  line.options = options.lines();
  return line;
}

}  // namespace respawn::config
