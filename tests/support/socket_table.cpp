#include "tests/support/socket_table.hpp"

#include <arpa/inet.h>

#include <array>
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

/// The address in front of the ':' of a table's entry: words of the machine's own byte order.
std::string readable(const std::string& entry) {
  const std::string digits = entry.substr(0, entry.find(':'));
  std::array<std::uint32_t, 4> words{};
  for (std::size_t i = 0; 8 * i < digits.size(); ++i)
    words.at(i) = static_cast<std::uint32_t>(std::stoul(digits.substr(8 * i, 8), nullptr, 16));
  char text[INET6_ADDRSTRLEN] = "";
  inet_ntop(digits.size() == 8 ? AF_INET : AF_INET6, words.data(), text, sizeof text);
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

std::map<std::string, std::string> listeners_at(std::uint16_t port) {
  constexpr const char* listening = "0A";
  std::map<std::string, std::string> found;
  for (const char* path : {"/proc/net/tcp", "/proc/net/tcp6"}) {
    std::ifstream table(path);
    for (std::string line; std::getline(table, line);) {
      std::istringstream fields(line);
      std::string number, local, remote, state, queues, timer, retries, user, timeout, inode;
      fields >> number >> local >> remote >> state >> queues >> timer >> retries >> user >>
          timeout >> inode;
      if (state == listening && std::stoul(local.substr(local.find(':') + 1), nullptr, 16) == port)
        found[readable(local)] = inode;
    }
  }
  return found;
}

}  // namespace respawn::support
