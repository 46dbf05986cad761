// Which clients CLIENT KILL means.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/clients/session.hpp"
#include "engine/table/arguments.hpp"

namespace respawn::engine {

/// Every condition that is given must hold. Views point into the arguments.
struct ClientFilter {
  std::optional<std::uint64_t> id;
  std::optional<ClientType> type;
  std::optional<std::string_view> user;
  std::optional<std::string_view> address;
  std::optional<std::string_view> local_address;
  bool skip_me = true;

  [[nodiscard]] bool admits(const Session& session) const;
};

/// CLIENT KILL's options: ID, TYPE, USER, ADDR, LADDR, SKIPME, each with its value; or the address
/// alone, which may be the caller's own.
Result<ClientFilter> parse_client_filter(Args args, const access::Users& users);

}  // namespace respawn::engine
