#include "tests/support/socket_table.hpp"

#include <cstdio>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>

namespace respawn::support {

namespace {

/// 127.0.0.1 as the table has it.
std::string table_address(unsigned long port) {
  char text[16];
  std::snprintf(text, sizeof text, "0100007F:%04lX", port);
  return text;
}

}  // namespace

bool is_probed(std::uint16_t port, const RawSocket& client) {
  const std::string client_address = client.local_address();
  const std::string server_end = table_address(port);
  const std::string client_end =
      table_address(std::stoul(client_address.substr(client_address.rfind(':') + 1)));
  std::ifstream table("/proc/net/tcp");
  for (std::string line; std::getline(table, line);) {
    std::istringstream fields(line);
    std::string number, local, remote, state, queues, timer;
    fields >> number >> local >> remote >> state >> queues >> timer;
    if (local == server_end && remote == client_end) return timer.starts_with("02:");
  }
  throw std::runtime_error("no connection from " + client_address);
}

}  // namespace respawn::support
