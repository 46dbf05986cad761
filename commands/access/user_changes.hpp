// What a change of users does to clients that are connected.
#pragma once

#include <string_view>

#include "engine/run/execution.hpp"

namespace respawn::commands {

/// A user was replaced by another object: his clients go on under the new rules, but those that
/// listen to what he may not hear any more are closed.
void user_changed(engine::Execution& x, const access::UserPtr& before,
                  const access::UserPtr& after);

/// The default user was read anew: his clients go on, whatever they listen to.
void default_user_read(engine::Execution& x, const access::UserPtr& before);

/// A user is gone, and with him his clients; that of this command behind the reply.
void user_removed(engine::Execution& x, const access::UserPtr& user);

}  // namespace respawn::commands
