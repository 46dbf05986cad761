// The ACL file: a line `user <name> <rule> ...` for each user. Blank lines are let be; there are no
// comments and no quotes.
#pragma once

#include <string_view>
#include <vector>

#include "access/user.hpp"
#include "base/result.hpp"

namespace respawn::access {

/// The users of a file, or everything that is wrong with it, in one line as Redis words it.
[[nodiscard]] Result<std::vector<User>> read_users_file(std::string_view text,
                                                        std::string_view file,
                                                        const Grounds& grounds);

}  // namespace respawn::access
