// What a connection writes to the log, but for excerpts of what it received.
#include <system_error>

#include "actors/connection_actor.hpp"

namespace respawn::actors {

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

}  // namespace respawn::actors
