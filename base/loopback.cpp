#include "base/loopback.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <string>

namespace respawn {
namespace {

constexpr unsigned char loopback_network = 127;

/// The address without brackets and port.
std::string_view host_of(std::string_view address) {
  if (address.starts_with('[')) return address.substr(1, address.find(']') - 1);
  // Several colons without brackets are IPv6's own.
  if (std::count(address.begin(), address.end(), ':') == 1)
    return address.substr(0, address.find(':'));
  return address;
}

}  // namespace

bool is_loopback(std::string_view address) {
  const std::string host(host_of(address));
  in6_addr v6{};
  if (inet_pton(AF_INET6, host.c_str(), &v6) == 1)
    return IN6_IS_ADDR_LOOPBACK(&v6) ||
           (IN6_IS_ADDR_V4MAPPED(&v6) && v6.s6_addr[12] == loopback_network);
  in_addr v4{};
  return inet_pton(AF_INET, host.c_str(), &v4) == 1 && ntohl(v4.s_addr) >> 24 == loopback_network;
}

}  // namespace respawn
