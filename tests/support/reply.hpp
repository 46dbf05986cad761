// A RESP reply as a tree that remembers its exact bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace respawn::support {

/// One reply. Deliberately not protocol's decoder: a test does not judge a server's bytes with the
/// code under test. An attribute ('|') holds its pairs and, as its last element, what it adorns.
struct Reply {
  char type = 0;                // the first byte: + - : $ * _ , # ( = % ~ > ! |
  bool null = false;            // $-1, *-1 or _
  std::string header;           // up to and including the CR LF behind the payload
  std::string text;             // payload of a scalar
  std::vector<Reply> elements;  // of an aggregate; a map's keys and values in turn

  [[nodiscard]] bool is_error() const { return type == '-' || type == '!'; }

  [[nodiscard]] bool is_push() const { return type == '>'; }

  /// The integer of a ':' reply. Throws std::runtime_error, naming the reply, when it is none.
  [[nodiscard]] std::int64_t integer() const;

  /// The whole reply as it was received.
  [[nodiscard]] std::string bytes() const;
};

/// The first reply of `bytes`, which is shortened by it; none while it is incomplete. Throws
/// std::runtime_error when the bytes are not RESP. O(bytes).
std::optional<Reply> take_reply(std::string_view& bytes);

/// A command as an array of bulk strings.
std::string encode_command(const std::vector<std::string>& words);

/// Several commands behind one another.
std::string encode_pipeline(std::initializer_list<std::vector<std::string>> commands);

/// For messages: printable, with escapes, cut after `length_max` characters.
std::string printable(std::string_view bytes, std::size_t length_max = 600);

}  // namespace respawn::support
