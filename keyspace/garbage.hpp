// Where huge things go to be freed a slice at a time instead of in one pause.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "keyspace/types/object.hpp"

namespace respawn::keyspace {

/// Owner: the wiring (it outlives the keyspace actor, whose turns call free_slice). Everything is
/// noexcept: when there is no memory to queue something, it is freed at once.
class Garbage {
 public:
  /// A container of at most this many elements is freed at once.
  static constexpr std::size_t at_once_max_elements = 64;

  Garbage() noexcept = default;
  Garbage(const Garbage&) = delete;
  Garbage& operator=(const Garbage&) = delete;

  /// Frees all that is left, however long it takes.
  ~Garbage();

  /// A value, or anything else of many elements, that nobody can reach any more; for INFO it is so
  /// many objects. One of which there are cuts comes here again when they have been read.
  void take(std::unique_ptr<Disposable> disposable, std::size_t objects = 1) noexcept;

  /// Frees up to about `budget` elements, oldest garbage first; says how many. 0 when empty.
  std::size_t free_slice(std::size_t budget) noexcept;

  /// Elements that wait to be freed.
  [[nodiscard]] std::size_t pending() const { return pending_; }

  /// Objects that do (INFO's lazyfree_pending_objects).
  [[nodiscard]] std::size_t pending_objects() const { return pending_objects_; }

  /// Objects that slices have freed so far (INFO's lazyfreed_objects).
  [[nodiscard]] std::uint64_t freed_objects() const { return freed_objects_; }

  /// Forgets what waits, unfreed.
  void abandon() noexcept {
    first_ = last_ = nullptr;
    pending_ = pending_objects_ = 0;
  }

  void reset_statistics() { freed_objects_ = 0; }

 private:
  struct Item;

  Item* first_ = nullptr;
  Item* last_ = nullptr;
  std::size_t pending_ = 0;
  std::size_t pending_objects_ = 0;
  std::uint64_t freed_objects_ = 0;
};

}  // namespace respawn::keyspace
