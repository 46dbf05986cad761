// Which command ran last, for the report of a crash.
#pragma once

#include <atomic>

#include "engine/table/spec.hpp"

namespace respawn::engine {

/// Written by the runner before each handler; read by a signal handler, which can be given nothing.
/// It says nothing about whether the command has ended.
inline constinit std::atomic<const CommandSpec*> command_begun{nullptr};

}  // namespace respawn::engine
