// MAXLEN and MINID: what XADD and XTRIM have in common.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "commands/shared/stream_access.hpp"
#include "commands/streams/producers.hpp"
#include "commands/streams/references.hpp"

namespace respawn::commands {

/// The options in front of XADD's ID, or all of XTRIM's.
struct StreamOptions {
  bool trims = false;
  keyspace::StreamTrim trim;
  std::size_t threshold_at = 0;  // the argument
  References references = References::keep;
  std::size_t references_at = 0;  // the argument that says so; 0: none
  ProducedOption produced;        // XADD's
  bool make_stream = true;
  std::optional<WantedStreamId> id;  // XADD: none: "*"
  std::size_t end = 0;               // the argument behind the options: XADD's ID
};

enum class Trimmer : bool { xadd, xtrim };

[[nodiscard]] Result<StreamOptions> parse_stream_options(Execution& x, Args args, Trimmer command);

/// Trims, with its event. Says how many went. What was acknowledged or deleted one by one is in the
/// record.
std::size_t trim_stream(Execution& x, std::string_view key, keyspace::Stream& stream,
                        const StreamOptions& options, DeletionRecord& record);

/// Whether the words of the command would trim equal data otherwise, or not every Redis knows them.
[[nodiscard]] bool is_rewritten(const StreamOptions& options);

/// The words are those of a command that trimmed: they become what trims equal data alike, in words
/// that every Redis knows.
void make_exact(std::vector<std::string>& words, const keyspace::Stream& stream,
                const StreamOptions& options);

}  // namespace respawn::commands
