#include "config/option_value.hpp"

#include <array>
#include <charconv>
#include <optional>

#include "base/numbers.hpp"
#include "base/text.hpp"

namespace respawn::config {
namespace {

using Words = std::span<const std::string>;

constexpr std::int64_t oom_score_bound = 2000;

/// Decimal as Redis takes it in lists: a plus sign and leading zeros are fine, and nothing at all
/// is 0 ("save 900 " is "save 900 0").
std::optional<std::int64_t> lenient_integer(std::string_view word) {
  if (word.empty()) return 0;
  if (word.starts_with('+')) word.remove_prefix(word.starts_with("+-") ? 0 : 1);
  std::int64_t number = 0;
  auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (error != std::errc() || end != word.data() + word.size()) return std::nullopt;
  return number;
}

std::optional<std::uint64_t> memory_size(std::string_view word) {
  return word.empty() ? 0 : parse_memory_size(word);
}

std::string octal_digits(std::uint64_t number) {
  std::array<char, 24> digits{};
  auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number, 8).ptr;
  return {digits.data(), end};
}

Error out_of_range(const Option& option) {
  bool octal = option.kind == Kind::octal;
  return failure("argument must be between " +
                 (octal ? octal_digits(0) : std::to_string(option.min)) + " and " +
                 (octal ? octal_digits(option.max) : std::to_string(option.max)) + " inclusive");
}

Result<Value> parse_boolean(const std::string& word) {
  if (iequals(word, "yes")) return Value(true);
  if (iequals(word, "no")) return Value(false);
  return failure("argument must be 'yes' or 'no'");
}

Result<Value> parse_integer(const Option& option, const std::string& word) {
  auto number = parse_int64(word);
  if (!number) return failure("argument couldn't be parsed into an integer");
  if (*number < option.min || (*number > 0 && static_cast<std::uint64_t>(*number) > option.max))
    return out_of_range(option);
  return Value(*number);
}

Result<Value> parse_octal(const Option& option, const std::string& word) {
  std::int64_t number = 0;
  auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number, 8);
  if (error != std::errc() || end != word.data() + word.size())
    return failure("argument couldn't be parsed as an octal number");
  if (number < 0 || static_cast<std::uint64_t>(number) > option.max) return out_of_range(option);
  return Value(number);
}

Result<Value> parse_memory(const Option& option, const std::string& word) {
  auto bytes = memory_size(word);
  if (!bytes) return failure("argument must be a memory value");
  if (*bytes < static_cast<std::uint64_t>(option.min) || *bytes > option.max)
    return out_of_range(option);
  return Value(*bytes);
}

Result<Value> parse_memory_or_percent(const Option& option, const std::string& word) {
  if (word.size() > 1 && word.back() == '%') {
    auto percent = parse_int64(std::string_view(word).substr(0, word.size() - 1));
    if (percent && *percent >= 0) {
      if (-*percent < option.min)
        return failure("percentage argument must be less or equal to " +
                       std::to_string(-option.min));
      return Value(-*percent);
    }
  } else if (auto bytes = memory_size(word)) {
    if (*bytes > option.max) return out_of_range(option);
    return Value(static_cast<std::int64_t>(*bytes));
  }
  return failure("argument must be a memory or percent value");
}

Result<Value> parse_names(const Option& option, Words words) {
  std::int64_t bits = 0;
  bool known = !words.empty();
  for (const std::string& word : words) {
    bool found = false;
    for (const Name& name : option.names) {
      if (!iequals(name.text, word)) continue;
      bits |= name.value;
      found = true;
    }
    known = known && found;
  }
  if (known) return Value(bits);
  std::string all;
  for (const Name& name : option.names) (all += all.empty() ? "" : ", ") += name.text;
  return failure("argument(s) must be one of the following: " + all);
}

struct Letter {
  char letter;
  int bits;
};

