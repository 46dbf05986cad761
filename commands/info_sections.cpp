#include "commands/info_sections.hpp"

namespace respawn::commands {

std::span<const InfoSection* const> info_sections() {
  static constexpr const InfoSection* sections[] = {
      &server_section,         &clients_section,      &memory_section,    &persistence_section,
      &statistics_section,     &replication_section,  &cpu_section,       &modules_section,
      &command_counts_section, &error_counts_section, &latencies_section, &cluster_section,
      &keyspace_section,       &debug_section,
  };
  return sections;
}

}  // namespace respawn::commands
