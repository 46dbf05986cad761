// Clients that track keys, for dialogues with them.
#pragma once

#include <string>
#include <vector>

#include "tests/unit/commands/support.hpp"

namespace respawn::commands::test {

/// What RESP3 clients are told.
inline std::string invalidate(const std::vector<std::string>& keys) {
  return aggregate('>', {bulk("invalidate"), bulks(keys)});
}

inline const std::string invalidate_all = aggregate('>', {bulk("invalidate"), null3});

/// What a subscribed RESP2 client is told in place of another.
inline std::string message(const std::string& keys) {
  return array({bulk("message"), bulk("__redis__:invalidate"), keys});
}

class TrackingTest : public CommandTest {
 protected:
  Client& connect3() { return connect(protocol::RespVersion::resp3); }

  /// Reads the keys' values as a client that tracks.
  static void read(Client& client, const std::string& keys) { client.run("MGET " + keys); }

  /// A field of an INFO section, or of the client's line.
  std::string field(const std::string& name, const std::string& text) {
    for (const std::string& start : {name + ":", name + "="}) {
      const auto at = text.find(start);
      if (at == std::string::npos) continue;
      const auto from = at + start.size();
      return text.substr(from, text.find_first_of(" \r\n", from) - from);
    }
    return "(none)";
  }

  std::string info(const std::string& name) { return field(name, run("INFO")); }

  std::string id_of(Client& client) { return std::to_string(client.session().id); }

  Client& reader = connect3();
};

}  // namespace respawn::commands::test
