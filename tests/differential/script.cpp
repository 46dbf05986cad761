#include "tests/differential/script.hpp"

#include <functional>
#include <map>
#include <stdexcept>
#include <utility>

#include "base/numbers.hpp"
#include "base/text.hpp"
#include "tests/support/reply.hpp"

namespace respawn::differential {

namespace {

/// Replies to a command when all goes well: one, but for (un)subscribing, one per channel.
std::size_t usual_replies(const std::vector<std::string>& words) {
  const auto name = to_lower(words[0]);
  if (name.find("subscribe") == std::string::npos || words.size() < 2) return 1;
  return words.size() - 1;
}

class Parser {
 public:
  explicit Parser(std::string name) : name_(std::move(name)) {}

  std::vector<Step> parse(std::string_view text) {
    for (const auto raw_line : split(text, '\n')) {
      ++line_;
      const auto line = trim(raw_line);
      if (line.empty() || line.starts_with("##")) continue;
      auto words = split_quoted(line.starts_with("#") ? line.substr(1) : line);
      if (!words || words->empty()) fail("bad quoting");
      if (line.starts_with("#"))
        directive(*words);
      else
        command(std::move(*words));
    }
    if (pending_) fail("a directive without a command behind it");
    return std::move(steps_);
  }

 private:
  using Words = std::vector<std::string>;

  [[noreturn]] void fail(const std::string& why) const {
    throw std::runtime_error(name_ + ":" + std::to_string(line_) + ": " + why);
  }

  std::int64_t number(const Words& words, std::size_t at) const {
    const auto value = at < words.size() ? parse_int64(words[at]) : std::nullopt;
    if (!value || *value < 0) fail("'" + words[0] + "' wants a number");
    return *value;
  }

  const std::string& word(const Words& words, std::size_t at) const {
    if (at >= words.size()) fail("'" + words[0] + "' wants more");
    return words[at];
  }

  void command(Words words) {
    Step step = std::move(next_);
    step.kind = Step::Kind::command;
    if (!replies_given_) step.replies = step.blocks ? 0 : usual_replies(words);
    step.words = std::move(words);
    add(std::move(step));
  }

  void add(Step step) {
    step.line = line_;
    step.resp = resp_;
    if (step.connection.empty() || !own_connection_) step.connection = connection_;
    steps_.push_back(std::move(step));
    next_ = Step{};
    pending_ = false;
    own_connection_ = false;
    replies_given_ = false;
  }

  void add(Step::Kind kind, std::string bytes = {}) {
    Step step = std::move(next_);
    step.kind = kind;
    step.bytes = std::move(bytes);
    add(std::move(step));
  }

  void directive(const Words& words) {
    if (scope(words) || action(words)) return;
    if (!modifier(words)) fail("unknown directive '" + words[0] + "'");
    pending_ = true;
  }

  /// What holds until it is said otherwise.
  bool scope(const Words& words) {
    if (words[0] == "resp") {
      resp_ = word(words, 1) == "any" ? 0 : static_cast<int>(number(words, 1));
      return true;
    }
    if (words[0] != "connection") return false;
    connection_ = word(words, 1);
    return true;
  }

  /// What is a step of its own.
  bool action(const Words& words) {
    const auto& name = words[0];
    if (name == "flush") {
      add(Step::Kind::flush);
      connection_ = "a";
    } else if (name == "raw") {
      add(Step::Kind::raw, word(words, 1));
    } else if (name == "send") {
      add(Step::Kind::send, word(words, 1));
    } else if (name == "closed") {
      add(Step::Kind::closed);
    } else if (name == "hang-up") {
      add(Step::Kind::hang_up);
    } else if (name == "reply") {
      next_.connection = word(words, 1);
      own_connection_ = true;
      next_.replies = words.size() > 2 ? static_cast<std::size_t>(number(words, 2)) : 1;
      add(Step::Kind::read);
    } else {
      return false;
    }
    return true;
  }

  /// What changes the next step.
  bool modifier(const Words& words) {
    const auto& name = words[0];
    auto& how = next_.comparison;
    if (name == "unordered") {
      const std::string depth = words.size() > 1 ? words[1] : "";
      how.mode = depth == "deep"    ? Comparison::Mode::deep
                 : depth == "inner" ? Comparison::Mode::inner
                                    : Comparison::Mode::unordered;
    } else if (name == "doubles") {
      how.doubles = true;
    } else if (name == "shape") {
      how.mode = Comparison::Mode::shape;
    } else if (name == "fields") {
      how.mode = Comparison::Mode::fields;
      how.fields.assign(words.begin() + 1, words.end());
    } else if (name == "approx") {
      how.tolerance = number(words, 1);
    } else if (name == "drop") {
      how.dropped = static_cast<int>(number(words, 1));
    } else if (name == "replies") {
      next_.replies = static_cast<std::size_t>(number(words, 1));
      replies_given_ = true;
    } else if (name == "blocks") {
      next_.blocks = true;
    } else if (name == "differs") {
      reason_given_ = words.size() > 1;
    } else if (name == "expect") {
      if (!std::exchange(reason_given_, false))
        fail("'expect' without 'differs <reason>' above it");
      next_.expected_of_ours = word(words, 1);
    } else if (name == "or") {
      next_.alternatives.push_back(word(words, 1));
    } else if (name == "eventually") {
      next_.repeat_until = word(words, 1);
    } else {
      return false;
    }
    return true;
  }

  std::string name_;
  int line_ = 0;
  int resp_ = 0;
  std::string connection_ = "a";
  Step next_;
  bool pending_ = false;         // next_ holds modifiers
  bool own_connection_ = false;  // next_.connection was given
  bool replies_given_ = false;
  bool reason_given_ = false;
  std::vector<Step> steps_;
};

}  // namespace

std::string Step::text() const {
  switch (kind) {
    case Kind::command: {
      std::string shown_words;
      for (const auto& word : words) {
        const auto shown = support::printable(word, 100);
        const bool plain =
            !word.empty() && shown.size() == word.size() + 2 && word.find(' ') == word.npos;
        shown_words += (shown_words.empty() ? "" : " ") + (plain ? word : shown);
      }
      return shown_words;
    }
    case Kind::send:
      return "send " + support::printable(bytes, 100);
    case Kind::raw:
      return "raw " + support::printable(bytes, 100);
    case Kind::read:
      return "(what arrives at connection " + connection + ")";
    case Kind::closed:
      return "(what arrives at connection " + connection + " until it is closed)";
    case Kind::hang_up:
      return "(close)";
    case Kind::flush:
      return "(flush)";
  }
  return {};
}

std::vector<Step> parse_script(std::string_view text, const std::string& name) {
  return Parser(name).parse(text);
}

}  // namespace respawn::differential
