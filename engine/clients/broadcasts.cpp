#include "engine/clients/broadcasts.hpp"

#include <algorithm>

namespace respawn::engine {

namespace {

std::size_t common_bytes(std::string_view one, std::string_view other) {
  const auto [end, _] = std::mismatch(one.begin(), one.end(), other.begin(), other.end());
  return static_cast<std::size_t>(end - one.begin());
}

}  // namespace

void Broadcasts::join(std::string_view prefix, std::uint64_t client) {
  auto place = prefixes_.find(prefix);
  if (place == prefixes_.end()) place = prefixes_.emplace(prefix, Prefix{}).first;
  place->second.clients.insert(client);
}

void Broadcasts::leave(std::string_view prefix, std::uint64_t client) {
  const auto place = prefixes_.find(prefix);
  if (place == prefixes_.end()) return;
  place->second.clients.erase(client);
  if (place->second.clients.empty()) prefixes_.erase(place);
}

/// In byte order the longest prefix of a text is the last one that is not behind it, or shares with
/// that one all that it shares with the text: each step looks behind a shorter text.
void Broadcasts::note(std::string_view key, Author author) {
  std::string_view rest = key;
  for (;;) {
    auto place = prefixes_.upper_bound(rest);
    if (place == prefixes_.begin()) return;
    --place;
    const std::size_t common = common_bytes(place->first, rest);
    rest = rest.substr(0, common);
    if (common < place->first.size()) continue;
    place->second.changed.insert_or_assign(std::string(key), author);
    pending_ = true;
    if (rest.empty()) return;
    rest.remove_suffix(1);
  }
}

void Broadcasts::told() {
  for (auto& [text, prefix] : prefixes_) prefix.changed.clear();
  pending_ = false;
}

void Broadcasts::forget_clients() {
  for (auto& [text, prefix] : prefixes_) prefix.clients.clear();
}

void Broadcasts::drop_deserted() {
  std::erase_if(prefixes_, [](const auto& each) { return each.second.clients.empty(); });
}

}  // namespace respawn::engine
