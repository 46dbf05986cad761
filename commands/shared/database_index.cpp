#include "commands/shared/database_index.hpp"

#include <limits>

namespace respawn::commands {

Result<int> to_database_index(const Execution& x, std::string_view text) {
  auto index = to_integer(text);
  if (!index) return failure(index.error());
  if (*index < std::numeric_limits<int>::min() || *index > std::numeric_limits<int>::max())
    return failure("ERR value is out of range, value must between -2147483648 and 2147483647");
  if (!has_database(x, *index)) return failure(std::string(errors::db_index_out_of_range));
  return static_cast<int>(*index);
}

}  // namespace respawn::commands
