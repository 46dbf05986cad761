// Which arguments of a command are nobody's business: what is shown of a command leaves them out.
#pragma once

#include <cstddef>
#include <string_view>

#include "engine/table/spec.hpp"

namespace respawn::engine {

/// What is shown in place of an argument that is a secret.
inline constexpr std::string_view redacted = "(redacted)";

/// Whether the argument is a password or goes with one: of AUTH, HELLO AUTH, ACL SETUSER, MIGRATE
/// AUTH, and values of secret options in CONFIG SET. O(1).
[[nodiscard]] bool is_secret(const CommandSpec& spec, Args args, std::size_t at);

}  // namespace respawn::engine
