#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "config/loader.hpp"

namespace respawn::config {
namespace {

using nlohmann::json;

Fault fault_at(std::string_view text, std::size_t at, const std::string& name) {
  at = std::min(at, text.size());
  std::size_t line_at = text.substr(0, at).rfind('\n');
  line_at = line_at == text.npos ? 0 : line_at + 1;
  std::size_t line_end = std::min(text.find('\n', line_at), text.size());
  auto line = static_cast<std::size_t>(
      std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n'));
  return {{name, line + 1, at - line_at + 1},
          std::string(trim(text.substr(line_at, line_end - line_at))),
          "",
          ""};
}

}  // namespace

Status Loader::add_json(std::string_view text, const std::string& name) {
  auto found = lay_out_json(text);
  if (auto* broken = std::get_if<JsonFault>(&found)) {
    Fault fault = fault_at(text, broken->at, name);
    fault.why = "not valid JSON (comments are allowed)";
    fault.hint = broken->why;
    return fatal_error(fault);
  }
  std::map<std::string, std::size_t> lines;
  for (const JsonMember& member : std::get<JsonLayout>(found).members) {
    Fault where = fault_at(text, member.key_at, name);
    const Option* option = find_option(member.key);
    std::string known_as(option == nullptr ? member.key : option->name);
    auto [earlier, is_new] = lines.emplace(known_as, where.place.line);
    if (!is_new) {
      where.why = "duplicate parameter";
      where.hint =
          "'" + known_as + "' is set on line " + std::to_string(earlier->second) + " already";
      return fatal_error(where);
    }
    Status status = add_member(text, member, where);
    if (!status.ok()) return status;
  }
  return success();
}

Status Loader::add_member(std::string_view text, const JsonMember& member, const Fault& where) {
  const Option* option = find_option(member.key);
  if (option == nullptr) return add_json_directives(text, member, where);
  json value = member_value(text, member);
  Fault fault = fault_at(text, member.value_at, where.place.file);
  fault.hint = "'" + member.key + "' takes " + json_expectation(*option);
  auto words = json_words(*option, value);
  if (!words.ok()) {
    fault.why = words.error();
    return fatal_error(fault);
  }
  return add_value(*option, *words, fault);
}

Status Loader::add_json_directives(std::string_view text, const JsonMember& member,
                                   const Fault& where) {
  const std::string& name = member.key;
  const json value = member_value(text, member);
  if (name == "$schema" && value.is_string()) return success();
  if (name == "rename-command") return add_json_renames(text, member, where);
  if (name != "user" && name != "loadmodule") return unknown_option(name, where);
  Fault fault = where;
  fault.why = "wrong type of value";
  fault.hint = "'" + name + "' takes an array of strings, one line each";
  if (!value.is_array()) return fatal_error(fault);
  for (const json& line : value) {
    auto words = split_quoted(name + " " + (line.is_string() ? line.get<std::string>() : ""));
    if (!words || words->size() < 2) return fatal_error(fault);
    Status status = add_directive(*words, where);
    if (!status.ok()) return status;
  }
  return success();
}

/// An object of old and new names, in its order: one command may take the name that another had.
Status Loader::add_json_renames(std::string_view text, const JsonMember& member,
                                const Fault& where) {
  const std::string_view inner = text.substr(member.value_at, member.value_end - member.value_at);
  auto found = lay_out_json(inner);
  const auto* layout = std::get_if<JsonLayout>(&found);
  Fault fault = where;
  fault.why = "wrong type of value";
  fault.hint = "'rename-command' takes an object of old and new names";
  if (layout == nullptr) return fatal_error(fault);
  for (const JsonMember& rename : layout->members) {
    const json to = member_value(inner, rename);
    if (!to.is_string()) return fatal_error(fault);
    const Fault at = fault_at(text, member.value_at + rename.key_at, where.place.file);
    directives.push_back(
        {{member.key, rename.key, to.get<std::string>()}, at.place, at.source_line});
  }
  return success();
}

}  // namespace respawn::config
