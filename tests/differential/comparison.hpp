// Holds a server's replies against the reference's, in the way the script asks for.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tests/differential/script.hpp"
#include "tests/support/reply.hpp"

namespace respawn::differential {

/// What is different, for a reader; none when the replies count as equal. O(n log n).
std::optional<std::string> difference(const std::vector<support::Reply>& reference,
                                      const std::vector<support::Reply>& ours,
                                      const Comparison& how);

/// The same for bytes.
std::optional<std::string> difference(const std::string& reference, const std::string& ours);

}  // namespace respawn::differential
