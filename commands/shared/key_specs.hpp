// Where the keys of a command stand: what rows of several files say.
#pragma once

#include "engine/table/spec.hpp"

namespace respawn::commands {

/// One key, the first argument, whose value is read and returned.
inline constexpr engine::KeySpec read_key =
    engine::keys({engine::KeyFlag::RO, engine::KeyFlag::access}, 1);

}  // namespace respawn::commands
