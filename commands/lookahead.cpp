#include "commands/lookahead.hpp"

#include <algorithm>

namespace respawn::commands {

namespace {

/// The place of the first key, or 0.
std::size_t first_key(const Command* command, std::size_t argument_count) {
  if (!command) return 0;
  const KeySpec& spec = command->spec->keys[0];
  if (spec.begin != KeySpec::Begin::index || spec.find != KeySpec::Find::range) return 0;
  const auto index = static_cast<std::size_t>(spec.index);
  return index < argument_count ? index : 0;
}

}  // namespace

void Lookahead::look(const Batch& batch, const Registry& registry, const keyspace::Database& db) {
  begin_ = batch.next;
  end_ = std::min(begin_ + window, batch.commands.slices.size());
  for (std::size_t i = begin_; i < end_; ++i) {
    const auto& slice = batch.commands.slices[i];
    const std::string_view* arguments = batch.commands.arguments.data() + slice.first;
    Foreseen& foreseen = foreseen_[i - begin_];
    foreseen = {.command = registry.find(arguments[0])};
    const std::size_t at = first_key(foreseen.command, slice.count);
    if (at == 0) continue;
    foreseen.key_bytes = arguments[at].data();
    foreseen.key_hash = keyspace::hash_bytes(arguments[at]);
    db.prefetch(foreseen.key_hash);
  }
  for (std::size_t i = 0; i < end_ - begin_; ++i)
    if (foreseen_[i].key_bytes) db.prefetch_entry(foreseen_[i].key_hash);
}

}  // namespace respawn::commands
