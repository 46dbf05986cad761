#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "config/loader.hpp"
#include "config/option_value.hpp"
#include "config/rewrite.hpp"

namespace respawn::config {
namespace {

/// Finds no file: what an include directive brings is not part of the text at hand.
class NoFiles final : public Files {
 public:
  [[nodiscard]] Result<std::string> read(const std::string&) const override {
    return failure("No such file or directory");
  }

  [[nodiscard]] Result<std::string> read_standard_input() const override {
    return failure("No such file or directory");
  }

  [[nodiscard]] std::vector<std::string> matching(const std::string&) const override { return {}; }

  [[nodiscard]] std::string absolute(const std::string& path) const override { return path; }

  [[nodiscard]] Result<std::string> directory(const std::string& path) const override {
    return path;
  }

  [[nodiscard]] Status replace(const std::string&, const std::string&) const override {
    return failure("Read-only file system");
  }
};

/// What a file says about one option.
struct Stated {
  std::string name;  // as written: the option's name or its alias
  std::vector<std::size_t> lines;
  std::string own_text;  // its lines alone, as a text
};

std::string word(std::string_view text) {
  auto is_plain = [](char c) { return c > ' ' && c < 127 && c != '"' && c != '\'' && c != '\\'; };
  bool plain = !text.empty() && std::all_of(text.begin(), text.end(), is_plain);
  return plain ? std::string(text) : quoted(text);
}

std::string words_line(std::string line, const std::vector<std::string>& words) {
  for (const std::string& each : words) line += " " + word(each);
  if (words.empty()) line += " \"\"";
  return line;
}

std::vector<std::string> limit_lines(const std::string& name, const OutputLimits& limits) {
  const OutputLimits defaults = Config().client_output_buffer_limit;
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < output_classes().size(); ++at) {
    const OutputLimit& limit = output_limit(limits, at);
    if (limit == output_limit(defaults, at)) continue;
    std::string_view who = output_classes()[at] == "slave" ? "replica" : output_classes()[at];
    lines.push_back(name + " " + std::string(who) + " " + format_memory_size(limit.hard_bytes) +
                    " " + format_memory_size(limit.soft_bytes) + " " +
                    std::to_string(limit.soft_seconds));
  }
  return lines;
}

/// The lines that set an option to a value; no line where the default needs none.
std::vector<std::string> lines_of(const Option& option, const std::string& name,
                                  const Value& value) {
  switch (option.kind) {
    case Kind::save_points: {
      std::vector<std::string> lines;
      for (const SavePoint& point : std::get<std::vector<SavePoint>>(value))
        lines.push_back(name + " " + std::to_string(point.seconds) + " " +
                        std::to_string(point.changes));
      if (lines.empty()) lines.push_back(name + " \"\"");
      return lines;
    }
    case Kind::output_limits:
      return limit_lines(name, std::get<OutputLimits>(value));
    case Kind::words:
      return {words_line(name, std::get<std::vector<std::string>>(value))};
    case Kind::replica_of: {
      const auto& address = std::get<std::vector<std::string>>(value);
      if (address.empty()) return {};
      return {words_line(name, address)};
    }
    case Kind::memory:
      return {name + " " + format_memory_size(std::get<std::uint64_t>(value))};
    case Kind::text:
    case Kind::keyspace_events:
      return {name + " " + word(format_value(option, value))};
    default: {
      std::string printed = format_value(option, value);
      return {name + " " + (printed.empty() ? "\"\"" : printed)};
    }
  }
}

/// The option that a line is about, and the name it uses; null for comments and other directives.
const Option* option_of(std::string_view raw, std::string& name) {
  std::string_view line = trim(raw);
  if (line.empty() || line.starts_with('#')) return nullptr;
  auto words = split_quoted(line);
  if (!words || words->empty()) return nullptr;
  name = to_lower(words->front());
  return find_option(name);
}

std::map<const Option*, Stated> what_is_stated(const std::vector<std::string_view>& lines) {
  std::map<const Option*, Stated> stated;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    std::string name;
    const Option* option = option_of(lines[i], name);
    if (option == nullptr) continue;
    Stated& about = stated[option];
    if (about.lines.empty()) about.name = name;
    about.lines.push_back(i);
    (about.own_text += lines[i]) += '\n';
  }
  return stated;
}

