#include "server/initial_users.hpp"

#include "base/check.hpp"
#include "commands/families.hpp"
#include "engine/run/rights.hpp"

namespace respawn::server {

std::string users_file(const config::Config& config) {
  RESPAWN_CHECK(!config.aclfile.empty());
  return config.aclfile.starts_with('/') ? config.aclfile : config.dir + "/" + config.aclfile;
}

namespace {

Status configure(access::Users& users, const access::Grounds& grounds,
                 std::span<const config::Directive> lines) {
  for (const config::Directive& line : lines) {
    RESPAWN_CHECK(line.words.size() >= 2 && line.words[0] == "user");
    const Status done = users.configure(std::span(line.words).subspan(1), grounds);
    if (!done.ok())
      return config::fatal_error(line, done.error(), "a user with rules as ACL SETUSER takes them");
  }
  return success();
}

Status load(access::Users& users, const access::Grounds& grounds, const config::Config& config,
            const config::Files& files) {
  const auto text = files.read(users_file(config));
  const Status done =
      text.ok()
          ? users.load(*text, config.aclfile, grounds)
          : failure("Error loading ACLs, opening file '" + config.aclfile + "': " + text.error());
  if (done.ok()) return done;
  return failure("Aborting startup because of ACL errors: " + done.error());
}

}  // namespace

Status fill_users(engine::Store& store, std::span<const config::Directive> lines,
                  const config::Files& files) {
  const config::Config& config = *store.config;
  const access::Grounds grounds = engine::grounds_of(store);
  if (Status done = configure(store.users, grounds, lines); !done) return done;
  return config.aclfile.empty() ? success() : load(store.users, grounds, config, files);
}

Status check_users(const config::Loaded& loaded, const config::Files& files) {
  engine::Store store(std::make_shared<const config::Config>(loaded.config),
                      commands::every_family());
  return fill_users(store, loaded.users, files);
}

}  // namespace respawn::server
