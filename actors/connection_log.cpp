// What a connection writes to the log.
#include <cerrno>
#include <system_error>

#include "actors/client_line.hpp"
#include "actors/connection_actor.hpp"

namespace respawn::actors {

/// A line about the client, made only where the log wants it. The first one that tells of its end
/// is the only one.
void ConnectionActor::log_client(engine::LogLevel level, std::string_view before,
                                 std::string_view behind) {
  end_logged_ = true;
  if (!context_.log.enabled(level)) return;
  std::string text(before);
  text += client_line(*session_, stream_ ? stream_->unsent_bytes() : 0,
                      loop().clock().wall_us() / 1000);
  text += behind;
  context_.log.write(level, text);
}

void ConnectionActor::log_protocol_error() {
  if (!context_.log.enabled(engine::LogLevel::verbose)) return;
  constexpr std::string_view prefix = "ERR Protocol error: ";
  const std::string reason = parser_.error().substr(prefix.size());
  log_client(engine::LogLevel::verbose, "Protocol error (" + reason + ") from client: ",
             ". Query buffer during protocol error: '" +
                 excerpt(session_->batch.input.view().substr(parsed_)) + "'");
}

void ConnectionActor::log_accepted() {
  std::string text = session_->unix_socket ? "Accepted connection to " : "Accepted ";
  text += session_->unix_socket ? session_->local_address : session_->peer_address;
  context_.log.write(engine::LogLevel::verbose, text);
}

void ConnectionActor::log_refused() {
  std::string text = "Refused " + stream_->peer_address() + ": ";
  text += std::string_view(farewell_).substr(1, farewell_.find('\r') - 1);
  context_.log.write(engine::LogLevel::verbose, text);
}

/// A peer that goes away without a word is everyday; anything else is not.
void ConnectionActor::log_broken(std::string_view what, int error) {
  const bool everyday = error == ECONNRESET || error == EPIPE || error == ETIMEDOUT;
  log_client(everyday ? engine::LogLevel::verbose : engine::LogLevel::warning,
             std::string(what) + ": " + std::generic_category().message(error) + ": ");
}

void ConnectionActor::log_output_limit() {
  log_client(engine::LogLevel::warning, "Client ",
             " scheduled to be closed ASAP for overcoming of output buffer limits.");
}

void ConnectionActor::log_query_limit() {
  const Buffer& input = in_flight() ? arriving_ : session_->batch.input;
  log_client(engine::LogLevel::warning, "Closing client that reached max query buffer length: ",
             " (qbuf initial bytes: '" + excerpt(input.view()) + "')");
}

}  // namespace respawn::actors
