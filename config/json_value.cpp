#include "config/json_value.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "config/option_value.hpp"

namespace respawn::config {
namespace {

using nlohmann::json;
using Words = std::vector<std::string>;

Error wrong_type() {
  return failure("wrong type of value");
}

/// A string or number as one word.
bool add_scalar(Words& words, const json& value) {
  if (value.is_string()) {
    words.push_back(value.get<std::string>());
  } else if (value.is_number()) {
    words.push_back(value.dump());
  } else {
    return false;
  }
  return true;
}

/// An array of scalars or of arrays of scalars, in order.
bool add_flat(Words& words, const json& list) {
  auto add = [&](const json& item) { return add_scalar(words, item); };
  return std::all_of(list.begin(), list.end(), [&](const json& item) {
    return item.is_array() ? std::all_of(item.begin(), item.end(), add) : add(item);
  });
}

/// A list may also be the one string that CONFIG SET takes.
Result<Words> list_words(const json& value) {
  Words words;
  if (value.is_string()) {
    auto parts = split_quoted(value.get<std::string>());
    if (!parts) return failure("unbalanced quotes");
    return *parts;
  }
  if (!value.is_array() || !add_flat(words, value)) return wrong_type();
  return words;
}

/// {"normal": ["1mb", "1mb", 60]} or a string.
Result<Words> limit_words(const json& value) {
  if (!value.is_object())
    return value.is_string() ? list_words(value) : Result<Words>(wrong_type());
  Words words;
  for (const auto& [name, limit] : value.items()) {
    words.push_back(name);
    if (!limit.is_array() || limit.size() != 3 || !add_flat(words, limit)) return wrong_type();
  }
  return words;
}

bool has_name(const Option& option, std::string_view text) {
  return std::any_of(option.names.begin(), option.names.end(),
                     [&](const Name& name) { return name.text == text; });
}

/// Kinds of one word: which JSON types are natural.
bool fits_scalar(const Option& option, const json& value) {
  switch (option.kind) {
    case Kind::boolean:
      return value.is_boolean();
    case Kind::integer:
      return value.is_number_integer();
    case Kind::memory:
    case Kind::memory_or_percent:
      return value.is_string() || value.is_number_integer();
    case Kind::choice:
      return value.is_string() || (value.is_boolean() && has_name(option, "yes"));
    default:
      return value.is_string();
  }
}

json memory_json(std::uint64_t bytes) {
  std::string text = format_memory_size(bytes);
  if (text.ends_with('b')) return text;
  return bytes;
}

json limits_json(const OutputLimits& limits) {
  json object = json::object();
  for (std::size_t at = 0; at < output_classes().size(); ++at) {
    const OutputLimit& limit = output_limit(limits, at);
    std::string name(output_classes()[at] == "slave" ? "replica" : output_classes()[at]);
    object[name] = json::array(
        {memory_json(limit.hard_bytes), memory_json(limit.soft_bytes), limit.soft_seconds});
  }
  return object;
}

json to_json(const Option& option, const Value& value) {
  switch (option.kind) {
    case Kind::boolean:
      return std::get<bool>(value);
    case Kind::integer:
      return std::get<std::int64_t>(value);
    case Kind::memory:
      return memory_json(std::get<std::uint64_t>(value));
    case Kind::memory_or_percent: {
      std::int64_t bytes = std::get<std::int64_t>(value);
      return bytes < 0 ? json(format_value(option, value))
                       : memory_json(static_cast<std::uint64_t>(bytes));
    }
    case Kind::words:
    case Kind::replica_of:
      return std::get<std::vector<std::string>>(value);
    case Kind::save_points: {
      json pairs = json::array();
      for (const SavePoint& point : std::get<std::vector<SavePoint>>(value))
        pairs.push_back(json::array({point.seconds, point.changes}));
      return pairs;
    }
    case Kind::output_limits:
      return limits_json(std::get<OutputLimits>(value));
    case Kind::integers:
      return std::get<std::vector<std::int64_t>>(value);
    case Kind::percentiles:
      return std::get<std::vector<double>>(value);
    case Kind::flags: {
      json names = json::array();
      std::string printed = format_value(option, value);
      for (std::string_view name : split(printed, ' ')) names.push_back(name);
      return names;
    }
    default:
      return format_value(option, value);
  }
}

std::size_t skip_string(std::string_view text, std::size_t at) {
  for (++at; at < text.size() && text[at] != '"'; ++at)
    if (text[at] == '\\') ++at;
  return at + 1;
}

std::size_t skip_value(std::string_view text, std::size_t at) {
  if (text[at] == '"') return skip_string(text, at);
  if (text[at] != '{' && text[at] != '[')
    return std::min(text.find_first_of(",}] \t\r\n/", at), text.size());
  std::size_t depth = 0;
  do {
    at = skip_json_blanks(text, at);
    char c = text[at];
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') --depth;
    at = c == '"' ? skip_string(text, at) : at + 1;
  } while (depth > 0);
  return at;
}

/// Where the members are, in a text that is known to be an object in JSON.
JsonLayout find_members(std::string_view text) {
  JsonLayout layout;
  std::size_t at = layout.open_at = text.find('{', skip_json_blanks(text, 0));
  for (;;) {
    at = skip_json_blanks(text, at + 1);
    if (text[at] == '}') break;
    JsonMember member;
    member.key_at = at;
    std::size_t key_end = skip_string(text, at);
    member.key = json::parse(text.substr(at, key_end - at)).get<std::string>();
    at = skip_json_blanks(text, key_end);
    member.value_at = skip_json_blanks(text, at + 1);
    member.value_end = skip_value(text, member.value_at);
    layout.members.push_back(member);
    at = skip_json_blanks(text, member.value_end);
    if (text[at] == '}') break;
  }
  layout.close_at = at;
  return layout;
}

}  // namespace

Result<Words> json_words(const Option& option, const json& value) {
  switch (option.kind) {
    case Kind::flags:
    case Kind::words:
    case Kind::save_points:
    case Kind::integers:
    case Kind::percentiles:
    case Kind::replica_of:
      return list_words(value);
    case Kind::output_limits:
      return limit_words(value);
    default:
      break;
  }
  if (!fits_scalar(option, value)) return wrong_type();
  if (value.is_boolean()) return Words{value.get<bool>() ? "yes" : "no"};
  Words words;
  add_scalar(words, value);
  return words;
}

std::string json_expectation(const Option& option) {
  switch (option.kind) {
    case Kind::boolean:
      return "true or false";
    case Kind::octal:
      return "a string with " + expectation(option);
    case Kind::text:
    case Kind::keyspace_events:
      return "a string of " + std::string(option.kind == Kind::text ? "text" : expectation(option));
    case Kind::words:
      return "an array of strings";
    case Kind::flags:
      return "an array of strings, " + expectation(option);
    case Kind::save_points:
      return "an array of [seconds, changes] with seconds of at least 1";
    case Kind::output_limits:
      return "an object of normal, replica and pubsub, each [hard limit, soft limit, soft seconds]";
    case Kind::integers:
    case Kind::percentiles:
      return "an array of " + expectation(option);
    case Kind::replica_of:
      return "an array of a host and a port, or an empty one";
    default:
      return expectation(option);
  }
}

Result<std::string> json_text(const Option& option, const Value& value) {
  try {
    return to_json(option, value).dump();
  } catch (const json::exception&) {
    return failure("option '" + std::string(option.name) + "' holds bytes that are not UTF-8");
  }
}

std::variant<JsonLayout, JsonFault> lay_out_json(std::string_view text) {
  try {
    json parsed = json::parse(text, nullptr, true, true);
    if (!parsed.is_object()) return JsonFault{0, "expected an object of options"};
  } catch (const json::parse_error& error) {
    std::string_view why = error.what();
    if (auto column = why.find("column "); column != why.npos)
      if (auto colon = why.find(": ", column); colon != why.npos) why.remove_prefix(colon + 2);
    return JsonFault{error.byte > 0 ? error.byte - 1 : 0, std::string(why)};
  }
  return find_members(text);
}

json member_value(std::string_view text, const JsonMember& member) {
  return json::parse(text.substr(member.value_at, member.value_end - member.value_at), nullptr,
                     true, true);
}

std::size_t skip_json_blanks(std::string_view text, std::size_t at) {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (at == 0 && text.starts_with(byte_order_mark)) at = byte_order_mark.size();
  for (;;) {
    at = std::min(text.find_first_not_of(" \t\r\n", at), text.size());
    std::string_view rest = text.substr(at);
    if (rest.starts_with("//")) {
      at = std::min(text.find_first_of("\r\n", at), text.size());
    } else if (rest.starts_with("/*")) {
      std::size_t end = text.find("*/", at + 2);
      at = end == text.npos ? text.size() : end + 2;
    } else {
      return at;
    }
  }
}

}  // namespace respawn::config
