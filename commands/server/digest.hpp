// Digests of values and of the whole data, equal to those of redis-server for equal data (DEBUG
// DIGEST, DEBUG DIGEST-VALUE).
#pragma once

#include <string>
#include <string_view>

#include "base/message_digest.hpp"
#include "keyspace/databases.hpp"

namespace respawn::commands {

/// 20 bytes that texts are added to.
class Digest {
 public:
  /// The order of additions does not matter: xor with the text's SHA-1.
  void add(std::string_view text);

  /// The order matters: the SHA-1 of what add() leaves.
  void mix(std::string_view text);

  /// Adds another digest, as the text of its 20 bytes.
  void combine(const Digest& other);

  [[nodiscard]] std::string hex() const { return to_hex(bytes_); }

 private:
  Sha1Digest bytes_{};
};

/// Mixes type, value and whether it expires (not when) into `digest`. O(value).
void mix_value(Digest& digest, const keyspace::Entry& entry);

/// Numbers, keys and values of all databases. O(data).
[[nodiscard]] Digest digest_of(const keyspace::Databases& databases);

}  // namespace respawn::commands
