#include "scripting/script_cache.hpp"

#include <algorithm>
#include <array>

#include "base/message_digest.hpp"
#include "base/text.hpp"

namespace respawn::scripting {

namespace {

constexpr std::size_t sha_digits = 40;

}  // namespace

Script* ScriptCache::find(std::string_view sha) {
  if (sha.size() != sha_digits) return nullptr;
  std::array<char, sha_digits> lower;
  std::ranges::transform(sha, lower.begin(), ascii_lower);
  const auto place = by_sha_.find(std::string_view(lower.data(), lower.size()));
  return place == by_sha_.end() ? nullptr : place->second.get();
}

Script* ScriptCache::find_source(std::string_view source) {
  const auto place = by_source_.find(source);
  return place == by_source_.end() ? nullptr : place->second;
}

Script& ScriptCache::add(std::string_view source, const ScriptHeader& header) {
  auto script = std::make_unique<Script>();
  script->sha = to_hex(sha1(source));
  script->source = source;
  script->header = header;
  Script& added = *script;
  by_source_.emplace(added.source, &added);
  by_sha_.emplace(added.sha, std::move(script));
  source_bytes_ += source.size();
  return added;
}

void ScriptCache::clear() {
  by_source_.clear();
  by_sha_.clear();
  source_bytes_ = 0;
}

void ScriptCache::forget_functions() {
  for (auto& [sha, script] : by_sha_) script->function = LUA_NOREF;
}

std::size_t ScriptCache::memory_bytes() const {
  constexpr std::size_t node_bytes = 2 * (sizeof(std::string_view) + 3 * sizeof(void*));
  return source_bytes_ + size() * (sizeof(Script) + sha_digits + node_bytes);
}

}  // namespace respawn::scripting
