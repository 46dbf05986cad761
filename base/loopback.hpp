// Which addresses are this machine itself.
#pragma once

#include <string_view>

namespace respawn {

/// Whether a numeric address, with or without a port ("127.0.0.1:6379", "[::1]:6379", "::1"), is a
/// loopback one: 127.0.0.0/8, ::1, or the former written as IPv6 (::ffff:127.0.0.1). False for
/// whatever else the text is; a Unix socket's path has no host.
bool is_loopback(std::string_view address);

}  // namespace respawn
