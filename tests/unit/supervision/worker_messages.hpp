// What the tests tell their workers to do.
#pragma once

#include <caf/allowed_unsafe_message_type.hpp>
#include <string>

namespace respawn::supervision {

/// To a worker: throw std::runtime_error(what).
struct Crash {
  std::string what = "boom";
};

/// To a worker: finish normally.
struct Finish {};

/// To a worker: one of many messages.
struct Noise {};

}  // namespace respawn::supervision

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(respawn::supervision::Crash)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(respawn::supervision::Finish)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(respawn::supervision::Noise)
