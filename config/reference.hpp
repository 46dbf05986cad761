// Texts generated from the option table.
#pragma once

#include <string>

namespace respawn::config {

/// A JSON schema (draft 2020-12) of the JSON file.
std::string json_schema();

/// docs: every option with type, default, range and meaning, by heading.
std::string reference_markdown();

/// What --help prints.
std::string help_text();

}  // namespace respawn::config