/// Behind the last line that brings a file by a relative path: what `dir` says up to there decides
/// which file that is, and has to stay.
std::size_t end_of_relative_includes(const std::vector<std::string_view>& lines) {
  std::size_t end = 0;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    auto words = split_quoted(trim(lines[i]));
    if (words && words->size() == 2 && iequals(words->front(), "include") &&
        !(*words)[1].starts_with('/'))
      end = i + 1;
  }
  return end;
}

/// Puts an option's new lines where its first one stood, from line `from` on; false where there is
/// none.
bool replace_lines(std::vector<std::optional<std::string>>& replaced, const Stated& stated,
                   std::size_t from, const std::string& block) {
  bool placed = false;
  for (std::size_t at : stated.lines) {
    if (at < from) continue;
    replaced[at] = placed ? "" : block;
    placed = true;
  }
  return placed;
}

/// Whether the option's lines already give the value.
bool says(const Stated& stated, const Option& option, const Value& value) {
  NoFiles files;
  Loader loader(files);
  return loader.add_text(stated.own_text, "").ok() && read(loader.config, option) == value;
}

/// "user alice on >..." of "alice on >...".
std::string user_line(std::string_view rules) {
  std::string line = "user";
  for (const std::string_view each : split(rules, ' ')) line += " " + word(each);
  return line;
}

bool is_user_line(std::string_view raw) {
  const auto words = split_quoted(trim(raw));
  return words && words->size() > 1 && iequals(words->front(), "user");
}

/// Puts the users where the first of them stood, unless they stand there already; returns what is
/// to be added where there is none.
std::string replace_users(std::vector<std::optional<std::string>>& replaced,
                          const std::vector<std::string_view>& lines, const UserLines& users) {
  std::string wanted;
  for (const std::string& each : users.lines) wanted += user_line(each) + "\n";
  Stated stated;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (!is_user_line(lines[i])) continue;
    stated.lines.push_back(i);
    (stated.own_text += trim(lines[i])) += '\n';
  }
  if (stated.lines.empty()) return users.as_configured ? "" : wanted;
  if (stated.own_text != wanted) replace_lines(replaced, stated, 0, wanted);
  return "";
}

}  // namespace

std::string rewrite_classic(const Config& config, std::string_view text, const UserLines& users) {
  std::vector<std::string_view> lines = split(text, '\n');
  if (!lines.empty() && lines.back().empty()) lines.pop_back();
  auto stated = what_is_stated(lines);
  std::vector<std::optional<std::string>> replaced(lines.size());
  const Config defaults;
  std::string added;
  for (const Option& option : options()) {
    Value value = read(config, option);
    auto found = stated.find(&option);
    if (found == stated.end()) {
      if (value == read(defaults, option)) continue;
      for (const std::string& line : lines_of(option, std::string(option.name), value))
        added += line + "\n";
    } else if (!says(found->second, option, value)) {
      std::string block;
      for (const std::string& line : lines_of(option, found->second.name, value))
        block += line + "\n";
      const std::size_t from =
          option.applies == Applies::directory ? end_of_relative_includes(lines) : 0;
      if (!replace_lines(replaced, found->second, from, block)) added += block;
    }
  }

  if (!users.lines.empty()) added += replace_users(replaced, lines, users);

  constexpr std::string_view marker = "# Generated by CONFIG REWRITE";
  bool marked = std::find(lines.begin(), lines.end(), marker) != lines.end();
  std::string result;
  for (std::size_t i = 0; i < lines.size(); ++i)
    result += replaced[i] ? *replaced[i] : std::string(lines[i]) + "\n";
  if (!added.empty() && !marked)
    result += (result.empty() ? "" : "\n") + std::string(marker) + "\n";
  return result + added;
}

}  // namespace respawn::config
