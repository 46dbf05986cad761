// The script language of the differential tests: parsing, without running.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace respawn::differential {

/// How the two servers' replies to one step are held against each other.
struct Comparison {
  enum class Mode : std::uint8_t {
    exact,      // byte for byte
    unordered,  // the outermost elements in any order (a map's pairs)
    deep,       // sets, and arrays of nothing but simple strings, in any order at every depth
    inner,      // the elements of the outermost elements in any order (SCAN)
    shape,      // types and element counts only
    fields,     // only the named values of a text of name=value or name:value parts
  };

  Mode mode = Mode::exact;
  std::int64_t tolerance = 0;         // integers may differ by this
  std::vector<std::string> fields{};  // for Mode::fields
  bool doubles = false;               // texts of the same number are the same
  int dropped = -1;                   // index removed from each element of the outermost array
};

struct Step {
  enum class Kind : std::uint8_t {
    command,  // words, as an array of bulk strings
    send,     // bytes as they are
    raw,      // bytes as they are on a connection of its own; everything until the end is compared
    read,     // replies of an earlier step that blocks, or pushes
    closed,   // the server closes: everything until the end is compared
    hang_up,  // the client closes
    flush,    // new connections, no data
  };

  Kind kind = Kind::command;
  int line = 0;  // in the file, from 1
  int resp = 0;  // 2 or 3: runs only under that version; 0: under both
  std::string connection = "a";
  std::vector<std::string> words;
  std::string bytes;
  std::size_t replies = 1;
  bool blocks =
      false;  // the reply comes later: waits only until the server counts a blocked client
  Comparison comparison;
  std::optional<std::string> expected_of_ours;  // a listed difference from Redis
  std::vector<std::string> alternatives;        // also right: what another Redis 7 answers
  std::optional<std::string> repeat_until;      // asked again until this is the reply

  /// The step as a line for messages.
  [[nodiscard]] std::string text() const;
};

/// The steps of a script. Throws std::runtime_error, naming the line, when one is not understood.
///
/// A line is a command in redis-cli's quoting, a directive ("# name ..."), a remark ("## ...") or
/// empty. README.md in this folder lists the directives. `name` is for messages.
std::vector<Step> parse_script(std::string_view text, const std::string& name);

}  // namespace respawn::differential
