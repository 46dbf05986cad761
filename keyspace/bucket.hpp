// One cache line of the hash table: nine fingerprints and nine pointers, or eight and a chain.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace respawn::keyspace {

/// Plain bytes; all zero is an empty bucket. Elements are packed to the front. Slots hold the low
/// 48 bits of a pointer, which is all of it on x86-64 and aarch64 user space.
/// Layout: slot i at byte 6 * i, its fingerprint at byte 54 + i, the meta byte last
/// (bits 0-3: elements here; bit 4: slot 8 points to another bucket, and eight are here).
struct alignas(64) Bucket {
  static constexpr unsigned slots = 9;
  static constexpr unsigned slots_when_chained = 8;

  [[nodiscard]] unsigned count() const { return bytes[meta] & 0x0f; }

  [[nodiscard]] bool chained() const { return (bytes[meta] & chain_bit) != 0; }

  [[nodiscard]] bool full() const { return count() == slots; }

  [[nodiscard]] void* element(unsigned slot) const {
    std::uint64_t word;  // two bytes more than the slot; the last one's are fingerprints
    std::memcpy(&word, bytes + 6 * slot, sizeof word);
    return reinterpret_cast<void*>(word & 0xffff'ffff'ffff);
  }

  void set_element(unsigned slot, void* element) {
    const auto word = reinterpret_cast<std::uint64_t>(element);
    std::memcpy(bytes + 6 * slot, &word, 6);
  }

  [[nodiscard]] std::uint8_t fingerprint(unsigned slot) const { return bytes[fingerprints + slot]; }

  [[nodiscard]] Bucket* next() const { return static_cast<Bucket*>(element(slots - 1)); }

  /// One bit per element whose fingerprint is this one.
  [[nodiscard]] unsigned match(std::uint8_t wanted) const {
#if defined(__SSE2__)
    const __m128i tail = _mm_load_si128(reinterpret_cast<const __m128i*>(bytes + 48));
    const __m128i equal = _mm_cmpeq_epi8(tail, _mm_set1_epi8(static_cast<char>(wanted)));
    return static_cast<unsigned>(_mm_movemask_epi8(equal)) >> 6 & ((1U << count()) - 1);
#else
    return match_portable(wanted);
#endif
  }

  [[nodiscard]] unsigned match_portable(std::uint8_t wanted) const {
    unsigned hits = 0;
    for (unsigned slot = 0; slot < count(); ++slot)
      hits |= static_cast<unsigned>(fingerprint(slot) == wanted) << slot;
    return hits;
  }

  /// Requires room.
  void add(void* element, std::uint8_t mark) {
    const unsigned slot = count();
    set_element(slot, element);
    bytes[fingerprints + slot] = mark;
    ++bytes[meta];
  }

  void copy_slot(unsigned to, const Bucket& other, unsigned from) {
    set_element(to, other.element(from));
    bytes[fingerprints + to] = other.fingerprint(from);
  }

  void remove_last() {
    --bytes[meta];
  }

  /// Slot 8, whose element the caller has taken elsewhere, becomes a pointer.
  void chain_to(Bucket* bucket) {
    set_element(slots - 1, bucket);
    bytes[meta] = slots_when_chained | chain_bit;
  }

  void unchain() {
    bytes[meta] = slots_when_chained;
  }

  void clear() {
    bytes[meta] = 0;
  }

  static constexpr std::size_t fingerprints = 54;
  static constexpr std::size_t meta = 63;
  static constexpr std::uint8_t chain_bit = 0x10;

  std::uint8_t bytes[64];
};

static_assert(sizeof(Bucket) == 64);

}  // namespace respawn::keyspace
