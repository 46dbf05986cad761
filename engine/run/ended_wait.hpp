// How a command that blocked ends without having been run again: its reply, and what is counted.
#pragma once

#include "engine/run/environment.hpp"

namespace respawn::engine {

enum class WaitEnd : std::uint8_t {
  timeout,  // its time is over, or CLIENT UNBLOCK TIMEOUT says so
  error,    // CLIENT UNBLOCK ERROR
};

/// Answers a blocked session, counts its command and releases it; its batch goes on
/// (Blocking::take_resumed).
void end_wait(Environment& environment, Session& session, WaitEnd end);

/// Whether the reply to the running command is not wanted (CLIENT REPLY).
[[nodiscard]] inline bool is_silent(const Session& session) {
  return session.reply_off || session.reply_skip_this;
}

}  // namespace respawn::engine
