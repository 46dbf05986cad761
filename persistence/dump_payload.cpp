#include "persistence/dump_payload.hpp"

#include "persistence/crc64.hpp"
#include "persistence/element_reader.hpp"
#include "persistence/rdb_format.hpp"
#include "persistence/value_encoder.hpp"

namespace respawn::persistence {

namespace {

constexpr std::size_t version_bytes = 2;
constexpr std::size_t checksum_bytes = 8;

}  // namespace

void append_footer(std::string& payload, std::uint16_t version) {
  append_little_endian(payload, version);
  append_little_endian(payload, crc64(payload));
}

std::string dump_payload(const keyspace::Entry& entry, bool compress) {
  std::string payload;
  StringSink sink(payload);
  RdbWriter writer(sink, compress);
  const RdbType type = rdb_type_of(entry);
  writer.byte(static_cast<std::uint8_t>(type));
  write_value(writer, entry);
  append_footer(payload, rdb_version_of(type));
  return payload;
}

std::optional<std::string_view> payload_body(std::string_view payload, bool verified) {
  if (payload.size() < version_bytes + checksum_bytes) return std::nullopt;
  const std::size_t body_bytes = payload.size() - version_bytes - checksum_bytes;
  ByteCursor footer(payload.substr(body_bytes));
  const auto version = footer.little_endian(version_bytes);
  const auto checksum = footer.little_endian(checksum_bytes);
  if (*version > rdb_version_max) return std::nullopt;
  if (verified && *checksum != crc64(payload.substr(0, body_bytes + version_bytes)))
    return std::nullopt;
  return payload.substr(0, body_bytes);
}

std::optional<Value> read_payload_body(std::string_view body, const ValueLimits& limits,
                                       std::uint64_t string_bytes_max) {
  MemorySource source(body);
  RdbReader reader(source, string_bytes_max);
  auto value = read_value(reader, limits);
  if (!value || !reader.at_end()) return std::nullopt;
  return value;
}

std::uint64_t dumped_bytes(const keyspace::Entry& entry, bool compress) {
  CountingSink sink;
  RdbWriter writer(sink, compress);
  write_value(writer, entry);
  return sink.count();
}

}  // namespace respawn::persistence
