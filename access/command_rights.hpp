// Which commands may be run, and the rules that say so.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "access/catalog.hpp"
#include "access/fault.hpp"

namespace respawn::access {

/// A value. A later rule wins over an earlier one; the rules are kept so that the same rights come
/// of them in the same order.
class CommandRights {
 public:
  explicit CommandRights(const CommandCatalog& catalog) : catalog_(&catalog) {}

  /// +command, -command, +container|sub, -container|sub, +command|first-argument, +@category,
  /// -@category, and allcommands and nocommands, as which +@all and -@all are known too. A fault
  /// leaves everything as it was. O(commands) for a category, O(rules) else.
  [[nodiscard]] Fault apply(std::string_view rule);

  /// Everything, so that nobody need look at the command.
  [[nodiscard]] bool allows_everything() const { return everything_; }

  [[nodiscard]] bool allows(CommandId id) const { return everything_ || has(id); }

  /// Whether the command may be run with this as its first argument.
  [[nodiscard]] bool allows_with(CommandId id, std::string_view first_argument) const;

  /// "+@all -debug": starts with what holds for commands that no rule names.
  [[nodiscard]] std::string text() const;

 private:
  void set_everything(bool allowed);
  [[nodiscard]] Fault set_category(std::string_view rule, bool allowed);
  [[nodiscard]] Fault allow_command(std::string_view name);
  [[nodiscard]] Fault allow_one(std::string_view name, std::string_view container,
                                std::string_view argument);
  [[nodiscard]] Fault forbid_command(std::string_view name);

  void set(CommandId id, bool allowed);
  void set_with_subcommands(CommandId id, bool allowed);
  void remember(std::string_view name, bool allowed);

  [[nodiscard]] bool has(CommandId id) const {
    return id / 64 < bits_.size() && (bits_[id / 64] >> (id % 64) & 1) != 0;
  }

  const CommandCatalog* catalog_;
  std::vector<std::uint64_t> bits_;  // by id; empty when none is set
  bool everything_ = false;          // every bit is set, and nothing was taken away since
  bool starts_with_all_ = false;     // rules_ take away from everything, or else add to nothing
  std::vector<std::string> rules_;   // "+@read", "-get"; in their order
  std::map<CommandId, std::vector<std::string>> first_arguments_;
};

}  // namespace respawn::access
