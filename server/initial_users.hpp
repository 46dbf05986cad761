// The users that there are at a start: from lines of the configuration, or from the ACL file.
#pragma once

#include <span>
#include <string>

#include "access/users.hpp"
#include "config/load.hpp"
#include "engine/run/environment.hpp"

namespace respawn::server {

/// The path of the ACL file, which is meant from the directory of the server. Requires that there
/// is one.
[[nodiscard]] std::string users_file(const config::Config& config);

/// Puts them into the store. The error says what a start prints.
Status fill_users(engine::Store& store, std::span<const config::Directive> lines,
                  const config::Files& files);

/// Whether that can be done.
Status check_users(const config::Loaded& loaded, const config::Files& files);

}  // namespace respawn::server
