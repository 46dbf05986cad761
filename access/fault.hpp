// What can be wrong with a rule.
#pragma once

#include <cstdint>
#include <string_view>

namespace respawn::access {

enum class Fault : std::uint8_t {
  none,
  syntax,
  unknown_name,             // of a command or category
  behind_all_keys,          // a key pattern that adds nothing to `*`
  behind_all_channels,      // likewise
  no_such_password,         // it was to be removed
  bad_hash,                 // not 64 hex digits
  subcommand_has_argument,  // +config|get|x
};

/// In Redis's words.
[[nodiscard]] std::string_view describe(Fault fault);

}  // namespace respawn::access
