// Keyed hashing of keys and members: SipHash-1-3 with a key drawn from the system at start.
#pragma once

#include <cstdint>
#include <string_view>

namespace respawn::keyspace {

struct HashSeed {
  std::uint64_t k0 = 0;
  std::uint64_t k1 = 0;
};

/// SipHash with one round per word and three at the end (Aumasson and Bernstein, 2012): a client
/// that does not know the seed cannot choose keys that collide. Pure. O(length).
std::uint64_t siphash13(std::string_view bytes, HashSeed seed) noexcept;

/// siphash13 under this process' seed. Equal bytes, equal hash, for the life of the process.
std::uint64_t hash_bytes(std::string_view bytes) noexcept;

}  // namespace respawn::keyspace
