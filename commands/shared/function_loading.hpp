// Libraries of functions: loaded from their code, and as bytes that another server takes.
#pragma once

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

/// Libraries out of an RDB file: those that are here go (`flush`), or those of the same names.
Status take_functions(Scripts& scripts, const std::vector<std::string>& codes, bool flush,
                      scripting::Host& host);

}  // namespace respawn::commands
