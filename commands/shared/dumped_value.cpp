#include "commands/shared/dumped_value.hpp"

#include <string>

#include "commands/shared/hash_access.hpp"
#include "commands/shared/list_access.hpp"
#include "commands/shared/set_access.hpp"
#include "commands/shared/sorted_set_access.hpp"
#include "persistence/dump_payload.hpp"

namespace respawn::commands {

persistence::ValueLimits value_limits(engine::Execution& x) {
  return {.list = list_limits(x),
          .set = set_limits(x),
          .hash = hash_limits(x),
          .sorted_set = sorted_set_limits(x)};
}

Result<persistence::Value> dumped_value(engine::Execution& x, std::string_view payload) {
  const auto body = persistence::payload_body(payload);
  if (!body) return failure(std::string("ERR DUMP payload version or checksum are wrong"));
  auto value =
      persistence::read_payload_body(*body, value_limits(x), x.config().proto_max_bulk_len_bytes);
  if (!value) return failure(std::string("ERR Bad data format"));
  return std::move(*value);
}

}  // namespace respawn::commands
