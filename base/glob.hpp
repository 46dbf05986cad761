// Redis' glob patterns: * ? [abc] [^abc] [a-z] and \ as escape, on bytes.
#pragma once

#include <string_view>

namespace respawn {

/// Whether the whole of `text` matches `pattern`. Linear memory; never exponential: a run of stars
/// is one star, and a failed attempt behind a later star is not repeated behind an earlier one. As
/// in Redis only an empty pattern matches an empty text ("*" does not), a missing ']' is taken as
/// being at the end, the ends of a range are signed bytes in either order, and an escaped byte in a
/// class keeps its case.
bool glob_match(std::string_view pattern, std::string_view text, bool ignore_case = false);

}  // namespace respawn
