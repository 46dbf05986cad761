// What DUMP answers and RESTORE takes: a value, the version of its format, and a checksum.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "keyspace/entry.hpp"
#include "persistence/value_decoder.hpp"

namespace respawn::persistence {

/// The value with its type in front and version (2 bytes) and CRC-64 of all before it (8 bytes)
/// behind, little endian. O(value).
[[nodiscard]] std::string dump_payload(const keyspace::Entry& entry, bool compress);

/// Completes what was dumped by version and checksum. O(payload).
void append_footer(std::string& payload, std::uint16_t version);

/// Type and value, when version and (unless that is not `verified`) checksum are right. O(bytes).
[[nodiscard]] std::optional<std::string_view> payload_body(std::string_view payload,
                                                           bool verified = true);

/// Reads such a body; nothing may be left behind the value.
[[nodiscard]] std::optional<Value> read_payload_body(std::string_view body,
                                                     const ValueLimits& limits,
                                                     std::uint64_t string_bytes_max);

/// Bytes of the value as it would be dumped, without type, version and checksum. O(value).
[[nodiscard]] std::uint64_t dumped_bytes(const keyspace::Entry& entry, bool compress);

}  // namespace respawn::persistence
