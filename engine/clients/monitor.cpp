#include "engine/clients/monitor.hpp"

#include <string>

#include "base/text.hpp"
#include "engine/table/secrets.hpp"

namespace respawn::engine {

namespace {

/// "127.0.0.1:5000", "unix:/path", "lua".
std::string client_name(const Session& session) {
  if (session.script_of) return "lua";
  if (!session.unix_socket) return session.peer_address;
  const std::string& path = session.local_address;
  return "unix:" + path.substr(0, path.rfind(':'));
}

/// Seconds with six digits behind the point.
std::string seconds_text(std::int64_t us) {
  const std::string micros = std::to_string(us % 1'000'000);
  return std::to_string(us / 1'000'000) + "." + std::string(6 - micros.size(), '0') + micros;
}

}  // namespace

void feed_monitors(ClientTable& clients, const Session& session, const CommandSpec& spec, Args args,
                   std::int64_t now_us) {
  if (spec.flags.has(Flag::admin) || spec.flags.has(Flag::skip_monitor)) return;
  show_to_monitors(clients, session, spec, args, now_us);
}

void show_to_monitors(ClientTable& clients, const Session& session, const CommandSpec& spec,
                      Args args, std::int64_t now_us) {
  std::string line = "+" + seconds_text(now_us) + " [" + std::to_string(session.db) + " " +
                     client_name(session) + "]";
  for (std::size_t i = 0; i < args.size(); ++i) {
    line += ' ';
    line += is_secret(spec, args, i) ? '"' + std::string(redacted) + '"' : quoted(args[i]);
  }
  line += "\r\n";
  for (const auto& [id, monitor] : clients.monitors()) clients.push(*monitor, line);
}

}  // namespace respawn::engine
