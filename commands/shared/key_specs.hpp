// Where the keys of a command stand: what rows of several files say.
#pragma once

#include <string_view>

#include "engine/table/spec.hpp"

namespace respawn::commands {

/// One key, the first argument, whose value is read and returned.
inline constexpr engine::KeySpec read_key =
    engine::keys({engine::KeyFlag::RO, engine::KeyFlag::access}, 1);

/// Of a value that is changed, and returned as it was or will be.
inline constexpr engine::KeyFlags rw_access_update = {engine::KeyFlag::RW, engine::KeyFlag::access,
                                                      engine::KeyFlag::update};

/// Those that a caller of a script names, behind their number.
constexpr engine::KeySpec declared_keys(engine::KeyFlags flags, std::string_view notes) {
  engine::KeySpec spec = engine::counted_keys(flags, 2);
  spec.notes = notes;
  return spec;
}

}  // namespace respawn::commands
