#include "commands/shared/authentication.hpp"

#include "engine/run/rights.hpp"

namespace respawn::commands {

bool authenticate(engine::Execution& x, std::string_view called_as, std::string_view name,
                  std::string_view password) {
  engine::Session& session = x.session();
  const access::UserPtr user = x.store().users.find(name);
  if (!user || !user->accepts(password)) {
    engine::log_refusal(x.env(), session,
                        {access::Denial::auth, engine::context_of(session), called_as, name});
    return false;
  }
  session.authenticated = true;
  session.become(user);
  return true;
}

void log_out(engine::Execution& x) {
  x.session().become(x.store().users.default_user());
  x.session().authenticated = !x.config().needs_login();
}

}  // namespace respawn::commands
