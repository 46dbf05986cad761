// Random commands of several clients: transactions, WATCH, pub/sub, tracking and waiting, among
// commands on data.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tests/generator/command.hpp"
#include "tests/generator/source.hpp"

namespace respawn::generator {

/// Clients 0, 2... speak RESP2, the others RESP3.
inline constexpr std::size_t clients = 6;

[[nodiscard]] constexpr int protocol_of(std::size_t client) {
  return client % 2 == 0 ? 2 : 3;
}

/// The one speaker of RESP3 that subscribes changes nothing, for 7.0 answers with messages among
/// the elements of a reply when they are of the client's own making.
[[nodiscard]] constexpr bool only_listens(std::size_t client) {
  return client == clients - 1;
}

/// "a", "b"... In a command, "${id:b}" stands for the id that a server gave to client b.
[[nodiscard]] inline std::string name_of(std::size_t client) {
  return {static_cast<char>('a' + client)};
}

/// What one client sends at once. Outside of a transaction only the last command may block.
struct Turn {
  std::size_t client = 0;
  std::vector<Command> commands;
};

/// What it draws from, made once.
struct TurnTemplates {
  explicit TurnTemplates(const engine::Registry& registry)
      : data(all_templates(registry)), waits(all_templates(registry, Purpose::wait)) {}

  std::vector<Template> data;
  std::vector<Template> waits;
};

/// One sequence: the same seed gives the same turns.
class TurnSource {
 public:
  TurnSource(const TurnTemplates& templates, const std::vector<std::string>& payloads,
             std::uint64_t seed, Variety variety)
      : random_(seed),
        pools_(random_, variety, payloads),
        data_(templates.data, payloads, seed + 1, variety),
        waits_(templates.waits, payloads, seed + 2, variety, Purpose::wait) {}

  Turn next();

 private:
  void add(Words words, differential::Comparison how = {});
  void make();
  void make_listener();
  void add_data(std::size_t count_max);
  void add_wait();
  void add_watch();
  void add_transaction();
  void add_subscription();
  void add_publication();
  void add_tracking();
  void add_prefixes(Words& words);
  void add_caching();
  void add_reset();
  void add_unblock();

  std::string any_key();
  std::size_t receiver();

  Random random_;
  Pools pools_;
  Source data_;
  Source waits_;
  Turn turn_;  // that is being made
};

}  // namespace respawn::generator
