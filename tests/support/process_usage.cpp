#include "tests/support/process_usage.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <string>

namespace respawn::support {

namespace {

/// utime and stime are fields 14 and 15 of /proc/pid/stat; the name (field 2) may hold blanks.
std::int64_t cpu_ms_of(const std::string& directory) {
  std::ifstream file(directory + "/stat");
  std::string line;
  std::getline(file, line);
  const auto name_end = line.rfind(')');
  if (name_end == std::string::npos) throw std::runtime_error("no " + directory + "/stat");
  std::istringstream fields(line.substr(name_end + 2));
  std::string skipped;
  for (int field = 3; field < 14; ++field) fields >> skipped;
  std::int64_t user = 0;
  std::int64_t system = 0;
  fields >> user >> system;
  return (user + system) * 1000 / ::sysconf(_SC_CLK_TCK);
}

std::int64_t resident_kb_of(const std::string& directory) {
  std::ifstream file(directory + "/statm");
  std::int64_t total = 0;
  std::int64_t resident = 0;
  file >> total >> resident;
  return resident * ::sysconf(_SC_PAGESIZE) / 1024;
}

std::int64_t resident_peak_kb_of(const std::string& directory) {
  std::ifstream file(directory + "/status");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("VmHWM:")) return std::stoll(line.substr(6));
  return 0;
}

}  // namespace

void reset_peak(pid_t pid) {
  std::ofstream("/proc/" + std::to_string(pid) + "/clear_refs") << "5";
}

ProcessUsage usage_of(pid_t pid) {
  const auto directory = "/proc/" + std::to_string(pid);
  const std::filesystem::directory_iterator descriptors(directory + "/fd");
  ProcessUsage usage;
  usage.descriptors = static_cast<int>(std::distance(begin(descriptors), end(descriptors)));
  usage.cpu_ms = cpu_ms_of(directory);
  usage.resident_kb = resident_kb_of(directory);
  usage.resident_peak_kb = resident_peak_kb_of(directory);
  return usage;
}

}  // namespace respawn::support
