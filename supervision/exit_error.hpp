// Exit reasons of actors: how exceptions and escalations become one, and what they say in reports.
#pragma once

#include <caf/error.hpp>
#include <caf/fwd.hpp>
#include <cstdint>
#include <exception>
#include <string>

#include "supervision/child_traits.hpp"

namespace respawn::supervision {

/// Our own exit reasons; the text is the error's context.
enum class ExitCode : std::uint8_t {
  exception = 1,  ///< a handler threw
  escalated,      ///< a supervisor gave up: too many restarts
  start_failed,   ///< a supervisor could not start a child
  failed,         ///< an actor's own reason
};

[[nodiscard]] caf::error make_exit_error(ExitCode code, std::string text);

/// The reason of an actor that died of this exception: "<type>: <what()>". `error` not null.
[[nodiscard]] caf::error make_exit_error(const std::exception_ptr& error);

/// "std::runtime_error: no such file" or "exception of unknown type".
[[nodiscard]] std::string exception_text(const std::exception_ptr& error);

/// Every actor of the tree calls this first: an exception becomes its exit reason (with the text),
/// and unexpected messages, down messages and error messages are dropped (CAF prints the first two,
/// and the third would end the actor). Note that an actor which waits in request(...).await(...)
/// takes nothing else, not even a kill: use then().
void install_handlers(caf::scheduled_actor* self);

/// One line for people: "normal", "shutdown", "killed", or the error's text.
[[nodiscard]] std::string exit_text(const caf::error& reason);

[[nodiscard]] ExitKind exit_kind(const caf::error& reason);

}  // namespace respawn::supervision
