// A client as the log names it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/clients/session.hpp"

namespace respawn::actors {

/// "id=3 addr=127.0.0.1:5000 ... cmd=get class=normal": the fields of CLIENT LIST that the
/// connection knows without the keyspace, which may be at work on the client, and which output
/// limit it is under. Its `name` is among them while the connection holds the batch. `unsent_bytes`
/// are replies that wait for the reader; the age is relative to `now_ms` (wall clock).
[[nodiscard]] std::string client_line(const engine::Session& session, std::size_t unsent_bytes,
                                      std::int64_t now_ms);

/// The beginning of what a client sent, fit for one line: other bytes than printable ones are
/// escaped, and what is left out is counted.
[[nodiscard]] std::string excerpt(std::string_view bytes);

}  // namespace respawn::actors
