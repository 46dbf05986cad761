#include "engine/clients/client_filter.hpp"

#include "engine/clients/client_info.hpp"

namespace respawn::engine {

namespace {

Status parse_condition(ArgCursor& options, const access::Users& users, ClientFilter& filter) {
  if (options.take("id", 1)) {
    auto id = to_integer_between(options.next(), 1, std::numeric_limits<std::int64_t>::max(),
                                 "ERR client-id should be greater than 0");
    if (!id.ok()) return failure(id.error());
    filter.id = static_cast<std::uint64_t>(*id);
  } else if (options.take("type", 1)) {
    const std::string_view name = options.next();
    filter.type = client_type_named(name);
    if (!filter.type) return failure(errors::unknown_client_type(name));
  } else if (options.take("addr", 1)) {
    filter.address = options.next();
  } else if (options.take("laddr", 1)) {
    filter.local_address = options.next();
  } else if (options.take("user", 1)) {
    filter.user = options.next();
    if (!users.find(*filter.user))
      return failure("ERR No such user '" + std::string(errors::up_to_nul(*filter.user)) + "'");
  } else if (options.take("skipme", 1)) {
    const std::string_view answer = options.next();
    filter.skip_me = iequals(answer, "yes");
    if (!filter.skip_me && !iequals(answer, "no")) return failure(std::string(errors::syntax));
  } else {
    return failure(std::string(errors::syntax));
  }
  return success();
}

}  // namespace

bool ClientFilter::admits(const Session& session) const {
  return (!id || session.id == *id) && (!type || session.type() == *type) &&
         (!user || session.user_name() == *user) &&
         (!address || session.peer_address == *address) &&
         (!local_address || session.local_address == *local_address);
}

Result<ClientFilter> parse_client_filter(Args args, const access::Users& users) {
  ClientFilter filter;
  if (args.size() == 3) {
    filter.address = args[2];
    filter.skip_me = false;
    return filter;
  }
  ArgCursor options(args, 2);
  while (!options.done())
    if (Status parsed = parse_condition(options, users, filter); !parsed.ok())
      return failure(parsed.error());
  return filter;
}

}  // namespace respawn::engine
