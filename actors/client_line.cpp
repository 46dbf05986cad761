#include "actors/client_line.hpp"

#include <array>
#include <cstdio>

#include "engine/table/spec.hpp"

namespace respawn::actors {

std::string client_line(const engine::Session& session, std::size_t unsent_bytes,
                        std::int64_t now_ms) {
  const engine::SocketFacts& facts = session.facts;
  const engine::CommandSpec* command = session.last_command.load(std::memory_order_relaxed);
  const bool holds_batch =
      session.batch.state.load(std::memory_order_acquire) == engine::Batch::State::idle;
  std::string line = "id=" + std::to_string(session.id);
  line += " addr=" + session.peer_address;
  line += " laddr=" + session.local_address;
  line += " fd=" + std::to_string(session.fd);
  if (holds_batch) line += " name=" + session.name;
  line += " age=" + std::to_string((now_ms - session.created_ms) / 1000);
  line += " qbuf=" + std::to_string(facts.query_bytes.load(std::memory_order_relaxed));
  line += " qbuf-free=" + std::to_string(facts.query_free_bytes.load(std::memory_order_relaxed));
  line += " omem=" + std::to_string(unsent_bytes);
  line += " cmd=";
  line += command != nullptr ? command->name : "NULL";
  line += " class=";
  line += facts.subscriber.load(std::memory_order_relaxed) ? "pubsub" : "normal";
  return line;
}

std::string excerpt(std::string_view bytes) {
  constexpr std::size_t bytes_max = 64;
  std::string text;
  for (const char byte : bytes.substr(0, bytes_max)) {
    if (byte == '\\' || byte == '\'') {
      text += '\\';
      text += byte;
    } else if (byte >= ' ' && byte <= '~') {
      text += byte;
    } else {
      std::array<char, 5> escaped;
      std::snprintf(escaped.data(), escaped.size(), "\\x%02x", static_cast<unsigned char>(byte));
      text += escaped.data();
    }
  }
  if (bytes.size() > bytes_max)
    text += " (... more " + std::to_string(bytes.size() - bytes_max) + " bytes ...)";
  return text;
}

}  // namespace respawn::actors
