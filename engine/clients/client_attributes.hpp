// What a client may say about itself: its name and its library.
#pragma once

#include <algorithm>
#include <string_view>

namespace respawn::engine {

/// Whether the text keeps CLIENT LIST readable: printable ASCII without blanks. Empty is fine, it
/// takes the attribute away.
inline bool is_client_attribute(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '!' && c <= '~'; });
}

}  // namespace respawn::engine
