#include "config/loader.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "config/option_value.hpp"

namespace respawn::config {
namespace {

constexpr int include_depth_max = 16;

/// Directives of old versions that redis-server reads over.
constexpr std::string_view ignored[] = {"list-max-ziplist-entries", "list-max-ziplist-value",
                                        "lua-replicate-commands"};

std::string place_text(const Place& place) {
  std::string text = place.file;
  if (place.line > 0) text += ":" + std::to_string(place.line);
  if (place.column > 0) text += ":" + std::to_string(place.column);
  return text;
}

Error with(Fault fault, std::string why, std::string hint) {
  fault.why = std::move(why);
  fault.hint = std::move(hint);
  return fatal_error(fault);
}

constexpr std::string_view bad_directive = "Bad directive or wrong number of arguments";

}  // namespace

FileKind kind_of(std::string_view text) {
  std::size_t at = skip_json_blanks(text, 0);
  return at < text.size() && text[at] == '{' ? FileKind::json : FileKind::classic;
}

Error fatal_error(const Fault& fault) {
  std::string text = "\n*** FATAL CONFIG FILE ERROR (Respawn) ***\n";
  if (!fault.source_line.empty()) {
    text +=
        "Reading the " +
        (fault.place.line > 0 ? "configuration file, at line " + std::to_string(fault.place.line)
                              : fault.place.file) +
        "\n>>> '" + fault.source_line + "'\n";
  }
  text += fault.why + "\n";
  if (!fault.hint.empty()) text += place_text(fault.place) + ": " + fault.hint + "\n";
  return failure(std::move(text));
}

Error fatal_error(const Directive& directive, std::string_view why) {
  return fatal_error(Fault{directive.place, directive.source_line, std::string(why), ""});
}

Error unknown_option(std::string_view name, Fault where) {
  where.why = bad_directive;
  where.hint = "there is no option '" + std::string(name) + "'";
  std::string_view near = nearest_option(name);
  if (!near.empty()) where.hint += "; did you mean '" + std::string(near) + "'?";
  return fatal_error(where);
}

Status Loader::add_text(std::string_view text, const std::string& name) {
  return kind_of(text) == FileKind::json ? add_json(text, name) : add_classic(text, name);
}

Status Loader::add_value(const Option& option, std::vector<std::string> words, const Fault& where) {
  auto value = parse_value(option, words, read(config, option));
  if (!value.ok())
    return with(where, value.error(),
                where.hint.empty()
                    ? "'" + std::string(option.name) + "' takes " + expectation(option)
                    : where.hint);
  if (option.kind == Kind::save_points) {
    bool clears = words.size() == 1 && words.front().empty();
    auto points = std::get<std::vector<SavePoint>>(*value);
    if (save_seen_ && !clears) {
      auto earlier = std::get<std::vector<SavePoint>>(read(config, option));
      points.insert(points.begin(), earlier.begin(), earlier.end());
    }
    save_seen_ = true;
    value = Value(std::move(points));
  }
  write(config, option, std::move(value).value());
  return success();
}

Status Loader::add_classic(std::string_view text, const std::string& name) {
  std::size_t number = 0;
  for (std::string_view raw : split(text, '\n')) {
    ++number;
    std::string_view line = trim(raw);
    if (line.empty() || line.starts_with('#')) continue;
    Fault where{{name, number, 0}, std::string(line), "", ""};
    if (name == command_line_name) where.place.line = 0;
    auto words = split_quoted(line);
    if (!words)
      return with(where, "Unbalanced quotes in configuration line",
                  "every quote closed, and a blank behind it");
    if (words->empty()) continue;
    words->front() = to_lower(words->front());
    Status status = add_line(*words, where);
    if (!status.ok()) return status;
  }
  return success();
}

Status Loader::add_line(const std::vector<std::string>& words, const Fault& where) {
  const Option* option = find_option(words.front());
  if (option == nullptr) return add_directive(words, where);
  std::vector<std::string> values(words.begin() + 1, words.end());
  if (option->takes_words() && values.size() == 1 && !values.front().empty()) {
    auto inner = split_quoted(values.front());
    if (!inner)
      return with(where, "Unbalanced quotes in configuration line",
                  "every quote closed, and a blank behind it");
    values = *inner;
  }
  return add_value(*option, std::move(values), where);
}

Status Loader::add_directive(const std::vector<std::string>& words, const Fault& where) {
  const std::string& name = words.front();
  if (std::find(std::begin(ignored), std::end(ignored), name) != std::end(ignored) &&
      words.size() == 2)
    return success();
  bool counts = (name == "rename-command" && words.size() == 3) ||
                ((name == "user" || name == "loadmodule") && words.size() >= 2);
  if (counts) {
    directives.push_back({words, where.place, where.source_line});
    return success();
  }
  if (name == "include" && words.size() == 2) return include(words[1], where);
  if (name == "rename-command" || name == "user" || name == "loadmodule" || name == "include")
    return with(where, std::string(bad_directive), "a known directive with all its words");
  return unknown_option(name, where);
}

Status Loader::include(const std::string& path, const Fault& where) {
  bool pattern = path.find_first_of("*?[") != std::string::npos;
  auto paths = pattern ? files_.matching(path) : std::vector<std::string>{path};
  if (depth_ == include_depth_max)
    return with(where, "too many nested include directives",
                "files may include each other " + std::to_string(include_depth_max) + " deep");
  ++depth_;
  for (const std::string& each : paths) {
    auto text = files_.read(each);
    if (!text.ok())
      return with(where, "can't open config file '" + each + "': " + text.error(),
                  "a readable file");
    Status status = add_text(*text, each);
    if (!status.ok()) return status;
  }
  --depth_;
  return success();
}

}  // namespace respawn::config
