// All commands by name, with what is counted of each.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/histogram.hpp"
#include "base/text.hpp"
#include "engine/table/spec.hpp"

namespace respawn::engine {

struct CommandStatistics {
  std::uint64_t calls = 0;
  std::uint64_t nanoseconds = 0;
  std::uint64_t rejected_calls = 0;
  std::uint64_t failed_calls = 0;
  /// A call that took this long, or longer, is looked at closely (count_call). 0: the next one is,
  /// whatever it took. Invariant: if it is not 0, there is a histogram.
  std::uint64_t look_from_ns = 0;
  /// Of each call's run time; from the first call on for which latency-tracking was on.
  std::unique_ptr<Histogram> run_ns;
};

/// A row and its counters.
struct Command {
  const CommandSpec* spec = nullptr;
  std::string name;  // by which clients call it: that of the row, unless it was renamed
  Command* parent = nullptr;
  std::uint32_t id = 0;  // its place in the registry
  Categories categories;
  CommandStatistics statistics;
  std::vector<Command*> subcommands;

  /// Of a container: the subcommand of that name in any case, or null.
  [[nodiscard]] Command* subcommand(std::string_view wanted) const;

  /// Itself, or the container that it is in.
  [[nodiscard]] const Command& top() const { return parent ? *parent : *this; }

  [[nodiscard]] bool is_renamed() const { return !iequals(name, spec->name); }
};

/// What became of a wish to rename.
enum class Renaming { done, no_such_command, name_is_taken };

/// Owner: the keyspace actor; outlives it. Built once from the families that it is given: no
/// static initialisers. Lookup O(1). Names change before the first client comes, or never: clients
/// call commands by their new names, while what is counted, documented and replayed goes by the
/// rows' own ones.
class Registry {
 public:
  explicit Registry(std::span<const std::span<const CommandSpec>> families);

  /// Clients call the top-level command that is now called `from` by another name, or not at all
  /// when `to` is empty. The result of earlier calls counts: "get" to "set" is taken until "set"
  /// was renamed. A subcommand has no name of its own to change. O(commands).
  Renaming rename(std::string_view from, std::string_view to);

  /// The top-level command that clients call by that name in any case, or null.
  [[nodiscard]] Command* find(std::string_view name) const;

  /// The top-level command whose row has that name in any case, however it is called; or null.
  [[nodiscard]] Command* find_original(std::string_view name) const;

  /// The command or, behind a container, its subcommand ("config|get" is accepted as one word too,
  /// as COMMAND INFO does).
  [[nodiscard]] Command* find_full(std::string_view name) const;

  /// Top-level ones that clients can call, in the order of the families.
  [[nodiscard]] std::span<Command* const> commands() const { return top_; }

  /// How many there are, subcommands counted; and the one with that id.
  [[nodiscard]] std::size_t size() const { return all_.size(); }

  [[nodiscard]] const Command& at(std::uint32_t id) const { return all_[id]; }

  void reset_statistics();

  /// Of all commands together. O(commands).
  [[nodiscard]] std::uint64_t calls() const;
  [[nodiscard]] std::uint64_t nanoseconds() const;

  /// What is looked for in commands has changed: the next call of each is looked at closely.
  void look_again();

 private:
  void add(const CommandSpec& spec, Command* parent);

  std::deque<Command> all_;
  std::vector<Command*> top_;
  // Open addressing, a power of two.
  std::vector<Command*> index_;      // by the names that clients use
  std::vector<Command*> originals_;  // by the rows' names
};

}  // namespace respawn::engine
