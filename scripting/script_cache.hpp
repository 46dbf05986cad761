// The scripts that clients have sent, by their SHA-1 and by their text.
#pragma once

#include <cstddef>
#include <lua.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "scripting/script_flags.hpp"

namespace respawn::scripting {

struct Script {
  std::string sha;  // 40 lower-case hex digits
  std::string source;
  ScriptHeader header;
  int function = LUA_NOREF;  // compiled, in the interpreter that runs scripts; or not (yet)

  [[nodiscard]] std::string_view body() const {
    return std::string_view(source).substr(header.body_at);
  }
};

/// Owner: the store's scripts, so it outlives the keyspace actor and the interpreters. Lookup O(1);
/// by text it takes one pass over it, which is less than a SHA-1 would.
class ScriptCache {
 public:
  /// By its SHA-1 in any case, or null.
  [[nodiscard]] Script* find(std::string_view sha);

  /// By its text, or null.
  [[nodiscard]] Script* find_source(std::string_view source);

  /// Requires that it is not there.
  Script& add(std::string_view source, const ScriptHeader& header);

  void clear();

  /// The compiled functions are gone.
  void forget_functions();

  [[nodiscard]] std::size_t size() const { return by_sha_.size(); }

  /// Of texts and what keeps them.
  [[nodiscard]] std::size_t memory_bytes() const;

 private:
  std::unordered_map<std::string_view, std::unique_ptr<Script>> by_sha_;  // keys: in the script
  std::unordered_map<std::string_view, Script*> by_source_;
  std::size_t source_bytes_ = 0;
};

}  // namespace respawn::scripting
