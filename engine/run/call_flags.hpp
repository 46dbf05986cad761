// What one call of a command may do: the flags of its row, or of what it runs.
#pragma once

#include "engine/clients/session.hpp"

namespace respawn::engine {

/// EXEC may do what its queue may; a script what it says of itself. The arity must have been
/// checked.
[[nodiscard]] inline Flags flags_of_call(const Store& store, const Session& session,
                                         const CommandSpec& spec, Args args) {
  if (spec.flags.has(Flag::runs_script)) return spec.flags_of_call(store, spec, args);
  return effective_flags(session, spec);
}

}  // namespace respawn::engine
