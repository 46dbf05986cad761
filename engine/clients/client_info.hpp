// CLIENT LIST's line about one client.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/clients/session.hpp"

namespace respawn::engine {

/// "id=3 addr=127.0.0.1:5000 ..." in the order of Redis 7.2's fields, without a line end. Ages are
/// relative to `now_ms` (wall clock).
[[nodiscard]] std::string client_info(const Session& session, std::int64_t now_ms);

/// "normal", "replica" (or "slave"), "pubsub" or "master", in any case.
[[nodiscard]] std::optional<ClientType> client_type_named(std::string_view name);

}  // namespace respawn::engine
