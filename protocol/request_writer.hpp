// Encodes commands for a server: arrays of bulk strings.
#pragma once

#include <initializer_list>
#include <span>
#include <string_view>

#include "base/buffer.hpp"

namespace respawn::protocol {

/// Appends one command. O(bytes), one growth of the buffer at most.
void write_request(Buffer& out, std::span<const std::string_view> arguments);

inline void write_request(Buffer& out, std::initializer_list<std::string_view> arguments) {
  write_request(out, std::span(arguments.begin(), arguments.size()));
}

}  // namespace respawn::protocol
