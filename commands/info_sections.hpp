// The sections of INFO: each is a row in the file of the subsystem that it is about. Adding one
// adds a line here and one in info_sections.cpp.
#pragma once

#include <span>

#include "commands/shared/info_section.hpp"

namespace respawn::commands {

extern const InfoSection server_section;          // server/server_section.cpp
extern const InfoSection clients_section;         // connection/clients_section.cpp
extern const InfoSection memory_section;          // server/memory_section.cpp
extern const InfoSection persistence_section;     // server/persistence_section.cpp
extern const InfoSection statistics_section;      // server/statistics_section.cpp
extern const InfoSection debug_section;           // server/statistics_section.cpp
extern const InfoSection replication_section;     // server/replication_section.cpp
extern const InfoSection cpu_section;             // server/cpu_section.cpp
extern const InfoSection modules_section;         // server/absent_sections.cpp
extern const InfoSection command_counts_section;  // server/counts_sections.cpp
extern const InfoSection error_counts_section;    // server/counts_sections.cpp
extern const InfoSection latencies_section;       // server/latency_section.cpp
extern const InfoSection cluster_section;         // server/absent_sections.cpp
extern const InfoSection keyspace_section;        // keys/keyspace_section.cpp

/// All of them, in the order in which INFO writes them.
[[nodiscard]] std::span<const InfoSection* const> info_sections();

}  // namespace respawn::commands
