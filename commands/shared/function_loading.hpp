// Libraries of functions: loaded from their code, and as bytes that another server takes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "commands/shared/scripts.hpp"

namespace respawn::commands {

/// Loads a library into `libraries`, which are the store's or are to become it. Returns its name;
/// errors are Redis's. Nothing has changed then. What it replaces is forgotten.
Result<std::string> load_library(Scripts& scripts, scripting::FunctionLibraries& libraries,
                                 std::string_view code, bool replace, scripting::Host& host);

/// FUNCTION DUMP: each library as RDB files have it, version and checksum behind.
[[nodiscard]] std::string dump_libraries(const scripting::FunctionLibraries& libraries);

/// Reads such bytes and loads what is in them into `libraries`, which are empty.
Status restore_libraries(Scripts& scripts, scripting::FunctionLibraries& libraries,
                         std::string_view payload, scripting::Host& host);

/// What becomes of libraries that are here when others are loaded.
enum class KnownLibraries : std::uint8_t {
  go,
  give_way,  // to one of the same name
  stay,      // one of the same name is an error
};

/// Libraries out of an RDB file.
Status take_functions(Scripts& scripts, const std::vector<std::string>& codes, KnownLibraries known,
                      scripting::Host& host);

}  // namespace respawn::commands
