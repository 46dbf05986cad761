// Makes, changes and destroys entries: the only code besides Entry that knows their layout.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "keyspace/entry.hpp"

namespace respawn::keyspace {

/// A value on its way into an entry.
enum class TextKind : std::uint8_t {
  set,     // as given by SET: embstr if it is short
  changed  // was changed in place: raw
};

/// Stateless. All that makes something throws std::bad_alloc and leaves its arguments as they were.
class EntryBuilder {
 public:
  /// Strings up to this length are part of their entry.
  static constexpr std::size_t embedded_max_bytes = 256;

  /// A string of `length` bytes for the caller to write at text(); those of `start` are there.
  static Entry* make_text(std::string_view key, std::string_view start, std::size_t length,
                          TextKind kind, std::int64_t expire_at_ms);
  /// A string that is the block; takes it only when it returns. Requires more than
  /// embedded_max_bytes.
  static Entry* make_block(std::string_view key, BlockPtr& block, std::int64_t expire_at_ms);
  static Entry* make_integer(std::string_view key, std::int64_t value, std::int64_t expire_at_ms);

  /// Takes the object only when it returns.
  static Entry* make_object(std::string_view key, std::unique_ptr<Object>& object,
                            std::int64_t expire_at_ms);

  /// The same key and value with another expiry. The value moves over: `old` is to be freed with
  /// free_shell().
  static Entry* with_expiry(const Entry& old, std::int64_t expire_at_ms);

  /// The same value, expiry and access clock under another key. The value moves over, as above.
  static Entry* with_key(const Entry& old, std::string_view key);

  /// Frees the entry and its value; a container is returned instead, for the caller to dispose of.
  [[nodiscard]] static std::unique_ptr<Object> destroy(Entry* entry) noexcept;

  /// Frees the entry alone.
  static void free_shell(Entry* entry) noexcept;

  /// Whether allocation and layout permit that the entry gets another text of this length in place,
  /// and would be chosen for it.
  [[nodiscard]] static bool can_rewrite(const Entry& entry, std::size_t length);

  /// Requires can_rewrite().
  static void rewrite_text(Entry& entry, std::string_view text) noexcept;

  /// Makes a string `length` bytes long, raw, in place, and its text writable (one that others hold
  /// is copied, `cuts` of them excepted, which know what they need: StringCuts); longer ones have
  /// undefined bytes at the end. Throws when memory is out, says false when it takes another entry.
  static bool resize_text(Entry& entry, std::size_t length, std::uint32_t cuts);

  static void set_integer(Entry& entry, std::int64_t value) noexcept;

  /// Requires has_expiry().
  static void set_expiry(Entry& entry, std::int64_t expire_at_ms) noexcept;

  /// The text of a string that is not an integer.
  [[nodiscard]] static char* text(Entry& entry);

  /// Bytes of the entry's allocation as asked for.
  [[nodiscard]] static std::size_t shell_bytes(const Entry& entry);

 private:
  struct Plan;

  static Entry* allocate(const Plan& plan);
  static void set_block(Entry& entry, BlockPtr block) noexcept;
  static Entry* reshape(const Entry& old, std::string_view key, std::int64_t expire_at_ms);
};

}  // namespace respawn::keyspace
