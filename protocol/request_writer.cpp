#include "protocol/request_writer.hpp"

#include "base/numbers.hpp"
#include "protocol/reply_writer.hpp"

namespace respawn::protocol {

void write_request(Buffer& out, std::span<const std::string_view> arguments) {
  constexpr std::size_t overhead = max_int_digits + 5;  // type byte, size, CR LF twice
  std::size_t room = overhead;
  for (const std::string_view argument : arguments) room += argument.size() + overhead;
  out.reserve(room);
  // A request is what a reply of bulks would be.
  ReplyWriter writer(out, RespVersion::resp2);
  writer.array(arguments.size());
  for (const std::string_view argument : arguments) writer.bulk(argument);
}

}  // namespace respawn::protocol
