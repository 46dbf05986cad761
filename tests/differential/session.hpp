// One server's side of a differential test: its named connections and what came over them.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/differential/script.hpp"
#include "tests/support/resp_client.hpp"
#include "tests/support/server_process.hpp"

namespace respawn::differential {

/// What one server answered to one step.
struct Answer {
  std::vector<support::Reply> replies;
  std::string bytes;    // for steps that read until the end
  std::string failure;  // not empty: no reply, or no RESP; the script cannot go on
};

/// Owner: one test. Connections are made when first named.
class Session {
 public:
  Session(std::uint16_t port, int resp) : port_(port), resp_(resp), control_(port) {}

  Answer run(const Step& step);

  /// No data, no connections but its own, default state. Waits until the server sees that.
  void flush();

  /// What is still to come on every open connection: asks each for an echo, and returns all that
  /// arrives before it. Blocked connections are left out.
  std::vector<std::string> surplus();

 private:
  struct Connection {
    support::RawSocket socket;
    std::string id;
    bool blocked = false;
  };

  Connection& connection(const std::string& name);
  std::string expand(const std::string& text);
  std::string expand_one(const std::string& what);

  std::string blocked_clients() {
    return support::info_field(control_, "clients", "blocked_clients");
  }

  void run_checked(const Step& step, Answer& answer);
  void run_command(const Step& step, Answer& answer);

  std::uint16_t port_;
  int resp_;
  support::RespClient control_;
  std::map<std::string, Connection> connections_;
};

}  // namespace respawn::differential
