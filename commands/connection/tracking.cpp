#include "commands/connection/tracking.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace respawn::commands {

namespace {

/// What is asked for; `prefixes` also in the order in which they were given.
struct Wish {
  TrackingState state;
  std::vector<std::string_view> prefixes;
};

Status parse_redirect(const Tracking& tracking, std::string_view text, TrackingState& state) {
  if (state.redirect != 0)
    return failure("ERR A client can only redirect to a single other client");
  auto id = to_integer(text);
  if (!id.ok()) return failure(id.error());
  state.redirect = static_cast<std::uint64_t>(*id);
  if (!tracking.receiver(state.redirect))
    return failure("ERR The client ID you want redirect to does not exist");
  return success();
}

Result<Wish> parse_wish(const Tracking& tracking, Args args) {
  Wish wish;
  ArgCursor options(args, 3);
  while (!options.done()) {
    if (options.take("redirect", 1)) {
      if (Status parsed = parse_redirect(tracking, options.next(), wish.state); !parsed.ok())
        return failure(parsed.error());
    } else if (options.take("prefix", 1)) {
      wish.prefixes.push_back(options.next());
    } else if (options.take("bcast")) {
      wish.state.broadcast = true;
    } else if (options.take("optin")) {
      wish.state.opt_in = true;
    } else if (options.take("optout")) {
      wish.state.opt_out = true;
    } else if (options.take("noloop")) {
      wish.state.no_loop = true;
    } else {
      return failure(std::string(errors::syntax));
    }
  }
  return wish;
}

std::string mode_is_fixed(std::string_view mode) {
  return "ERR You can't switch " + std::string(mode) +
         " before disabling tracking for this client, and then re-enabling it with a different "
         "mode.";
}

/// Why what is wanted does not go together, or not with what the client does now; "" when it does.
std::string contradiction(const TrackingState& now, const Wish& wish) {
  const TrackingState& wanted = wish.state;
  if (!wanted.broadcast && !wish.prefixes.empty())
    return "ERR PREFIX option requires BCAST mode to be enabled";
  if (now.on && now.broadcast != wanted.broadcast) return mode_is_fixed("BCAST mode on/off");
  if (wanted.broadcast && (wanted.opt_in || wanted.opt_out))
    return "ERR OPTIN and OPTOUT are not compatible with BCAST";
  if (wanted.opt_in && wanted.opt_out)
    return "ERR You can't specify both OPTIN mode and OPTOUT mode";
  if ((wanted.opt_in && now.opt_out) || (wanted.opt_out && now.opt_in))
    return mode_is_fixed("OPTIN/OPTOUT mode");
  return "";
}

/// Whether a key may have both prefixes.
bool overlap(std::string_view one, std::string_view other) {
  return one.starts_with(other) || other.starts_with(one);
}

std::string overlaps(std::string_view prefix, std::string_view kind, std::string_view other) {
  return "ERR Prefix '" + std::string(errors::up_to_nul(prefix)) + "' overlaps with " +
         std::string(kind) + " prefix '" + std::string(errors::up_to_nul(other)) +
         "'. Prefixes for a single client must not overlap.";
}

/// A key is to be named once: the error about the first pair of prefixes that share some, or "".
std::string collision(const TrackingState& now, const std::vector<std::string_view>& wanted) {
  for (auto prefix = wanted.begin(); prefix != wanted.end(); ++prefix) {
    const auto shares = [&](std::string_view other) { return overlap(*prefix, other); };
    if (const auto old = std::find_if(now.prefixes.begin(), now.prefixes.end(), shares);
        old != now.prefixes.end())
      return overlaps(*prefix, "an existing", *old);
    if (const auto other = std::find_if(prefix + 1, wanted.end(), shares); other != wanted.end())
      return overlaps(*prefix, "another provided", *other);
  }
  return "";
}

}  // namespace

void client_tracking(Execution& x, Args args) {
  auto wish = parse_wish(x.store().tracking, args);
  if (!wish.ok()) return x.fail(wish.error());
  if (iequals(args[2], "off")) {
    x.store().tracking.stop(x.session());
    return x.reply.ok();
  }
  if (!iequals(args[2], "on")) return x.fail(errors::syntax);
  const TrackingState& now = x.session().tracking;
  std::string error = contradiction(now, *wish);
  if (error.empty()) error = collision(now, wish->prefixes);
  if (!error.empty()) return x.fail(error);
  wish->state.prefixes.insert(wish->prefixes.begin(), wish->prefixes.end());
  if (wish->state.broadcast && wish->prefixes.empty()) wish->state.prefixes.insert("");
  x.store().tracking.start(x.session(), wish->state);
  x.reply.ok();
}

void client_caching(Execution& x, Args args) {
  TrackingState& tracking = x.session().tracking;
  if (!tracking.on)
    return x.fail(
        "ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or "
        "OPTOUT mode enabled");
  const bool yes = iequals(args[2], "yes");
  if (!yes && !iequals(args[2], "no")) return x.fail(errors::syntax);
  if (yes && !tracking.opt_in)
    return x.fail("ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.");
  if (!yes && !tracking.opt_out)
    return x.fail("ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.");
  tracking.caching = true;
  x.reply.ok();
}

void client_getredir(Execution& x, Args) {
  x.reply.integer(x.session().tracking.shown_redirect());
}

void client_trackinginfo(Execution& x, Args) {
  const TrackingState& tracking = x.session().tracking;
  std::vector<std::string_view> flags{tracking.on ? "on" : "off"};
  if (tracking.broadcast) flags.emplace_back("bcast");
  if (tracking.opt_in) flags.emplace_back("optin");
  if (tracking.opt_in && tracking.caching) flags.emplace_back("caching-yes");
  if (tracking.opt_out) flags.emplace_back("optout");
  if (tracking.opt_out && tracking.caching) flags.emplace_back("caching-no");
  if (tracking.no_loop) flags.emplace_back("noloop");
  if (tracking.broken_redirect) flags.emplace_back("broken_redirect");

  x.reply.map(3);
  x.reply.bulk("flags");
  x.reply.set(flags.size());
  for (const std::string_view flag : flags) x.reply.bulk(flag);
  x.reply.bulk("redirect");
  x.reply.integer(tracking.shown_redirect());
  x.reply.bulk("prefixes");
  x.reply.array(tracking.prefixes.size());
  for (const std::string& prefix : tracking.prefixes) x.reply.bulk(prefix);
}

}  // namespace respawn::commands
