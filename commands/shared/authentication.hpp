// Logging in, as AUTH and HELLO do it.
#pragma once

#include <string_view>

#include "engine/run/execution.hpp"

namespace respawn::commands {

/// The client is that user from now on, or stays who it is and false is returned; a failure goes to
/// ACL LOG under the command's name as it was sent (`called_as`).
bool authenticate(engine::Execution& x, std::string_view called_as, std::string_view name,
                  std::string_view password);

/// The client is whoever it was when it connected.
void log_out(engine::Execution& x);

}  // namespace respawn::commands
