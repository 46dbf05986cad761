#include "base/check.hpp"

#include <string>

namespace respawn {

void check_failed(const char* expression, const char* file, int line) {
  throw CheckFailure(std::string(file) + ":" + std::to_string(line) +
                     ": check failed: " + expression);
}

}  // namespace respawn
