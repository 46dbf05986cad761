// The rename-command directives: by which names clients call commands.
#pragma once

#include <span>

#include "base/result.hpp"
#include "config/load.hpp"
#include "engine/table/registry.hpp"

namespace respawn::server {

/// Renames in the order of the directives. The error names the first one that cannot be done, as a
/// start prints it; those before it have been done.
Status rename_commands(engine::Registry& registry, std::span<const config::Directive> directives);

/// Whether all of them can be done, from the names that commands have of themselves.
Status check_renames(std::span<const config::Directive> directives);

}  // namespace respawn::server
