#include "commands/shared/string_access.hpp"

#include <cstring>

namespace respawn::commands {

bool string_fits(const Execution& x, std::size_t bytes, std::size_t more) {
  const std::uint64_t max = x.config().proto_max_bulk_len_bytes;
  return more <= max && bytes <= max - more;
}

keyspace::Entry* make_room(Execution& x, const keyspace::Key& key, keyspace::Entry* existing,
                           std::size_t bytes) {
  if (existing) return x.db().extend(existing, bytes);
  keyspace::Entry* fresh =
      x.db().set_raw(key, nullptr, bytes, [bytes](char* text) { std::memset(text, 0, bytes); });
  x.created(key.bytes);
  return fresh;
}

Result<std::uint64_t> to_bit_offset(const Execution& x, std::string_view text, unsigned width) {
  constexpr std::string_view error = "ERR bit offset is not an integer or out of range";
  const bool in_fields = width > 0 && text.starts_with('#');
  auto parsed = to_integer(text.substr(in_fields ? 1 : 0), error);
  if (!parsed) return failure(parsed.error());
  // The product wraps round, as in Redis: #-9223372036854775808 is bit 0 of an even width.
  const std::uint64_t offset = static_cast<std::uint64_t>(*parsed) * (in_fields ? width : 1);
  if (static_cast<std::int64_t>(offset) < 0 || offset / 8 >= x.config().proto_max_bulk_len_bytes)
    return failure(std::string(error));
  return offset;
}

}  // namespace respawn::commands
