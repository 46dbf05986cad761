// What a container value (list, set, hash...) is to the keyspace: typed, measurable, freed in
// slices.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/numbers.hpp"
#include "base/result.hpp"

namespace respawn::keyspace {

/// The type of a value, in the order of the ids that RDB files and TYPE's documentation use.
enum class Type : std::uint8_t { string, list, set, sorted_set, hash, stream };

/// How a value is said to be stored by OBJECT ENCODING; the names are Redis 7.2's, what is in
/// memory is our own.
enum class Encoding : std::uint8_t {
  integer,
  embstr,
  raw,
  listpack,
  quicklist,
  hashtable,
  intset,
  skiplist,
  stream,
  listpackex
};

/// "string", "list", "set", "zset", "hash", "stream".
std::string_view type_name(Type type);

/// "int", "embstr", "raw", "listpack", "quicklist", "hashtable", "intset", "skiplist", "stream",
/// "listpackex" (a small hash of which a field may expire, as Redis 7.4 says).
std::string_view encoding_name(Encoding encoding);

/// Room for the text of a value that is stored as an integer.
using Scratch = std::array<char, max_int_digits>;

/// Something that may take long to free.
class Disposable {
 public:
  Disposable() = default;
  Disposable(const Disposable&) = delete;
  Disposable& operator=(const Disposable&) = delete;
  virtual ~Disposable() = default;

  /// Elements (fields, members, items).
  [[nodiscard]] virtual std::size_t size() const = 0;

  /// Destroys up to about `budget` elements and says how many; 0 when nothing is left. Only
  /// Garbage calls it: afterwards the object is fit for nothing but more of it and destruction.
  virtual std::size_t free_slice(std::size_t budget) noexcept = 0;

  /// When there are cuts of this one (types/element_cut.hpp), `self`, which owns it and stands for
  /// so many objects, moves to them: says whether. What is destroyed without being asked fails its
  /// cuts.
  virtual bool keep_for_cuts(std::unique_ptr<Disposable>& self, std::size_t objects) noexcept {
    static_cast<void>(self);
    static_cast<void>(objects);
    return false;
  }
};

/// Owner: an Entry; once it left the keyspace its cuts, then Garbage. A subclass has
/// `static constexpr Type object_type`.
class Object : public Disposable {
 public:
  [[nodiscard]] virtual Type type() const = 0;
  [[nodiscard]] virtual Encoding encoding() const = 0;

  /// Bytes in all, this object and the allocator's rounding included. O(1) or O(blocks).
  [[nodiscard]] virtual std::size_t memory_bytes() const = 0;

  /// Walks everything; an error names what does not hold.
  [[nodiscard]] virtual Status check_invariants() const = 0;
};

}  // namespace respawn::keyspace
