// The command families: each is an array of rows in its own file. Adding a family adds a line here
// and one in families.cpp.
#pragma once

#include <span>
#include <vector>

#include "engine/run/execution.hpp"

namespace respawn::commands {

/// Handlers are written in the engine's words.
using namespace engine;

extern const std::span<const CommandSpec> string_commands;            // strings/strings.cpp
extern const std::span<const CommandSpec> number_commands;            // strings/numbers.cpp
extern const std::span<const CommandSpec> substring_commands;         // strings/substrings.cpp
extern const std::span<const CommandSpec> bitmap_commands;            // bitmaps/bitmaps.cpp
extern const std::span<const CommandSpec> bitfield_commands;          // bitmaps/bitfield.cpp
extern const std::span<const CommandSpec> hyperloglog_commands;       // hyperloglog/hyperloglog.cpp
extern const std::span<const CommandSpec> generic_commands;           // keys/keys.cpp
extern const std::span<const CommandSpec> rename_commands;            // keys/renames.cpp
extern const std::span<const CommandSpec> expiry_commands;            // keys/expiry.cpp
extern const std::span<const CommandSpec> wait_commands;              // keys/wait.cpp
extern const std::span<const CommandSpec> dump_commands;              // keys/dump.cpp
extern const std::span<const CommandSpec> database_commands;          // server/databases.cpp
extern const std::span<const CommandSpec> list_commands;              // lists/lists.cpp
extern const std::span<const CommandSpec> list_pop_commands;          // lists/pops.cpp
extern const std::span<const CommandSpec> set_commands;               // sets/sets.cpp
extern const std::span<const CommandSpec> set_sample_commands;        // sets/samples.cpp
extern const std::span<const CommandSpec> set_algebra_commands;       // sets/algebra.cpp
extern const std::span<const CommandSpec> hash_commands;              // hashes/hashes.cpp
extern const std::span<const CommandSpec> hash_sample_commands;       // hashes/samples.cpp
extern const std::span<const CommandSpec> hash_expiry_commands;       // hashes/field_expiry.cpp
extern const std::span<const CommandSpec> sorted_set_commands;        // sorted_sets/sorted_sets.cpp
extern const std::span<const CommandSpec> sorted_set_range_commands;  // sorted_sets/ranges.cpp
extern const std::span<const CommandSpec> sorted_set_algebra_commands;  // sorted_sets/algebra.cpp
extern const std::span<const CommandSpec> sorted_set_pop_commands;      // sorted_sets/pops.cpp
extern const std::span<const CommandSpec> sorted_set_sample_commands;   // sorted_sets/samples.cpp
extern const std::span<const CommandSpec> sort_commands;                // keys/sort.cpp
extern const std::span<const CommandSpec> geo_commands;                 // sorted_sets/geo.cpp
extern const std::span<const CommandSpec> geo_search_commands;       // sorted_sets/geo_search.cpp
extern const std::span<const CommandSpec> stream_entry_commands;     // streams/entries.cpp
extern const std::span<const CommandSpec> stream_range_commands;     // streams/ranges.cpp
extern const std::span<const CommandSpec> stream_read_commands;      // streams/reads.cpp
extern const std::span<const CommandSpec> stream_group_commands;     // streams/groups.cpp
extern const std::span<const CommandSpec> stream_claim_commands;     // streams/claims.cpp
extern const std::span<const CommandSpec> stream_info_commands;      // streams/info.cpp
extern const std::span<const CommandSpec> stream_deletion_commands;  // streams/deletions.cpp
extern const std::span<const CommandSpec> stream_release_commands;   // streams/releases.cpp
extern const std::span<const CommandSpec> stream_producer_commands;  // streams/producers.cpp
extern const std::span<const CommandSpec> connection_commands;       // connection/connection.cpp
extern const std::span<const CommandSpec> server_commands;           // server/server.cpp
extern const std::span<const CommandSpec> saving_commands;           // server/saving.cpp
extern const std::span<const CommandSpec> acl_commands;              // access/acl.cpp
extern const std::span<const CommandSpec> client_commands;           // connection/client.cpp
extern const std::span<const CommandSpec> command_commands;          // server/command.cpp
extern const std::span<const CommandSpec> config_commands;           // server/config.cpp
extern const std::span<const CommandSpec> append_log_commands;       // server/append_log.cpp
extern const std::span<const CommandSpec> debug_commands;            // server/debug.cpp
extern const std::span<const CommandSpec> memory_commands;           // server/memory.cpp
extern const std::span<const CommandSpec> lolwut_commands;           // server/lolwut.cpp
extern const std::span<const CommandSpec> module_commands;           // server/modules.cpp
extern const std::span<const CommandSpec> pubsub_commands;           // pubsub/pubsub.cpp
extern const std::span<const CommandSpec> transaction_commands;  // transactions/transactions.cpp
extern const std::span<const CommandSpec> eval_commands;         // scripting/eval.cpp
extern const std::span<const CommandSpec> script_commands;       // scripting/scripts.cpp
extern const std::span<const CommandSpec> function_commands;     // scripting/functions.cpp
extern const std::span<const CommandSpec> fcall_commands;        // scripting/fcall.cpp
extern const std::span<const CommandSpec> cluster_commands;      // cluster/cluster.cpp
extern const std::span<const CommandSpec> respawn_commands;      // server/respawn.cpp
extern const std::span<const CommandSpec> slow_log_commands;     // server/slowlog.cpp
extern const std::span<const CommandSpec> latency_commands;      // server/latency.cpp

/// All of them, in the order in which COMMAND lists them.
[[nodiscard]] std::vector<std::span<const CommandSpec>> every_family();

}  // namespace respawn::commands
