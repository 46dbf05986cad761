// INFO clients: who is connected, and who waits.
#include <algorithm>

#include "commands/info_sections.hpp"

namespace respawn::commands {

namespace {

void write_clients(const InfoSource& source, InfoWriter& out) {
  const ClientTable& clients = source.store().clients;
  const auto& all = clients.all();
  const auto with_deadline = std::count_if(all.begin(), all.end(), [](const auto& pair) {
    return pair.second->blocked.active && pair.second->blocked.deadline_us != 0;
  });
  out.field("connected_clients", clients.size());
  out.field("cluster_connections", 0);
  out.field("maxclients", source.config().maxclients);
  out.field("client_recent_max_input_buffer", clients.input_max_bytes);
  out.field("client_recent_max_output_buffer", clients.output_max_bytes);
  out.field("blocked_clients", clients.blocked_count);
  out.field("tracking_clients", 0);
  out.field("clients_in_timeout_table", with_deadline);
  out.field("total_blocking_keys", source.environment.blocking.waiters().key_count());
  out.field("total_blocking_keys_on_nokey", 0);
}

}  // namespace

constinit const InfoSection clients_section = {
    .name = "clients", .title = "Clients", .write = write_clients};

}  // namespace respawn::commands
