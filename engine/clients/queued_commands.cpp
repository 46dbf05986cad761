#include "engine/clients/queued_commands.hpp"

#include <algorithm>
#include <utility>

#include "engine/table/registry.hpp"

namespace respawn::engine {

namespace {

/// What a queue keeps for the next transaction.
constexpr std::size_t kept_bytes_max = 16 * 1024;

template <class Container>
void clear_and_trim(Container& container) {
  const std::size_t bytes = container.capacity() * sizeof(typename Container::value_type);
  if (bytes > kept_bytes_max)
    Container().swap(container);
  else
    container.clear();
}

}  // namespace

void QueuedCommands::add(Command& command, Args args, Flags flags,
                         const protocol::RequestCommands& from) {
  commands_.push_back({&command, words_.size(), args.size()});
  words_.insert(words_.end(), args.begin(), args.end());
  for (const std::string_view argument : args) {
    argument_bytes_ += argument.size() + sizeof(char*);
    if (BlockPtr block = from.block_of(argument)) blocks_.push_back(std::move(block));
  }
  flags_ = flags_ | flags;
}

void QueuedCommands::keep() {
  const std::span<std::string_view> loose =
      std::span(words_).subspan(std::exchange(kept_, words_.size()));
  std::size_t bytes = 0;
  for (const std::string_view word : loose) bytes += word.size();
  for (std::size_t i = kept_blocks_; i < blocks_.size(); ++i) bytes -= blocks_[i]->size();
  if (bytes == 0) {
    kept_blocks_ = blocks_.size();
    return;
  }
  char* end = copies_.emplace_back(std::make_unique_for_overwrite<char[]>(bytes)).get();
  for (std::string_view& word : loose) {
    const bool in_block =
        kept_blocks_ < blocks_.size() && blocks_[kept_blocks_]->data() == word.data();
    if (in_block) {  // they are in the order of the words
      ++kept_blocks_;
      continue;
    }
    end = std::copy(word.begin(), word.end(), end);
    word = {end - word.size(), word.size()};
  }
}

void QueuedCommands::clear() {
  clear_and_trim(commands_);
  clear_and_trim(words_);
  clear_and_trim(copies_);
  kept_ = 0;
  kept_blocks_ = 0;
  blocks_.clear();
  argument_bytes_ = 0;
  flags_ = {};
}

BlockPtr QueuedCommands::block_of(std::string_view argument) const {
  const auto place = std::ranges::find_if(blocks_, [&](const BlockPtr& block) {
    return block->data() == argument.data() && block->size() == argument.size();
  });
  return place == blocks_.end() ? BlockPtr() : *place;
}

}  // namespace respawn::engine
