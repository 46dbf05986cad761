// The commands between MULTI and EXEC.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/table/spec.hpp"
#include "protocol/request_parser.hpp"

namespace respawn::engine {

struct Command;

/// Owner: a session's state, so a queue outlives the keyspace actor. Arguments are copied one
/// behind the other; large ones that came in blocks of their own are shared. O(bytes) to add.
class QueuedCommands {
 public:
  /// The command with its arguments, which lie in `from`.
  void add(Command& command, Args args, const protocol::RequestCommands& from);

  void clear();

  [[nodiscard]] std::size_t size() const { return commands_.size(); }

  [[nodiscard]] bool empty() const { return commands_.empty(); }

  /// Of all arguments, and a pointer to each, as Redis counts them.
  [[nodiscard]] std::size_t argument_bytes() const { return argument_bytes_; }

  /// What it takes, beside the arguments.
  [[nodiscard]] std::size_t overhead_bytes() const {
    return commands_.capacity() * sizeof(Item) + words_.capacity() * sizeof(Word);
  }

  /// Of all its commands together.
  [[nodiscard]] Flags flags() const { return flags_; }

  [[nodiscard]] Command& command(std::size_t index) const { return *commands_[index].command; }

  /// The arguments of all commands, one behind the other, for arguments_of(). They live until the
  /// queue changes.
  [[nodiscard]] std::vector<std::string_view> arguments() const;

  [[nodiscard]] Args arguments_of(std::size_t index, Args all) const {
    return all.subspan(commands_[index].first, commands_[index].count);
  }

  /// The block whose contents the argument is, or null.
  [[nodiscard]] BlockPtr block_of(std::string_view argument) const;

 private:
  struct Item {
    Command* command;
    std::size_t first;  // of its words
    std::size_t count;
  };

  /// `at`: in the block, where there is one, else in `text_` (which moves as it grows).
  struct Word {
    const SharedBlock* block;
    std::size_t at;
    std::size_t size;
  };

  std::vector<Item> commands_;
  std::vector<Word> words_;
  std::string text_;
  std::vector<BlockPtr> blocks_;
  std::size_t argument_bytes_ = 0;
  Flags flags_;
};

}  // namespace respawn::engine
