// The versions that clients are told.
#pragma once

#include <string_view>

namespace respawn::engine {

/// The Redis whose behaviour this server has: what HELLO and INFO's redis_version say.
inline constexpr std::string_view redis_version = "7.2.4";

/// Our own.
inline constexpr std::string_view respawn_version = RESPAWN_VERSION;

}  // namespace respawn::engine
