// One decoded reply as a tree of values.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace respawn::protocol {

enum class ReplyType : std::uint8_t {
  simple,      // +text
  error,       // -text, or !n (RESP3)
  integer,     // :value
  bulk,        // $n
  null,        // $-1, or _ (RESP3)
  null_array,  // *-1
  array,       // *n
  boolean,     // #t #f: integer is 1 or 0
  real,        // ,value
  big_number,  // (digits
  verbatim,    // =n: string is the text, format its three letters
  map,         // %n: key, value, key, value...
  set,         // ~n
  push,        // >n
};

/// A value; what its type does not use is empty. NaN, as always, does not equal itself.
struct Reply {
  ReplyType type = ReplyType::null;
  std::string string;  // simple, error, bulk, verbatim; the digits of a big number
  std::string format;  // verbatim
  std::int64_t integer = 0;
  double real = 0;
  std::vector<Reply> elements;
  std::vector<Reply> attributes;  // key, value, key, value... that came in front of it (RESP3)

  [[nodiscard]] bool is_error() const { return type == ReplyType::error; }

  [[nodiscard]] bool is_null() const {
    return type == ReplyType::null || type == ReplyType::null_array;
  }

  bool operator==(const Reply&) const = default;
};

}  // namespace respawn::protocol