/// In the order in which they are printed; A stands for the first ten.
constexpr Letter event_letters[] = {
    {'g', keyspace_event::generic},  {'$', keyspace_event::string},
    {'l', keyspace_event::list},     {'s', keyspace_event::set},
    {'h', keyspace_event::hash},     {'z', keyspace_event::sorted_set},
    {'x', keyspace_event::expired},  {'e', keyspace_event::evicted},
    {'t', keyspace_event::stream},   {'d', keyspace_event::module},
    {'n', keyspace_event::new_key},  {'K', keyspace_event::keyspace},
    {'E', keyspace_event::keyevent}, {'m', keyspace_event::key_miss},
};

Result<Value> parse_events(const std::string& letters) {
  std::int64_t bits = 0;
  for (char letter : letters) {
    int found = letter == 'A' ? keyspace_event::all : 0;
    for (const Letter& known : event_letters)
      if (known.letter == letter) found = known.bits;
    if (found == 0) return failure("Invalid event class character. Use 'Ag$lshzxeKEtmdn'.");
    bits |= found;
  }
  return Value(bits);
}

std::string format_events(std::int64_t bits) {
  bool all = (bits & keyspace_event::all) == keyspace_event::all;
  std::string letters = all ? "A" : "";
  for (const Letter& known : event_letters) {
    bool covered = all && (known.bits & keyspace_event::all) != 0;
    if ((bits & known.bits) != 0 && !covered) letters += known.letter;
  }
  return letters;
}

bool is_single_empty(Words words) {
  return words.size() == 1 && words.front().empty();
}

Result<Value> parse_save(Words words) {
  std::vector<SavePoint> points;
  if (is_single_empty(words)) return Value(points);
  if (words.size() % 2 != 0) return failure("Invalid save parameters");
  for (std::size_t i = 0; i < words.size(); i += 2) {
    auto seconds = lenient_integer(words[i]);
    auto changes = lenient_integer(words[i + 1]);
    if (!seconds || !changes || *seconds < 1 || *changes < 0)
      return failure("Invalid save parameters");
    points.push_back({*seconds, *changes});
  }
  return Value(std::move(points));
}

constexpr std::string_view class_names[] = {"normal", "slave", "pubsub"};

OutputLimit* limit_of(OutputLimits& limits, std::string_view name) {
  if (iequals(name, "normal")) return &limits.normal;
  if (iequals(name, "replica") || iequals(name, "slave")) return &limits.replica;
  if (iequals(name, "pubsub")) return &limits.pubsub;
  return nullptr;
}

Result<Value> parse_output_limits(Words words, const Value& now) {
  OutputLimits limits = std::get<OutputLimits>(now);
  if (words.size() % 4 != 0)
    return failure("Wrong number of arguments in buffer limit configuration.");
  for (std::size_t i = 0; i < words.size(); i += 4) {
    OutputLimit* limit = limit_of(limits, words[i]);
    if (limit == nullptr)
      return failure("Invalid client class specified in buffer limit configuration.");
    auto hard = memory_size(words[i + 1]);
    auto soft = memory_size(words[i + 2]);
    auto seconds = lenient_integer(words[i + 3]);
    if (!hard || !soft || !seconds || *seconds < 0)
      return failure("Error in hard, soft or soft_seconds setting in buffer limit configuration.");
    *limit = {*hard, *soft, *seconds};
  }
  return Value(limits);
}

Result<Value> parse_integers(Words words, std::size_t wanted) {
  if (words.size() != wanted) return failure("wrong number of arguments");
  std::vector<std::int64_t> numbers;
  for (const std::string& word : words) {
    auto number = lenient_integer(word);
    if (!number || *number < -oom_score_bound || *number > oom_score_bound)
      return failure("Invalid oom-score-adj-values, elements must be between -2000 and 2000.");
    numbers.push_back(*number);
  }
  return Value(std::move(numbers));
}

Result<Value> parse_percentiles(Words words) {
  std::vector<double> percentiles;
  if (is_single_empty(words)) return Value(percentiles);
  for (const std::string& word : words) {
    auto number = parse_double(word);
    if (!number) return failure("Invalid latency-tracking-info-percentiles parameters");
    if (*number < 0 || *number > 100)
      return failure("latency-tracking-info-percentiles parameters should sit between [0.0,100.0]");
    percentiles.push_back(*number);
  }
  return Value(std::move(percentiles));
}

