// MAXLEN and MINID: what XADD and XTRIM have in common.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "commands/shared/stream_access.hpp"

namespace respawn::commands {

/// The options in front of XADD's ID, or all of XTRIM's.
struct StreamOptions {
  bool trims = false;
  keyspace::StreamTrim trim;
  std::size_t threshold_at = 0;  // the argument
  bool make_stream = true;
  std::optional<WantedStreamId> id;  // XADD: none: "*"
  std::size_t end = 0;               // the argument behind the options: XADD's ID
};

enum class Trimmer : bool { xadd, xtrim };

[[nodiscard]] Result<StreamOptions> parse_stream_options(Execution& x, Args args, Trimmer command);

/// Trims, with its event. Says how many went.
std::size_t trim_stream(Execution& x, std::string_view key, keyspace::Stream& stream,
                        const StreamOptions& options);

/// The words are those of a command that trimmed: they become what trims equal data alike, also
/// where it went by whole blocks.
void make_exact(std::vector<std::string>& words, const keyspace::Stream& stream,
                const StreamOptions& options);

}  // namespace respawn::commands
