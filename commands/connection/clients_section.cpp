// INFO clients: who is connected, and who waits.
#include <algorithm>

#include "commands/info_sections.hpp"

namespace respawn::commands {

namespace {

/// As Valkey 8 and Redis 8 name it.
void write_pause(const InfoSource& source, InfoWriter& out) {
  const Pause& pause = source.store().pause;
  const bool all = pause.mode() == Pause::Mode::all;
  const std::int64_t left_us =
      pause.is_timed() ? pause.until_us() - source.environment.clock.monotonic_us() : 0;
  const std::string_view of_disk = pause.waits_for_disk() ? "append_log" : "none";
  out.field("paused_reason", pause.is_timed() ? "client_pause" : of_disk);
  out.field("paused_actions", !pause.active() ? "none" : all ? "all" : "write");
  out.field("paused_timeout_milliseconds", std::max<std::int64_t>(left_us / 1000, 0));
}

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
  out.field("tracking_clients", source.store().tracking.client_count());
  out.field("clients_in_timeout_table", with_deadline);
  out.field("total_blocking_keys", source.environment.blocking.waiters().key_count());
  out.field("total_blocking_keys_on_nokey",
            source.environment.blocking.waiters().minded_key_count());
  write_pause(source, out);
}

}  // namespace

constinit const InfoSection clients_section = {
    .name = "clients", .title = "Clients", .write = write_clients};

}  // namespace respawn::commands
