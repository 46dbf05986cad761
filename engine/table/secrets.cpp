#include "engine/table/secrets.hpp"

#include "base/text.hpp"
#include "config/option.hpp"

namespace respawn::engine {

namespace {

/// Whether the argument at `at` follows the word, `behind` places later.
bool follows(Args args, std::size_t at, std::size_t behind, std::string_view word,
             std::size_t first) {
  return at >= first + behind && iequals(args[at - behind], word);
}

/// CONFIG SET name value [name value ...].
bool is_secret_value(Args args, std::size_t at) {
  if (at < 3 || at % 2 == 0) return false;
  const config::Option* option = config::find_option(args[at - 1]);
  return option != nullptr && option->secret;
}

}  // namespace

bool is_secret(const CommandSpec& spec, Args args, std::size_t at) {
  const std::string_view name = spec.name;
  if (name == "auth") return at > 0;
  if (name == "hello") return follows(args, at, 1, "auth", 2) || follows(args, at, 2, "auth", 2);
  if (name == "acl|setuser") return at > 1;
  if (name == "config|set") return is_secret_value(args, at);
  if (name == "migrate") {
    constexpr std::size_t options = 6;
    return follows(args, at, 1, "auth", options) || follows(args, at, 1, "auth2", options) ||
           follows(args, at, 2, "auth2", options);
  }
  return false;
}

}  // namespace respawn::engine
