// Reading a command's arguments: numbers, and options one after the other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

#include "base/numbers.hpp"
#include "base/result.hpp"
#include "base/text.hpp"
#include "engine/table/errors.hpp"
#include "engine/table/spec.hpp"

namespace respawn::engine {

/// A 64-bit integer, or Redis's error.
inline Result<std::int64_t> to_integer(std::string_view text,
                                       std::string_view error = errors::not_an_integer) {
  if (auto value = parse_int64(text)) return *value;
  return failure(std::string(error));
}

/// An integer within [min, max]; outside it Redis answers `errors::out_of_range` with the bounds
/// for some commands, else `error`.
inline Result<std::int64_t> to_integer_between(std::string_view text, std::int64_t min,
                                               std::int64_t max,
                                               std::string_view error = errors::not_an_integer) {
  auto value = parse_int64(text);
  if (value && *value >= min && *value <= max) return *value;
  return failure(std::string(error));
}

/// Blocking commands' timeout, in milliseconds (0 = for ever): seconds as a float, rounded up.
Result<std::int64_t> to_timeout_ms(std::string_view seconds);

/// Walks over arguments that are options.
class ArgCursor {
 public:
  ArgCursor(Args args, std::size_t at) : args_(args), at_(at) {}

  [[nodiscard]] bool done() const { return at_ >= args_.size(); }

  [[nodiscard]] std::size_t left() const { return args_.size() - at_; }

  [[nodiscard]] std::size_t position() const { return at_; }

  /// Steps over the next argument if it is `token` in any case and at least `following` more
  /// arguments come behind it.
  bool take(std::string_view token, std::size_t following = 0) {
    if (left() < following + 1 || !iequals(args_[at_], token)) return false;
    ++at_;
    return true;
  }

  /// The next argument; there must be one.
  std::string_view next() {
    RESPAWN_CHECK(!done());
    return args_[at_++];
  }

 private:
  Args args_;
  std::size_t at_;
};

}  // namespace respawn::engine
