// INFO cpu: processor time as the kernel counts it.
#include <sys/resource.h>

#include "commands/info_sections.hpp"

namespace respawn::commands {

namespace {

void write_usage(const rusage& usage, const std::string& suffix, InfoWriter& out) {
  const auto seconds = [](const timeval& time) {
    const std::string micros = std::to_string(time.tv_usec);
    return std::to_string(time.tv_sec) + "." + std::string(6 - micros.size(), '0') + micros;
  };
  out.field("used_cpu_sys" + suffix, seconds(usage.ru_stime));
  out.field("used_cpu_user" + suffix, seconds(usage.ru_utime));
}

void write_cpu(const InfoSource&, InfoWriter& out) {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  write_usage(usage, "", out);
  ::getrusage(RUSAGE_CHILDREN, &usage);
  write_usage(usage, "_children", out);
  ::getrusage(RUSAGE_THREAD, &usage);
  write_usage(usage, "_main_thread", out);
}

}  // namespace

constinit const InfoSection cpu_section = {.name = "cpu", .title = "CPU", .write = write_cpu};

}  // namespace respawn::commands
