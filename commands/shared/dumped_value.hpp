// A value out of what DUMP returns, with the encodings that the configuration wants.
#pragma once

#include <string_view>

#include "engine/run/execution.hpp"
#include "persistence/value_decoder.hpp"

namespace respawn::commands {

/// By which values that are read get their encodings.
[[nodiscard]] persistence::ValueLimits value_limits(engine::Execution& x);

/// RESTORE's errors where version, checksum or anything about the value is not as it must be.
/// O(bytes).
[[nodiscard]] Result<persistence::Value> dumped_value(engine::Execution& x,
                                                      std::string_view payload);

}  // namespace respawn::commands
