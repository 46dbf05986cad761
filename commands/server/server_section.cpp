// INFO server: the process, and where it listens.
#include <sys/utsname.h>
#include <unistd.h>

#include "commands/info_sections.hpp"
#include "engine/run/version.hpp"

namespace respawn::commands {

namespace {

std::string compiler_version() {
  return std::to_string(__GNUC__) + "." + std::to_string(__GNUC_MINOR__) + "." +
         std::to_string(__GNUC_PATCHLEVEL__);
}

std::string operating_system() {
  utsname name{};
  ::uname(&name);
  return std::string(name.sysname) + " " + name.release + " " + name.machine;
}

void write_listeners(const config::Config& config, InfoWriter& out) {
  int count = 0;
  const auto name = [&] { return "listener" + std::to_string(count++); };
  if (config.port > 0) {
    std::string text = "name=tcp";
    for (const std::string& address : config.bind) text += ",bind=" + address;
    out.field(name(), text + ",port=" + std::to_string(config.port));
  }
  if (!config.unixsocket.empty()) out.field(name(), "name=unix,bind=" + config.unixsocket);
}

void write_server(const InfoSource& source, InfoWriter& out) {
  constexpr std::int64_t seconds_per_day = 24 * 60 * 60;
  constexpr std::int64_t lru_clock_mask = 0xFFFFFF;
  const ProcessFacts& process = source.environment.services.process.facts();
  const std::int64_t now_s = source.now_us / 1'000'000;
  const std::int64_t uptime_s = std::max<std::int64_t>(now_s - process.started_ms / 1000, 0);
  out.field("redis_version", redis_version);
  out.field("respawn_version", respawn_version);
  out.each({"redis_git_sha1"}, "00000000");
  out.each({"redis_git_dirty", "redis_build_id"}, "0");
  out.field("redis_mode", "standalone");
  out.field("os", operating_system());
  out.field("arch_bits", sizeof(void*) * 8);
  out.field("monotonic_clock", "POSIX clock_gettime");
  out.field("multiplexing_api", process.event_backend);
  out.field("atomicvar_api", "c11-builtin");
  out.field("gcc_version", compiler_version());
  out.field("process_id", ::getpid());
  out.field("process_supervised", process.supervised);
  out.field("run_id", process.run_id);
  out.field("tcp_port", source.config().port);
  out.field("server_time_usec", source.now_us);
  out.field("uptime_in_seconds", uptime_s);
  out.field("uptime_in_days", uptime_s / seconds_per_day);
  out.field("hz", source.config().hz);
  out.field("configured_hz", source.config().hz);
  out.field("lru_clock", now_s & lru_clock_mask);
  out.field("executable", process.executable);
  out.field("config_file", process.config_file);
  out.field("io_threads_active", process.io_threads > 1);
  write_listeners(source.config(), out);
}

}  // namespace

constinit const InfoSection server_section = {
    .name = "server", .title = "Server", .write = write_server};

}  // namespace respawn::commands
