// What somebody wants to do, and whether he may.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "access/catalog.hpp"

namespace respawn::access {

/// A key among the arguments, and what is done with its value. Neither: something about it is asked
/// (EXISTS), for which any right will do.
struct KeyUse {
  std::string_view key;
  std::size_t position = 0;  // among the arguments
  bool reads = false;
  bool writes = false;
};

struct ChannelUse {
  std::string_view name;
  std::size_t position = 0;  // among the arguments
  bool is_pattern = false;   // of PSUBSCRIBE: allowed literally or not at all
};

/// A command with its arguments. Views live as long as the question.
struct Request {
  CommandId command = 0;
  bool is_free = false;  // anybody may run it: AUTH, HELLO, QUIT, RESET
  bool has_argument = false;
  std::string_view first_argument;
  std::span<const KeyUse> keys;
  std::span<const ChannelUse> channels;
};

/// Later ones are reported rather than earlier ones, where several selectors refuse.
enum class Denial : std::uint8_t { none, command, key, auth, channel };

struct Decision {
  Denial denial = Denial::none;
  std::size_t position = 0;  // of the key or channel

  [[nodiscard]] bool allowed() const { return denial == Denial::none; }
};

}  // namespace respawn::access
