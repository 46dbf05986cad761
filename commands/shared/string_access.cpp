#include "commands/shared/string_access.hpp"

#include <cstring>

namespace respawn::commands {

void reply_string(Execution& x, const keyspace::Entry& entry) {
  keyspace::Scratch scratch;
  reply_part(x, entry, entry.bytes(scratch));
}

void reply_part(Execution& x, const keyspace::Entry& entry, std::string_view bytes) {
  if (bytes.size() < protocol::ReplyWriter::attached_min_bytes) return x.reply.bulk(bytes);
  x.reply.bulk(entry.shared_block(), bytes);
}

void set_argument(Execution& x, keyspace::Change& change, std::string_view argument,
                  std::int64_t expire_at_ms) {
  if (argument.size() > keyspace::Change::block_min_bytes)
    if (BlockPtr block = x.block_of(argument))
      return change.set_block(std::move(block), expire_at_ms);
  change.set_string(argument, expire_at_ms);
}

bool string_fits(const Execution& x, std::size_t bytes, std::size_t more) {
  const std::uint64_t max = x.config().proto_max_bulk_len_bytes;
  return more <= max && bytes <= max - more;
}

char* extend_string(Execution& x, keyspace::Change& change, std::size_t bytes,
                    keyspace::ByteRange changes) {
  if (!change.entry()) {
    change.set_raw(bytes, [bytes](char* text) { std::memset(text, 0, bytes); });
    x.created(change.key().bytes);
  }
  return change.extend(bytes, changes);
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
