// What the process list shows of the process.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "config/config.hpp"

namespace respawn::server {

/// What a template may refer to beside the configuration.
struct TitleFacts {
  std::string_view program;      // as the process was called
  std::string_view config_file;  // "": none
};

/// The template with each {variable} replaced by its value; unknown ones and lone braces stay.
/// Blanks at both ends are dropped.
[[nodiscard]] std::string expand_title(const config::Config& config, const TitleFacts& facts);

/// Writes a title over the memory in which a process got its arguments: cut to what fits, the rest
/// is zeros.
void write_title(std::span<char> area, std::string_view title);

/// To be called first in main(), once its arguments were copied: from then on that memory, and what
/// follows it with the environment, is the title's. The environment moves elsewhere.
void claim_title_area(int argc, char** argv);

/// Shows the title, unless set-proc-title is off or there is no memory to show it in. One thread at
/// a time.
void show_title(const config::Config& config, std::string_view config_file);

}  // namespace respawn::server
