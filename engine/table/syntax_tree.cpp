#include "engine/table/syntax_tree.hpp"

#include <algorithm>
#include <array>
#include <iterator>

#include "base/check.hpp"
#include "base/text.hpp"

namespace respawn::engine {

namespace {

constexpr std::string_view repetition = "...";

template <std::size_t N>
bool is_one_of(std::string_view word, const std::array<std::string_view, N>& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

constexpr auto key_names = std::to_array<std::string_view>(
    {"key", "newkey", "source", "destination", "key1", "key2", "destkey", "sourcekey"});
constexpr auto integer_names = std::to_array<std::string_view>(
    {"bit",    "client-id",   "destination-db", "min-match-len", "count",
     "slot",   "start-slot",  "end-slot",       "config-epoch",  "cluster_bus_port",
     "cursor", "db",          "decrement",      "end",           "increment",
     "index",  "index1",      "index2",         "len",           "maxlen",
     "offset", "num-matches", "numkeys",        "milliseconds",  "protover",
     "rank",   "seconds",     "start",          "stop",          "version"});
constexpr auto real_names = std::to_array<std::string_view>({"score", "longitude", "latitude"});

/// Words without a lower-case letter are typed as they are.
bool is_token(std::string_view word) {
  return std::none_of(word.begin(), word.end(), [](char c) { return c >= 'a' && c <= 'z'; });
}

std::string joined_names(const std::vector<Argument>& arguments) {
  std::string name;
  for (const Argument& argument : arguments) {
    if (!name.empty()) name += '_';
    name += argument.name;
  }
  return name;
}

/// A token may stand in front of a repetition only: "[GET pattern [GET pattern ...]]".
bool same_shape(const Argument& a, const Argument& b) {
  return a.name == b.name && a.type == b.type;
}

class Parser {
 public:
  explicit Parser(const CommandSpec& spec) : spec_(&spec), text_(spec.syntax) {}

  std::vector<Argument> parse() {
    std::vector<Argument> arguments = sequence();
    RESPAWN_CHECK(at_ == text_.size());
    return arguments;
  }

 private:
  void skip_blanks() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }

  [[nodiscard]] bool at_end() {
    skip_blanks();
    return at_ == text_.size() || text_[at_] == ']' || text_[at_] == '>' || text_[at_] == '|';
  }

  std::string_view word() {
    const std::size_t start = at_;
    at_ = std::min(text_.find_first_of(" ]>", start), text_.size());
    return text_.substr(start, at_ - start);
  }

  /// Arguments up to the end of the alternative. `repeats_` is set when it ends in "...".
  std::vector<Argument> sequence() {
    std::vector<Argument> arguments;
    while (!at_end()) {
      if (text_[at_] == '[' || text_[at_] == '<') {
        group(arguments);
        continue;
      }
      const std::string_view text = word();
      if (text == repetition)
        repeats_ = true;
      else if (is_token(text))
        arguments.push_back(behind_token(text));
      else
        arguments.push_back(plain(text));
    }
    return arguments;
  }

  /// A token takes all that follows in its alternative: one argument, or a block of several.
  Argument behind_token(std::string_view token) {
    std::vector<Argument> rest = depth_ > 0 ? sequence() : single();
    if (rest.empty())
      return {.name = to_lower(token), .type = ArgumentType::pure_token, .token = token};
    Argument argument = packed(std::move(rest));
    if (!argument.token.empty() || argument.optional) {
      std::vector<Argument> only;
      only.push_back(std::move(argument));
      argument = block(std::move(only));
    }
    argument.token = token;
    return argument;
  }

  /// Outside of groups a token goes with the one word or choice behind it, if there is one.
  std::vector<Argument> single() {
    std::vector<Argument> argument;
    if (at_end() || text_[at_] == '[') return argument;
    if (text_[at_] == '<') {
      group(argument);
      return argument;
    }
    const std::size_t start = at_;
    const std::string_view text = word();
    if (is_token(text))
      at_ = start;
    else
      argument.push_back(plain(text));
    return argument;
  }

  static Argument block(std::vector<Argument> parts) {
    return {
        .name = joined_names(parts), .type = ArgumentType::block, .arguments = std::move(parts)};
  }

  static Argument packed(std::vector<Argument> parts) {
    return parts.size() == 1 ? std::move(parts.front()) : block(std::move(parts));
  }

  /// [...] or <...>, repeatable when it ends in "..."; or "[what came before ...]", which makes
  /// that repeatable instead.
  void group(std::vector<Argument>& before) {
    const bool optional = text_[at_++] == '[';
    const bool outer_repeats = repeats_;
    const int first_key_spec = next_key_spec_;
    ++depth_;
    std::vector<Argument> alternatives;
    bool multiple = false;
    for (;;) {
      repeats_ = false;
      std::vector<Argument> parts = sequence();
      if (repeats_ && merges(before, parts)) {
        next_key_spec_ = first_key_spec;
      } else if (!parts.empty()) {
        multiple = multiple || repeats_;
        alternatives.push_back(packed(std::move(parts)));
      }
      if (at_ == text_.size() || text_[at_] != '|') break;
      ++at_;
    }
    --depth_;
    RESPAWN_CHECK(at_ < text_.size());
    ++at_;
    repeats_ = outer_repeats;
    if (alternatives.empty()) return;
    Argument argument =
        alternatives.size() == 1 ? std::move(alternatives.front()) : oneof(std::move(alternatives));
    argument.optional = argument.optional || optional;
    argument.multiple = argument.multiple || multiple;
    before.push_back(std::move(argument));
  }

  static Argument oneof(std::vector<Argument> alternatives) {
    return {.name = joined_names(alternatives),
            .type = ArgumentType::oneof,
            .arguments = std::move(alternatives)};
  }

  /// When the last of `before` are what `parts` repeats, marks them as repeatable.
  static bool merges(std::vector<Argument>& before, const std::vector<Argument>& written) {
    if (written.empty()) return false;
    // "GET a b [GET a b ...]": what is before stands behind its token already.
    const Argument& front = written.front();
    const bool of_token =
        written.size() == 1 && front.type == ArgumentType::block && !front.token.empty();
    const std::vector<Argument>& parts = of_token ? front.arguments : written;
    if (parts.size() > before.size()) return false;
    const auto first = before.end() - std::ssize(parts);
    if (!std::equal(parts.begin(), parts.end(), first, same_shape)) return false;
    std::vector<Argument> repeated(std::make_move_iterator(first),
                                   std::make_move_iterator(before.end()));
    before.erase(first, before.end());
    Argument argument = packed(std::move(repeated));
    argument.multiple = true;
    argument.multiple_token = !front.token.empty();
    before.push_back(std::move(argument));
    return true;
  }

  Argument plain(std::string_view name) {
    Argument argument{.name = std::string(name), .type = type_of(name)};
    if (argument.type == ArgumentType::key) {
      const int last = static_cast<int>(spec_->key_spec_count()) - 1;
      argument.key_spec_index = std::min(next_key_spec_++, last);
    }
    return argument;
  }

  [[nodiscard]] ArgumentType type_of(std::string_view name) const {
    if (spec_->key_spec_count() > 0 && is_one_of(name, key_names)) return ArgumentType::key;
    if (name == "pattern") return ArgumentType::pattern;
    if (name.starts_with("unix-time")) return ArgumentType::unix_time;
    if (name == "timeout")
      return spec_->flags.has(Flag::blocking) ? ArgumentType::real : ArgumentType::integer;
    if (name == "increment" && spec_->name.ends_with("float")) return ArgumentType::real;
    if (is_one_of(name, real_names)) return ArgumentType::real;
    return is_one_of(name, integer_names) ? ArgumentType::integer : ArgumentType::string;
  }

  const CommandSpec* spec_;
  std::string_view text_;
  std::size_t at_ = 0;
  int depth_ = 0;
  int next_key_spec_ = 0;
  bool repeats_ = false;
};

}  // namespace

std::string_view name_of(ArgumentType type) {
  static constexpr std::string_view names[] = {
      "string", "integer", "double", "key", "pattern", "unix-time", "pure-token", "oneof", "block"};
  return names[static_cast<std::size_t>(type)];
}

std::vector<Argument> parse_syntax(const CommandSpec& spec) {
  return Parser(spec).parse();
}

}  // namespace respawn::engine
