// CLIENT TRACKING: what a client has asked for.
#pragma once

#include <cstdint>
#include <set>
#include <string>

namespace respawn::engine {

/// Owner: the session. Changed by Tracking, but for `caching`, and `broken_redirect` when a message
/// could not be sent on.
struct TrackingState {
  bool on = false;  // what its commands read is looked at; first, for it is asked of every command
  bool broadcast = false;        // BCAST: told of what changes below `prefixes`, whatever it read
  bool opt_in = false;           // only what is read behind a CLIENT CACHING YES is remembered
  bool opt_out = false;          // all but what is read behind a CLIENT CACHING NO
  bool no_loop = false;          // not told of what it changes itself
  bool caching = false;          // a CLIENT CACHING was given: holds for the next command
  bool broken_redirect = false;  // the client that `redirect` names was not there
  std::uint64_t redirect = 0;    // id of the client that is told in its place; 0: none
  std::set<std::string, std::less<>> prefixes;  // of BCAST; the empty one stands for all keys

  /// Whether the keys that the running command reads are to be remembered.
  [[nodiscard]] bool remembers() const {
    return on && !broadcast && (opt_in ? caching : !(opt_out && caching));
  }

  /// `redirect` as clients are shown it: -1 while it is off.
  [[nodiscard]] std::int64_t shown_redirect() const {
    return on ? static_cast<std::int64_t>(redirect) : -1;
  }
};

}  // namespace respawn::engine
