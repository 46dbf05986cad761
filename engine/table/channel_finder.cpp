#include "engine/table/channel_finder.hpp"

#include <algorithm>

namespace respawn::engine {

std::vector<FoundChannel> find_channels(const CommandSpec& spec, Args args) {
  const std::string_view name = spec.name;
  const bool is_pattern = name == "psubscribe";
  const bool subscribes = is_pattern || name == "subscribe" || name == "ssubscribe";
  if (!subscribes && name != "publish" && name != "spublish") return {};
  std::vector<FoundChannel> channels;
  const std::size_t end = subscribes ? args.size() : std::min<std::size_t>(2, args.size());
  for (std::size_t at = 1; at < end; ++at) channels.push_back({at, is_pattern});
  return channels;
}

}  // namespace respawn::engine
