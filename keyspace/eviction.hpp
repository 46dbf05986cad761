// Which key goes when memory is out: the policies of maxmemory-policy as choices among keys.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/random.hpp"
#include "keyspace/databases.hpp"

namespace respawn::keyspace {

/// What makes a key the next to go.
struct EvictionRule {
  enum class Order : std::uint8_t {
    rank,          // by its access clock, the highest rank first, among samples
    time_to_live,  // the one that expires first; exact
    random,        // any, from each database in turn
  };

  Order order = Order::random;
  /// Only keys that have an expiry.
  bool expiring_only = false;
  /// Keys to look at in each database before one is chosen (Order::rank).
  std::size_t samples = 5;
  /// Of an access clock: the less the key would be missed, the higher (Order::rank).
  std::function<std::uint32_t(std::uint32_t access_clock)> rank;
};

/// Owner: the executor. Remembers the best candidates of earlier samples, by name; one that was
/// used since, is gone, or lost its expiry is not chosen. choose() changes no data. Complexity:
/// about O(samples + candidates) per database with keys. Throws std::bad_alloc.
class Eviction {
 public:
  struct Victim {
    std::size_t database = 0;
    const Entry* entry = nullptr;
  };

  /// The key to remove next; none when the rule admits no key.
  std::optional<Victim> choose(const Databases& data, const EvictionRule& rule, Random& random);

  /// Ranks mean something else from now on (another policy).
  void forget() { count_ = 0; }

 private:
  static constexpr std::size_t candidates_max = 16;

  struct Candidate {
    std::size_t database = 0;
    std::uint32_t access_clock = 0;  // as it was then; its rank grows with time
    std::string key;                 // keeps its room when the place is used again
  };

  std::optional<Victim> choose_ranked(const Databases& data, const EvictionRule& rule,
                                      Random& random);
  std::optional<Victim> choose_random(const Databases& data, const EvictionRule& rule,
                                      Random& random);
  void sample(const Database& db, std::size_t index, const EvictionRule& rule, Random& random);
  void consider(const Entry& entry, std::size_t index, const EvictionRule& rule);
  std::optional<Victim> take_best(const Databases& data, const EvictionRule& rule);

  std::array<Candidate, candidates_max> candidates_;  // the first count_, the best one last
  std::size_t count_ = 0;
  std::size_t last_database_ = 0;  // of choose_random
};

}  // namespace respawn::keyspace
