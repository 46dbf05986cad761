// IDMP: who adds says who he is and what it is, and so adds nothing twice.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "commands/shared/stream_access.hpp"

namespace respawn::commands {

/// "IDMP pid iid" or "IDMPAUTO pid" among XADD's options.
struct ProducedOption {
  std::size_t at = 0;     // the argument; 0: there is none
  std::size_t words = 0;  // that it takes
  std::string_view pid;
  std::string_view iid;  // with IDMPAUTO: to be made of the fields
};

/// Behind the word, which is the argument before `at`. Requires that so many arguments follow.
[[nodiscard]] Result<ProducedOption> parse_produced(ArgCursor& at, bool automatic);

/// The same for the same fields with the same values in whatever order. 16 bytes. O(bytes).
[[nodiscard]] std::string iid_of_fields(Args fields);

/// Of streams that begin to remember producers now.
[[nodiscard]] keyspace::ProducerLimits producer_limits(const Execution& x);

/// Whether the stream (null: there is none) remembers it: then its ID is the reply, and it counts
/// as a duplicate.
bool reply_known(Execution& x, const keyspace::Key& key, const keyspace::Entry* entry,
                 const keyspace::Produced& produced);

/// Behind an entry that was added: the stream remembers it elsewhere, too. `is_first`: it has begun
/// to remember with this one.
void propagate_produced(Execution& x, std::string_view key, const keyspace::Produced& produced,
                        const keyspace::Stream& stream, bool is_first);

}  // namespace respawn::commands
