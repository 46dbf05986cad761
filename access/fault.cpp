#include "access/fault.hpp"

namespace respawn::access {

std::string_view describe(Fault fault) {
  switch (fault) {
    case Fault::none:
      return "";
    case Fault::syntax:
      return "Syntax error";
    case Fault::unknown_name:
      return "Unknown command or category name in ACL";
    case Fault::behind_all_keys:
      return "Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and does "
             "not have any effect. Try 'resetkeys' to start with an empty list of patterns";
    case Fault::behind_all_channels:
      return "Adding a pattern after the * pattern (or the 'allchannels' flag) is not valid and "
             "does not have any effect. Try 'resetchannels' to start with an empty list of "
             "channels";
    case Fault::no_such_password:
      return "The password you are trying to remove from the user does not exist";
    case Fault::bad_hash:
      return "The password hash must be exactly 64 characters and contain only lowercase "
             "hexadecimal characters";
    case Fault::subcommand_has_argument:
      return "Allowing first-arg of a subcommand is not supported";
  }
  return "";
}

}  // namespace respawn::access
