// The command families: each is an array of rows in its own file. Adding a family adds a line here
// and one in registry.cpp.
#pragma once

#include <span>

#include "commands/spec.hpp"

namespace respawn::commands {

extern const std::span<const CommandSpec> string_commands;              // strings.cpp
extern const std::span<const CommandSpec> substring_commands;           // substrings.cpp
extern const std::span<const CommandSpec> bitmap_commands;              // bitmaps.cpp
extern const std::span<const CommandSpec> bitfield_commands;            // bitfield.cpp
extern const std::span<const CommandSpec> hyperloglog_commands;         // hyperloglog.cpp
extern const std::span<const CommandSpec> generic_commands;             // generic.cpp
extern const std::span<const CommandSpec> rename_commands;              // renames.cpp
extern const std::span<const CommandSpec> expiry_commands;              // expiry.cpp
extern const std::span<const CommandSpec> wait_commands;                // wait.cpp
extern const std::span<const CommandSpec> dump_commands;                // dump.cpp
extern const std::span<const CommandSpec> database_commands;            // databases.cpp
extern const std::span<const CommandSpec> list_commands;                // lists.cpp
extern const std::span<const CommandSpec> list_pop_commands;            // list_pops.cpp
extern const std::span<const CommandSpec> set_commands;                 // sets.cpp
extern const std::span<const CommandSpec> set_sample_commands;          // set_samples.cpp
extern const std::span<const CommandSpec> set_algebra_commands;         // set_algebra.cpp
extern const std::span<const CommandSpec> hash_commands;                // hashes.cpp
extern const std::span<const CommandSpec> hash_sample_commands;         // hash_samples.cpp
extern const std::span<const CommandSpec> hash_expiry_commands;         // hash_expiry.cpp
extern const std::span<const CommandSpec> sorted_set_commands;          // sorted_sets.cpp
extern const std::span<const CommandSpec> sorted_set_range_commands;    // zset_ranges.cpp
extern const std::span<const CommandSpec> sorted_set_algebra_commands;  // zset_algebra.cpp
extern const std::span<const CommandSpec> sorted_set_pop_commands;      // zset_pops.cpp
extern const std::span<const CommandSpec> sorted_set_sample_commands;   // zset_samples.cpp
extern const std::span<const CommandSpec> sort_commands;                // sort.cpp
extern const std::span<const CommandSpec> geo_commands;                 // geo.cpp
extern const std::span<const CommandSpec> geo_search_commands;          // geo_search.cpp
extern const std::span<const CommandSpec> connection_commands;          // connection.cpp
extern const std::span<const CommandSpec> server_commands;              // server.cpp
extern const std::span<const CommandSpec> client_commands;              // client.cpp
extern const std::span<const CommandSpec> command_commands;             // command.cpp
extern const std::span<const CommandSpec> config_commands;              // config.cpp
extern const std::span<const CommandSpec> debug_commands;               // debug.cpp
extern const std::span<const CommandSpec> memory_commands;              // memory.cpp
extern const std::span<const CommandSpec> pubsub_commands;              // pubsub.cpp
extern const std::span<const CommandSpec> script_commands;              // scripts.cpp
extern const std::span<const CommandSpec> respawn_commands;             // respawn.cpp

}  // namespace respawn::commands
