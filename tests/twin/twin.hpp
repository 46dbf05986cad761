// Two stores: clients work on the first, and what it propagates is applied to the second, at
// another time of day.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "tests/generator/source.hpp"
#include "tests/unit/commands/support.hpp"

namespace respawn::twin {

using commands::test::Client;
using commands::test::Server;

/// The words of a command, as a failed test prints them.
[[nodiscard]] std::string quoted(const generator::Words& words);

/// Everything that a store holds, with the ends of keys and fields, by database and key.
using Contents = std::map<std::string, std::string>;

[[nodiscard]] Contents contents_of(const keyspace::Databases& databases);

/// Owner: one test. The same seed gives the same story.
class Twin final : private engine::UnitListener {
 public:
  explicit Twin(std::uint64_t seed, const std::vector<generator::Template>& templates);
  ~Twin() override;

  /// So many random commands of several clients, while time passes and memory runs out.
  void run(std::uint64_t commands);

  /// What is different now, and what went wrong on the way; "" when nothing did.
  [[nodiscard]] std::string difference() const;

  /// Commands that propagated something.
  [[nodiscard]] const std::set<std::string>& propagated() const { return propagating_; }

 private:
  void unit_done(const engine::UnitRecord& unit) override;
  void apply(const engine::Propagated& effect);
  void step();
  void send(const generator::Words& words);
  [[nodiscard]] generator::Words short_lived();
  void evict_some();
  Client* idle_client();

  Random random_;
  Server original_;
  Server replica_;
  std::vector<std::string> payloads_;
  generator::Source source_;
  std::vector<Client*> clients_;
  std::set<std::string> propagating_;
  bool propagated_ = false;       // by the command that runs
  std::uint64_t over_limit_ = 0;  // how often memory will still be found over its limit
  std::string failures_;
  std::string last_command_;
};

}  // namespace respawn::twin