Result<Value> parse_replica_of(Words words) {
  std::vector<std::string> address;
  if (is_single_empty(words) || words.empty()) return Value(address);
  if (words.size() != 2) return failure("wrong number of arguments");
  if (iequals(words[0], "no") && iequals(words[1], "one")) return Value(address);
  auto port = lenient_integer(words[1]);
  if (!port || *port < 0 || *port > 65535) return failure("Invalid master port");
  address = {words[0], std::to_string(*port)};
  return Value(std::move(address));
}

Result<Value> parse_unchecked(const Option& option, Words words, const Value& now) {
  switch (option.kind) {
    case Kind::boolean:
      return parse_boolean(words.front());
    case Kind::integer:
      return parse_integer(option, words.front());
    case Kind::octal:
      return parse_octal(option, words.front());
    case Kind::memory:
      return parse_memory(option, words.front());
    case Kind::memory_or_percent:
      return parse_memory_or_percent(option, words.front());
    case Kind::choice:
    case Kind::flags:
      return parse_names(option, words);
    case Kind::text:
      return Value(words.front());
    case Kind::words:
      return Value(std::vector<std::string>(words.begin(), words.end()));
    case Kind::keyspace_events:
      return parse_events(words.front());
    case Kind::save_points:
      return parse_save(words);
    case Kind::output_limits:
      return parse_output_limits(words, now);
    case Kind::integers:
      return parse_integers(words, split(option.initial, ' ').size());
    case Kind::percentiles:
      return parse_percentiles(words);
    case Kind::replica_of:
      return parse_replica_of(words);
  }
  return failure("argument has no type");
}

std::string format_names(const Option& option, std::int64_t bits) {
  for (const Name& name : option.names)
    if (name.value == bits) return std::string(name.text);
  std::string all;
  for (const Name& name : option.names)
    if (name.value != 0 && (bits & name.value) == name.value)
      (all += all.empty() ? "" : " ") += name.text;
  return all;
}

/// At most six digits after the point, without trailing zeros.
std::string format_percentile(double number) {
  std::array<char, 32> digits{};
  auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number,
                           std::chars_format::fixed, 6)
                 .ptr;
  std::string printed(digits.data(), end);
  printed.erase(printed.find_last_not_of('0') + 1);
  if (printed.ends_with('.')) printed.pop_back();
  return printed;
}

/// The items of a list, each printed by `print`, with blanks between.
template <class T, class Print>
std::string joined(const std::vector<T>& items, Print print) {
  std::string line;
  for (const T& item : items) (line += line.empty() ? "" : " ") += print(item);
  return line;
}

std::string format_output_limits(const OutputLimits& limits) {
  std::string line;
  for (std::size_t at = 0; at < std::size(class_names); ++at) {
    const OutputLimit& limit = output_limit(limits, at);
    (line += line.empty() ? "" : " ") += class_names[at];
    line += " " + std::to_string(limit.hard_bytes) + " " + std::to_string(limit.soft_bytes) + " " +
            std::to_string(limit.soft_seconds);
  }
  return line;
}

std::string expected_names(const Option& option) {
  std::string all;
  for (const Name& name : option.names) (all += all.empty() ? "" : ", ") += name.text;
  return all;
}

std::string expected_range(const Option& option) {
  std::string unit(unit_name(option.unit));
  std::string range = " from " + std::to_string(option.min) + " to " + std::to_string(option.max);
  return "an integer" + (unit.empty() ? "" : " (" + unit + ")") + range;
}

}  // namespace

Result<Value> parse_value(const Option& option, Words words, const Value& now) {
  if (!option.takes_words() && words.size() != 1) return failure("wrong number of arguments");
  Result<Value> value = parse_unchecked(option, words, now);
  if (!value.ok() || option.check == nullptr) return value;
  if (const char* refusal = option.check(*value)) return failure(refusal);
  return value;
}

