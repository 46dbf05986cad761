// Which clients have read which keys, and may keep copies of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "keyspace/dict.hpp"
#include "keyspace/types/object.hpp"

namespace respawn::engine {

/// Names without a database, as clients know them; of clients the ids, which may be those of
/// clients that are no longer there. Owner: Tracking; then Garbage, which frees it in slices.
/// Errors: add throws std::bad_alloc and leaves it as it was, or with a key that nobody has read.
/// Complexity: O(length of the key), and O(clients) of that key; nothing ever moves all of it.
class TrackedKeys final : public keyspace::Disposable {
 public:
  using Clients = std::vector<std::uint64_t>;  // ids, ascending

  TrackedKeys() = default;
  ~TrackedKeys() override;

  /// The client has read the key.
  void add(std::string_view key, std::uint64_t client);

  /// Who has read the key, which is forgotten.
  Clients take(std::string_view key);

  /// Any key, each with the same probability. Requires that there is one.
  [[nodiscard]] const std::string& random(Random& random) const {
    return keys_.random(random)->name;
  }

  [[nodiscard]] std::size_t size() const override { return keys_.size(); }

  /// Pairs of a key and a client.
  [[nodiscard]] std::size_t items() const { return items_; }

  std::size_t free_slice(std::size_t budget) noexcept override;

 private:
  struct Tracked {
    std::string name;
    Clients clients;
  };

  struct Traits {
    using Element = Tracked;

    static std::string_view key(const Tracked& tracked) { return tracked.name; }
  };

  Tracked& enter(std::string_view key);

  keyspace::Dict<Traits> keys_;
  std::size_t items_ = 0;
};

}  // namespace respawn::engine
