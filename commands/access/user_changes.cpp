#include "commands/access/user_changes.hpp"

#include <algorithm>
#include <vector>

#include "engine/run/rights.hpp"

namespace respawn::commands {

namespace {

using engine::Session;
using engine::SessionPtr;

bool hears_too_much(const Session& session, const access::User& user) {
  const auto forbids_any = [&user](const engine::SubscriptionPlaces& names, bool is_pattern) {
    return std::any_of(names.begin(), names.end(), [&user, is_pattern](const auto& subscription) {
      return !user.may_use_channel(subscription.first, is_pattern);
    });
  };
  return forbids_any(session.patterns, true) || forbids_any(session.channels, false) ||
         forbids_any(session.shard_channels, false);
}

std::vector<SessionPtr> sessions_of(const engine::Store& store, const access::UserPtr& user) {
  std::vector<SessionPtr> sessions;
  for (const auto& [id, session] : store.clients.all())
    if (session->user == user) sessions.push_back(session);
  return sessions;
}

void close(engine::Execution& x, Session& session) {
  if (&session == &x.session())
    session.close_after_reply = true;
  else
    x.disconnect(session);
}

void announce(engine::Execution& x) {
  engine::announce_default_user(x.store(), x.env().services.configuration);
}

}  // namespace

void user_changed(engine::Execution& x, const access::UserPtr& before,
                  const access::UserPtr& after) {
  const bool revokes = access::revokes_channels(*before, *after);
  for (const SessionPtr& session : sessions_of(x.store(), before)) {
    session->become(after);
    if (revokes && hears_too_much(*session, *after)) close(x, *session);
  }
  if (after == x.store().users.default_user()) announce(x);
}

void default_user_read(engine::Execution& x, const access::UserPtr& before) {
  engine::replace_user(x.store(), before, x.store().users.default_user());
  announce(x);
}

void user_removed(engine::Execution& x, const access::UserPtr& user) {
  for (const SessionPtr& session : sessions_of(x.store(), user)) {
    session->become(x.store().users.default_user());
    // The connection of another client may be reading this: it runs nothing any more anyway.
    if (session.get() == &x.session()) session->authenticated = false;
    close(x, *session);
  }
}

}  // namespace respawn::commands
