#include "engine/clients/queued_commands.hpp"

#include <algorithm>

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

void QueuedCommands::add(Command& command, Args args, const protocol::RequestCommands& from) {
  commands_.push_back({&command, words_.size(), args.size()});
  for (const std::string_view argument : args) {
    argument_bytes_ += argument.size() + sizeof(char*);
    if (BlockPtr block = from.block_of(argument)) {
      words_.push_back({&*block, 0, argument.size()});
      blocks_.push_back(std::move(block));
    } else {
      words_.push_back({nullptr, text_.size(), argument.size()});
      text_.append(argument);
    }
  }
  flags_ = flags_ | command.spec->flags;
}

void QueuedCommands::clear() {
  clear_and_trim(commands_);
  clear_and_trim(words_);
  clear_and_trim(text_);
  blocks_.clear();
  argument_bytes_ = 0;
  flags_ = {};
}

std::vector<std::string_view> QueuedCommands::arguments() const {
  std::vector<std::string_view> all;
  all.reserve(words_.size());
  for (const Word& word : words_)
    all.push_back(word.block ? word.block->view()
                             : std::string_view(text_).substr(word.at, word.size));
  return all;
}

BlockPtr QueuedCommands::block_of(std::string_view argument) const {
  const auto place = std::ranges::find_if(blocks_, [&](const BlockPtr& block) {
    return block->data() == argument.data() && block->size() == argument.size();
  });
  return place == blocks_.end() ? BlockPtr() : *place;
}

}  // namespace respawn::engine
