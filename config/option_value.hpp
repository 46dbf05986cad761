// Reading and printing one option's value as text.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "config/option.hpp"

namespace respawn::config {

/// Reads the words behind an option (one word for most kinds) and checks range and rules. An error
/// is Redis's own short text, as CONFIG SET and redis-server print it. `now` is the value so far:
/// classes that client-output-buffer-limit does not name keep theirs.
Result<Value> parse_value(const Option& option, std::span<const std::string> words,
                          const Value& now);

/// CONFIG SET's way to split an argument into words: at each single blank, empty words included.
std::vector<std::string> argument_words(const Option& option, std::string_view argument);

/// As CONFIG GET prints it. parse_value(argument_words(format_value(v))) gives v again.
std::string format_value(const Option& option, const Value& value);

/// What the option takes, for people: "an integer from 0 to 65535", "one of: text, json".
std::string expectation(const Option& option);

/// "client-output-buffer-limit"'s class names in the order of CONFIG GET, and the limit of each.
std::span<const std::string_view> output_classes();
const OutputLimit& output_limit(const OutputLimits& limits, std::size_t at);

/// 1048576 becomes "1mb"; sizes without a whole unit stay bytes.
std::string format_memory_size(std::uint64_t bytes);

}  // namespace respawn::config
