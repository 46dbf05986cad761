// Sections of INFO that are there for those who look for them: modules, a cluster.
#include "commands/info_sections.hpp"

namespace respawn::commands {

namespace {

void write_cluster(const InfoSource&, InfoWriter& out) {
  out.field("cluster_enabled", 0);
}

}  // namespace

constinit const InfoSection modules_section = {
    .name = "modules", .title = "Modules", .other_name = "module_list"};

constinit const InfoSection cluster_section = {
    .name = "cluster", .title = "Cluster", .write = write_cluster};

}  // namespace respawn::commands
