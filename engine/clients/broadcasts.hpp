// CLIENT TRACKING in BCAST mode: who wants to know of which prefix, and what has changed below it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>

namespace respawn::engine {

/// Owner: Tracking. What changed is gathered until it is told, so that a key that changes often is
/// named once. Pure.
class Broadcasts {
 public:
  /// Who changed a key last: a client's id, or nobody (expired, evicted).
  using Author = std::uint64_t;
  static constexpr Author nobody = 0;

  struct Prefix {
    std::set<std::uint64_t> clients;                     // ids; never empty between calls
    std::map<std::string, Author, std::less<>> changed;  // by key, since it was told last
  };

  using Prefixes = std::map<std::string, Prefix, std::less<>>;

  void join(std::string_view prefix, std::uint64_t client);

  /// Of a prefix that nobody else waits for, what has changed is forgotten.
  void leave(std::string_view prefix, std::uint64_t client);

  /// A key has changed. O((prefixes that it has + 1) * log(prefixes)), at most its length.
  void note(std::string_view key, Author author);

  /// Whether something waits to be told.
  [[nodiscard]] bool pending() const { return pending_; }

  /// In byte order of the prefixes, and of the keys in each.
  [[nodiscard]] const Prefixes& prefixes() const { return prefixes_; }

  /// All of it has been told.
  void told();

  /// Nobody waits for anything; what has changed stays. For who registers all clients anew, and
  /// calls drop_deserted() then.
  void forget_clients();
  void drop_deserted();

 private:
  Prefixes prefixes_;
  bool pending_ = false;
};

}  // namespace respawn::engine
