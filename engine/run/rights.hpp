// What a session's user may do, and what becomes of sessions whose user changes.
#pragma once

#include <string>
#include <string_view>

#include "engine/run/environment.hpp"

namespace respawn::engine {

/// What rules mean in this server at present.
[[nodiscard]] access::Grounds grounds_of(const Store& store);

/// Whether the user may run the command with these arguments, whose number is right. O(1) for one
/// who may do everything.
[[nodiscard]] access::Decision decide(const access::User& user, const Command& command, Args args);

/// Whether the user may run it and, beyond it, read every key: what SORT BY and GET need.
[[nodiscard]] bool may_read_all_keys(const access::User& user, const Command& command, Args args);

/// "No permissions to access a key" and the like, as clients are told; with `verbose` as ACL DRYRUN
/// tells it, which names key and channel.
[[nodiscard]] std::string refusal_text(const access::Decision& decision, const access::User& user,
                                       const Command& command);
[[nodiscard]] std::string verbose_refusal_text(const access::Decision& decision,
                                               const access::User& user, const Command& command,
                                               Args args);

/// What of a command was refused: itself, or the key or channel.
[[nodiscard]] std::string_view refused_object(const access::Decision& decision,
                                              const Command& command, Args args);

/// An entry of ACL LOG.
struct RefusalNote {
  access::Denial denial;
  access::Context context;
  std::string_view object;
  std::string_view username;  // whom the client is or claims to be
};

/// To ACL LOG, with the time and the client.
/// In what a client's refusals happen at present.
[[nodiscard]] inline access::Context context_of(const Session& session) {
  if (session.script_of) return access::Context::lua;
  return session.transaction.phase == TransactionState::Phase::none ? access::Context::toplevel
                                                                    : access::Context::multi;
}

void log_refusal(Environment& environment, const Session& session, const RefusalNote& note);

/// The sessions of one object of a user have the other from now on. O(clients).
void replace_user(Store& store, const access::UserPtr& before, const access::UserPtr& after);

/// Whether there is nobody but the default user as requirepass makes him: nothing that a file would
/// have to say.
[[nodiscard]] bool users_follow_from_requirepass(const Store& store);

/// The requirepass of a configuration that comes into force is the default user's password, and
/// what else he asks of clients is settled with it.
void follow_requirepass(Store& store, config::Config& coming);

/// Behind a change of the default user: the configuration says so, and with it everybody who lets
/// clients in.
void announce_default_user(Store& store, ConfigurationService& world);

}  // namespace respawn::engine
