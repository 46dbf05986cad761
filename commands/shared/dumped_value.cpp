#include "commands/shared/dumped_value.hpp"

#include <string>

#include "engine/run/value_limits.hpp"
#include "persistence/dump_payload.hpp"

namespace respawn::commands {

persistence::ValueLimits value_limits(engine::Execution& x) {
  return engine::value_limits(x.config(), x.store().list_packed_threshold_bytes);
}

Result<persistence::Value> dumped_value(engine::Execution& x, std::string_view payload) {
  const auto body = persistence::payload_body(payload, !x.store().skips_checksums);
  if (!body) return failure(std::string("ERR DUMP payload version or checksum are wrong"));
  auto value =
      persistence::read_payload_body(*body, value_limits(x), x.config().proto_max_bulk_len_bytes);
  if (!value) {
    x.env().services.log.write(LogLevel::warning, "A dumped value: integrity check failed");
    return failure(std::string("ERR Bad data format"));
  }
  return std::move(*value);
}

}  // namespace respawn::commands
