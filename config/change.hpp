// CONFIG GET and CONFIG SET on a Config: which values match, and a change that is all or nothing.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "config/option.hpp"

namespace respawn::config {

/// CONFIG GET: (name, value) of each option that a name or glob pattern matches. A name without a
/// pattern's characters is looked up exactly (any case, alias or not) and returned as it was
/// asked for; patterns match names and aliases separately and never hidden options.
std::vector<std::pair<std::string, std::string>> get(const Config& config,
                                                     std::span<const std::string_view> patterns);

/// The text of one option, as CONFIG GET prints it.
std::string get(const Config& config, const Option& option);

/// A difference between two configurations.
struct Change {
  const Option* option = nullptr;
  std::string asked_as;  // the name or alias that was used, for error texts
  std::string before;    // as CONFIG GET prints it, for logs: "(redacted)" when it is a secret
  std::string after;
};

/// The options whose values differ, in the order of the table.
std::vector<Change> differences(const Config& before, const Config& after);

/// Who asks, and when: what guarded and not_loading options depend on.
struct Caller {
  bool local = true;     // connected over loopback or a Unix socket
  bool loading = false;  // data is being loaded
};

/// A checked change that has not happened yet; engine::publish() brings it into force.
struct PreparedChange {
  Config config;                // complete; version is one above the old one
  std::vector<Change> changes;  // options that got a different value
};

/// CONFIG SET name value [name value ...]: checks every pair, and changes all or nothing. A value
/// that promises what does not happen (Lack) is refused, also when it is set already.
/// `arguments` is what follows SET. An error is the whole reply without its '-'.
Result<PreparedChange> prepare(const Config& now, std::span<const std::string_view> arguments,
                               Caller caller);

/// The first of the changed options that is applied so, or null.
const Option* changed_option(std::span<const Change> changes, Applies by);

/// Why a prepared change cannot come into force (a port is taken, a directory is missing).
struct Refusal {
  const Option* option = nullptr;  // one of those that were to change
  std::string reason;
};

/// The reply to a CONFIG SET of these changes that was refused.
Error refusal_reply(std::span<const Change> changes, const Refusal& refusal);

}  // namespace respawn::config
