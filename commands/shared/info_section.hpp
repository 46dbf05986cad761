// What a subsystem gives to say something in INFO.
#pragma once

#include <cstdint>
#include <string_view>

#include "commands/families.hpp"
#include "commands/shared/info_writer.hpp"

namespace respawn::commands {

/// What sections are written from.
struct InfoSource {
  Environment& environment;
  std::int64_t now_us;  // wall clock

  [[nodiscard]] Store& store() const { return environment.store; }

  [[nodiscard]] const config::Config& config() const { return environment.config(); }
};

/// The smallest of INFO's groups that has a section; each is part of those behind it.
enum class InfoGroup : std::uint8_t {
  standard,  // "default", or no name
  all,
  everything,
  none,  // only by name
};

/// Written by name in any case, or as part of its group.
struct InfoSection {
  std::string_view name;
  std::string_view title;
  InfoGroup group = InfoGroup::standard;
  void (*write)(const InfoSource&, InfoWriter&) = nullptr;  // null: its title alone
  std::string_view other_name = name;
};

}  // namespace respawn::commands
