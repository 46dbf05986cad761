// All commands by name, with what is counted of each.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/table/spec.hpp"

namespace respawn::engine {

struct CommandStatistics {
  std::uint64_t calls = 0;
  std::uint64_t nanoseconds = 0;
  std::uint64_t rejected_calls = 0;
  std::uint64_t failed_calls = 0;
};

/// A row and its counters.
struct Command {
  const CommandSpec* spec = nullptr;
  Command* parent = nullptr;
  Categories categories;
  CommandStatistics statistics;
  std::vector<Command*> subcommands;

  /// Of a container: the subcommand of that name in any case, or null.
  [[nodiscard]] Command* subcommand(std::string_view name) const;
};

/// Owner: the keyspace actor; outlives it. Built once from the families that it is given: no
/// static initialisers. Lookup O(1).
class Registry {
 public:
  explicit Registry(std::span<const std::span<const CommandSpec>> families);

  /// The top-level command of that name in any case, or null.
  [[nodiscard]] Command* find(std::string_view name) const;

  /// The command or, behind a container, its subcommand ("config|get" is accepted as one word too,
  /// as COMMAND INFO does).
  [[nodiscard]] Command* find_full(std::string_view name) const;

  /// Top-level ones, in the order of the families.
  [[nodiscard]] std::span<Command* const> commands() const { return top_; }

  void reset_statistics();

 private:
  void add(const CommandSpec& spec, Command* parent);
  void build_index();

  std::deque<Command> all_;
  std::vector<Command*> top_;
  std::vector<Command*> index_;  // open addressing, a power of two
};

}  // namespace respawn::engine