std::vector<std::string> argument_words(const Option& option, std::string_view argument) {
  if (!option.takes_words()) return {std::string(argument)};
  std::vector<std::string> words;
  if (argument.empty()) return words;
  for (std::string_view word : split(argument, ' ')) words.emplace_back(word);
  return words;
}

std::string format_value(const Option& option, const Value& value) {
  switch (option.kind) {
    case Kind::boolean:
      return std::get<bool>(value) ? "yes" : "no";
    case Kind::integer:
      return std::to_string(std::get<std::int64_t>(value));
    case Kind::octal:
      return octal_digits(static_cast<std::uint64_t>(std::get<std::int64_t>(value)));
    case Kind::memory:
      return std::to_string(std::get<std::uint64_t>(value));
    case Kind::memory_or_percent: {
      std::int64_t bytes = std::get<std::int64_t>(value);
      return bytes < 0 ? std::to_string(-bytes) + "%" : std::to_string(bytes);
    }
    case Kind::choice:
    case Kind::flags:
      return format_names(option, std::get<std::int64_t>(value));
    case Kind::text:
      return std::get<std::string>(value);
    case Kind::words:
    case Kind::replica_of:
      return joined(std::get<std::vector<std::string>>(value), [](auto& word) { return word; });
    case Kind::keyspace_events:
      return format_events(std::get<std::int64_t>(value));
    case Kind::save_points:
      return joined(std::get<std::vector<SavePoint>>(value), [](const SavePoint& point) {
        return std::to_string(point.seconds) + " " + std::to_string(point.changes);
      });
    case Kind::output_limits:
      return format_output_limits(std::get<OutputLimits>(value));
    case Kind::integers:
      return joined(std::get<std::vector<std::int64_t>>(value),
                    [](std::int64_t number) { return std::to_string(number); });
    case Kind::percentiles:
      return joined(std::get<std::vector<double>>(value), format_percentile);
  }
  return {};
}

std::string expectation(const Option& option) {
  switch (option.kind) {
    case Kind::boolean:
      return "yes or no";
    case Kind::integer:
      return expected_range(option);
    case Kind::octal:
      return "permission bits in octal, 0 to " + octal_digits(option.max);
    case Kind::memory:
      return "a memory size such as 100mb, from " + std::to_string(option.min) + " to " +
             std::to_string(option.max) + " bytes";
    case Kind::memory_or_percent:
      return "a memory size such as 100mb, or a percentage up to 100%";
    case Kind::choice:
      return "one of: " + expected_names(option);
    case Kind::flags:
      return "one or more of: " + expected_names(option);
    case Kind::text:
      return "one string";
    case Kind::words:
      return "a list of strings";
    case Kind::keyspace_events:
      return "letters out of Ag$lshzxetdnKEm";
    case Kind::save_points:
      return "pairs of seconds (at least 1) and changes (at least 0)";
    case Kind::output_limits:
      return "class (normal, replica or pubsub), hard limit, soft limit and soft seconds";
    case Kind::integers:
      return std::to_string(split(option.initial, ' ').size()) + " integers from -2000 to 2000";
    case Kind::percentiles:
      return "numbers from 0 to 100";
    case Kind::replica_of:
      return "a host and a port from 0 to 65535, or: no one";
  }
  return {};
}

std::span<const std::string_view> output_classes() {
  return class_names;
}

const OutputLimit& output_limit(const OutputLimits& limits, std::size_t at) {
  return at == 0 ? limits.normal : at == 1 ? limits.replica : limits.pubsub;
}

std::string format_memory_size(std::uint64_t bytes) {
  constexpr std::uint64_t kb = 1024;
  if (bytes == 0) return "0";
  if (bytes % (kb * kb * kb) == 0) return std::to_string(bytes / (kb * kb * kb)) + "gb";
  if (bytes % (kb * kb) == 0) return std::to_string(bytes / (kb * kb)) + "mb";
  if (bytes % kb == 0) return std::to_string(bytes / kb) + "kb";
  return std::to_string(bytes);
}

}  // namespace respawn::config
