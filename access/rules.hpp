// Rules as somebody wrote them: a list of words that is applied as a whole or not at all.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "access/user.hpp"
#include "base/result.hpp"

namespace respawn::access {

/// The words with those of a selector that were split ("(+get", "~a)") put together again. The
/// error is the word at which a selector begins that has no end.
[[nodiscard]] Result<std::vector<std::string>> join_selectors(
    std::span<const std::string_view> words);

/// The user with all the rules applied. The error is a client's, without its code: "Error in ACL
/// SETUSER modifier ...".
[[nodiscard]] Result<User> changed(User user, std::span<const std::string_view> words,
                                   const Grounds& grounds);

}  // namespace respawn::access
