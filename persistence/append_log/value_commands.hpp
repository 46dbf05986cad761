// A key as the commands that make it anew.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

#include "keyspace/entry.hpp"

namespace respawn::persistence {

/// Takes a command; the words live until it returns.
using CommandTaker = std::function<void(std::span<const std::string_view>)>;

/// Elements that one command brings, at most.
inline constexpr std::size_t elements_per_command = 64;

/// What makes the key with its value, its end and those of its fields where there is no such key.
/// Every Redis from 4.0 knows these commands, but for fields that end (7.4), the counters of
/// streams (7.0) and what these remember of producers (8.6; is_annotated()). O(value).
void commands_of(const keyspace::Entry& entry, const CommandTaker& take);

// The parts of it that say when something ends (Unix milliseconds).
void expire_key(std::string_view key, std::int64_t at_ms, const CommandTaker& take);
void expire_field(std::string_view key, std::string_view field, std::int64_t at_ms,
                  const CommandTaker& take);

}  // namespace respawn::persistence
