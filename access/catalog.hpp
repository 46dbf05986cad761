// The commands that rules speak of, as far as rules need to know them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace respawn::access {

/// Counts from 0, without gaps; the same for the life of the catalog.
using CommandId = std::uint32_t;

/// Outlives every user. Names are those that commands have by nature, however clients call them:
/// rules hold whatever was renamed.
class CommandCatalog {
 public:
  virtual ~CommandCatalog() = default;

  [[nodiscard]] virtual std::size_t size() const = 0;

  /// Of "get" or "config|get", in any case.
  [[nodiscard]] virtual std::optional<CommandId> find(std::string_view full_name) const = 0;

  /// In lower case.
  [[nodiscard]] virtual std::string_view full_name(CommandId id) const = 0;

  [[nodiscard]] virtual bool is_subcommand(CommandId id) const = 0;

  /// Those of a container; empty for every other command.
  [[nodiscard]] virtual std::span<const CommandId> subcommands(CommandId id) const = 0;

  /// A bit for each category that the command is in.
  [[nodiscard]] virtual std::uint32_t categories(CommandId id) const = 0;

  /// The bit of a category in any case; 0 when there is no such category.
  [[nodiscard]] virtual std::uint32_t category_named(std::string_view name) const = 0;
};

}  // namespace respawn::access
