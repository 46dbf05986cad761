#include "config/reference.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "config/json_value.hpp"
#include "config/option_value.hpp"

namespace respawn::config {
namespace {

using json = nlohmann::ordered_json;

json names_of(const Option& option) {
  json names = json::array();
  for (const Name& name : option.names) names.push_back(name.text);
  return names;
}

json array_of(json items) {
  return {{"type", "array"}, {"items", std::move(items)}};
}

json tuple_of(json items) {
  std::size_t count = items.size();
  return {{"type", "array"},
          {"prefixItems", std::move(items)},
          {"minItems", count},
          {"maxItems", count}};
}

json memory_size(std::int64_t min, std::uint64_t max) {
  return {{"anyOf",
           {{{"type", "integer"}, {"minimum", min}, {"maximum", max}},
            {{"type", "string"}, {"pattern", "^[0-9]+([bB]|[kKmMgG][bB]?)?$"}}}}};
}

json limits_schema() {
  json size = memory_size(0, std::numeric_limits<std::uint64_t>::max());
  json limit = tuple_of({size, size, {{"type", "integer"}, {"minimum", 0}}});
  return {
      {"type", "object"},
      {"properties", {{"normal", limit}, {"replica", limit}, {"slave", limit}, {"pubsub", limit}}},
      {"additionalProperties", false}};
}

json choice_schema(const Option& option) {
  json names = names_of(option);
  bool has_yes = std::find(names.begin(), names.end(), "yes") != names.end();
  if (has_yes) names.insert(names.end(), {true, false});
  return {{"enum", names}};
}

json schema_of(const Option& option) {
  switch (option.kind) {
    case Kind::boolean:
      return {{"type", "boolean"}};
    case Kind::integer:
      return {{"type", "integer"}, {"minimum", option.min}, {"maximum", option.max}};
    case Kind::octal:
      return {{"type", "string"}, {"pattern", "^[0-7]+$"}};
    case Kind::memory:
      return memory_size(option.min, option.max);
    case Kind::memory_or_percent: {
      json schema = memory_size(0, option.max);
      schema["anyOf"].push_back({{"type", "string"}, {"pattern", "^([0-9]|[1-9][0-9]|100)%$"}});
      return schema;
    }
    case Kind::choice:
      return choice_schema(option);
    case Kind::flags:
      return array_of({{"enum", names_of(option)}});
    case Kind::text:
      return {{"type", "string"}};
    case Kind::keyspace_events:
      return {{"type", "string"}, {"pattern", "^[Ag$lshzxeKEtmdn]*$"}};
    case Kind::words:
    case Kind::replica_of:
      return array_of({{"type", "string"}});
    case Kind::save_points:
      return array_of(
          tuple_of({{{"type", "integer"}, {"minimum", 1}}, {{"type", "integer"}, {"minimum", 0}}}));
    case Kind::output_limits:
      return limits_schema();
    case Kind::integers:
      return array_of({{"type", "integer"}, {"minimum", -2000}, {"maximum", 2000}});
    case Kind::percentiles:
      return array_of({{"type", "number"}, {"minimum", 0}, {"maximum", 100}});
  }
  return {};
}

std::string mutability_text(const Option& option) {
  switch (option.mutability) {
    case Mutability::runtime:
      return "at any time";
    case Mutability::immutable:
      return "at start";
    case Mutability::guarded:
      return "at any time where enable-protected-configs allows";
  }
  return "";
}

/// What comes of setting an option that is accepted only; "" for others.
std::string effect_text(const Option& option) {
  if (option.state == State::implemented) return "";
  std::string text = "- accepted for compatibility; no effect yet\n";
  if (option.lack.promises == nullptr) return text;
  const bool at_run_time = option.mutability != Mutability::immutable;
  if (option.lack.stops != nullptr)
    text += "- what relies on it is refused at start";
  else
    text += "- what relies on it is warned about at start";
  text += at_run_time ? " and refused by CONFIG SET: " : ": ";
  return text + std::string(option.lack.why) + "\n";
}

void append_markdown(std::string& page, const Option& option) {
  std::string name(option.name);
  page += "### " + name + "\n\n" + std::string(option.summary) + "\n\n";
  page += "- takes: " + expectation(option) + "\n";
  page +=
      "- default: " + (option.initial.empty() ? "empty" : "`" + std::string(option.initial) + "`") +
      "\n";
  page += "- can be set: " + mutability_text(option) + "\n";
  if (!option.alias.empty()) page += "- also called: `" + std::string(option.alias) + "`\n";
  page += effect_text(option);
  page += "\n";
}

/// Names of the options without effect, in lines of bounded length.
std::string accepted_names() {
  constexpr std::size_t line_max = 96;
  std::string text;
  std::string line = " ";
  for (const Option& option : options()) {
    if (option.hidden || option.state == State::implemented) continue;
    if (line.size() + option.name.size() >= line_max) {
      text += line + "\n";
      line = " ";
    }
    (line += " ") += option.name;
  }
  return text + line + "\n";
}

}  // namespace

std::string json_schema() {
  json properties = {{"$schema", {{"type", "string"}}}};
  for (const Option& option : options()) {
    json schema = schema_of(option);
    schema["description"] = option.summary;
    auto value = json_text(option, read(Config(), option));
    if (value.ok()) schema["default"] = json::parse(*value);
    properties[std::string(option.name)] = schema;
    if (!option.alias.empty()) {
      schema["deprecated"] = true;
      properties[std::string(option.alias)] = schema;
    }
  }
  const json strings = array_of({{"type", "string"}});
  properties["rename-command"] = {{"type", "object"},
                                  {"additionalProperties", {{"type", "string"}}}};
  properties["user"] = strings;
  properties["loadmodule"] = strings;
  json schema = {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                 {"title", "Respawn configuration"},
                 {"type", "object"},
                 {"properties", properties},
                 {"additionalProperties", false}};
  return schema.dump(2) + "\n";
}

std::string reference_markdown() {
  std::string page =
      "# Configuration reference\n\n"
      "Generated from the option table; do not edit. Every option can stand in the JSON file, in "
      "a redis.conf\nand on the command line (`--name value`), and is shown by `CONFIG GET`.\n\n"
      "Besides options a redis.conf may hold `include path` (relative to the last `dir` in front "
      "of "
      "it),\n`rename-command old new`, where an empty new name takes the command away, and a line "
      "`user name rule ...`\nfor each user, with the rules of ACL SETUSER. Modules (`loadmodule`) "
      "are refused: there are none.\n\n";
  std::string_view title;
  for (const Option& option : options()) {
    if (option.hidden) continue;
    if (title != group_title(option.group)) {
      title = group_title(option.group);
      page += "## " + std::string(title) + "\n\n";
    }
    append_markdown(page, option);
  }
  return page;
}

std::string help_text() {
  std::string text =
      "Usage: respawn-server [config.json | redis.conf] [--option value ...] [-]\n"
      "       respawn-server --check-config [config.json | redis.conf] [--option value ...]\n"
      "       respawn-server -h | --help | -v | --version\n\n"
      "The file comes first, options win over it; - reads more of it from standard input.\n\n"
      "  respawn-server\n"
      "  respawn-server config/respawn.json\n"
      "  respawn-server /etc/redis/redis.conf --port 7000 --loglevel verbose\n"
      "  echo 'maxmemory 128mb' | respawn-server -\n";
  std::string_view title;
  constexpr std::size_t name_column = 34;
  for (const Option& option : options()) {
    if (option.hidden || option.state == State::accepted) continue;
    if (title != group_title(option.group)) {
      title = group_title(option.group);
      text += "\n" + std::string(title) + "\n";
    }
    std::string line = "  --" + std::string(option.name);
    line.resize(std::max(name_column, line.size() + 1), ' ');
    text += line + std::string(option.summary) + "\n";
    text += std::string(name_column, ' ') + expectation(option) +
            (option.initial.empty() ? "" : " [" + std::string(option.initial) + "]") + "\n";
  }
  return text + "\nFurther options of redis-server are accepted and have no effect yet:\n" +
         accepted_names();
}

}  // namespace respawn::config
