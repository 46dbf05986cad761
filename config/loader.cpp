#include "config/loader.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "config/option_value.hpp"

namespace respawn::config {
namespace {

constexpr int include_depth_max = 16;

/// Directives of old versions, which have no effect in any server of today.
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

std::string joined(const std::string& directory, const std::string& path) {
  return path.starts_with('/') ? path : directory + "/" + path;
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

Error fatal_error(const Directive& directive, std::string_view why, std::string_view hint) {
  return fatal_error(
      Fault{directive.place, directive.source_line, std::string(why), std::string(hint)});
}

std::vector<std::vector<std::string>> words_of(std::span<const Directive> directives) {
  std::vector<std::vector<std::string>> words;
  for (const Directive& directive : directives) words.push_back(directive.words);
  return words;
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
  if (option.applies == Applies::directory) {
    auto entered = enter(std::get<std::string>(*value));
    if (!entered.ok()) return with(where, entered.error(), "a directory that may be entered");
    value = Value(*entered);
  }
  stated[&option] = where;
  write(config, option, std::move(value).value());
  return success();
}

Result<std::string> Loader::enter(const std::string& path) const {
  return files_.directory(path.empty() ? path : joined(config.dir, path));
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
      words.size() == 2) {
    warnings.push_back("directive '" + name + "' of older versions is accepted but has no effect");
    return success();
  }
  if (name == "rename-command" && words.size() == 3) {
    directives.push_back({words, where.place, where.source_line});
    return success();
  }
  if (name == "user" && words.size() >= 2) return add_user(words, where);
  if (name == "loadmodule" && words.size() >= 2)
    return with(where, "'loadmodule' cannot be ignored: there are no modules",
                "take the line out to start without the module");
  if (name == "include" && words.size() == 2) return include(words[1], where);
  if (name == "rename-command" || name == "user" || name == "loadmodule" || name == "include")
    return with(where, std::string(bad_directive), "a known directive with all its words");
  return unknown_option(name, where);
}

/// What the rules mean is seen where commands are known.
Status Loader::add_user(const std::vector<std::string>& words, const Fault& where) {
  for (const Directive& earlier : users)
    if (earlier.words[1] == words[1])
      return with(where,
                  "Error in user declaration '" + words[1] +
                      "': Duplicate user found. A user can only be defined once in config files",
                  "one line for each user");
  users.push_back({words, where.place, where.source_line});
  return success();
}

Status Loader::finish() {
  if (!users.empty() && !config.aclfile.empty())
    return fatal_error(users.front(), "users are in the configuration and in an ACL file",
                       "either `user` lines or `aclfile`, but not both");
  for (const Option& option : options()) {
    if (option.lack.stops == nullptr || !option.lack.stops(config)) continue;
    const Fault& where = stated[&option];
    return with(
        where,
        "'" + std::string(option.name) + "' cannot be ignored: " + std::string(option.lack.why),
        "take the line out to start without it");
  }
  return success();
}

Status Loader::include(const std::string& path, const Fault& where) {
  bool pattern = path.find_first_of("*?[") != std::string::npos;
  const std::string from_here = joined(config.dir, path);
  auto paths = pattern ? files_.matching(from_here) : std::vector<std::string>{from_here};
  if (depth_ == include_depth_max)
    return with(where, "too many nested include directives",
                "files may include each other " + std::to_string(include_depth_max) + " deep");
  ++depth_;
  for (const std::string& each : paths) {
    auto text = files_.read(each);
    if (!text.ok())
      return with(where,
                  "can't open config file '" + (pattern ? each : path) + "': " + text.error(),
                  "a readable file");
    Status status = add_text(*text, each);
    if (!status.ok()) return status;
  }
  --depth_;
  return success();
}

}  // namespace respawn::config
