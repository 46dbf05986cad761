// How options look in JSON, and where members stand in a JSON text. Internal to config/.
#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "config/option.hpp"

namespace respawn::config {

/// The words that a JSON value means for an option (as in a redis.conf), or why it is of the wrong
/// type.
Result<std::vector<std::string>> json_words(const Option& option, const nlohmann::json& value);

/// What the option takes in JSON, for people.
std::string json_expectation(const Option& option);

/// The value as JSON text on one line. The error says that it holds bytes which are not UTF-8.
Result<std::string> json_text(const Option& option, const Value& value);

/// One member of the outermost object; offsets into the text, ends exclusive.
struct JsonMember {
  std::string key;
  std::size_t key_at = 0;
  std::size_t value_at = 0;
  std::size_t value_end = 0;
};

struct JsonLayout {
  std::vector<JsonMember> members;
  std::size_t open_at = 0;   // of '{'
  std::size_t close_at = 0;  // of the '}' that ends the object
};

/// Why a text is not JSON with comments, and where.
struct JsonFault {
  std::size_t at = 0;
  std::string why;
};

/// Checks the text and finds the members of its outermost object. O(length).
std::variant<JsonLayout, JsonFault> lay_out_json(std::string_view text);

/// The value that stands in text[value_at, value_end).
nlohmann::json member_value(std::string_view text, const JsonMember& member);

/// Skips blanks and // and /* comments from `at` on.
std::size_t skip_json_blanks(std::string_view text, std::size_t at);

}  // namespace respawn::config
