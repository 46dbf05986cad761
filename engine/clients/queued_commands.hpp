// The commands between MULTI and EXEC.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "engine/table/spec.hpp"
#include "protocol/request_parser.hpp"

namespace respawn::engine {

struct Command;

/// Owner: a session's state, so a queue outlives the keyspace actor. Arguments stay where they are
/// while their batch does: most transactions arrive and run in one. Large ones that came in blocks
/// of their own are shared. O(arguments) to add.
class QueuedCommands {
 public:
  /// The command with its arguments, which lie in `from` until keep(), and the flags of this call
  /// of it.
  void add(Command& command, Args args, Flags flags, const protocol::RequestCommands& from);

  /// To be called before the bytes go to which the arguments added last point: copies those.
  /// O(their bytes).
  void keep();

  void clear();

  [[nodiscard]] std::size_t size() const { return commands_.size(); }

  [[nodiscard]] bool empty() const { return commands_.empty(); }

  /// Of all arguments, and a pointer to each, as Redis counts them.
  [[nodiscard]] std::size_t argument_bytes() const { return argument_bytes_; }

  /// What it takes, beside the arguments.
  [[nodiscard]] std::size_t overhead_bytes() const {
    return commands_.capacity() * sizeof(Item) + words_.capacity() * sizeof(std::string_view) +
           copies_.capacity() * sizeof(copies_[0]);
  }

  /// Of all its commands together.
  [[nodiscard]] Flags flags() const { return flags_; }

  [[nodiscard]] Command& command(std::size_t index) const { return *commands_[index].command; }

  /// They live until the queue changes.
  [[nodiscard]] Args arguments(std::size_t index) const {
    return Args(words_).subspan(commands_[index].first, commands_[index].count);
  }

  /// The block whose contents the argument is, or null.
  [[nodiscard]] BlockPtr block_of(std::string_view argument) const;

 private:
  struct Item {
    Command* command;
    std::size_t first;  // of its words
    std::size_t count;
  };

  std::vector<Item> commands_;
  std::vector<std::string_view> words_;  // in their batch; up to kept_ in copies_ or blocks_
  std::size_t kept_ = 0;
  std::vector<std::unique_ptr<char[]>> copies_;
  std::vector<BlockPtr> blocks_;  // in the order of the words
  std::size_t kept_blocks_ = 0;
  std::size_t argument_bytes_ = 0;
  Flags flags_;
};

}  // namespace respawn::engine
