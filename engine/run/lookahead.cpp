#include "engine/run/lookahead.hpp"

#include <algorithm>

#include "engine/run/lookup.hpp"

namespace respawn::engine {

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

void Lookahead::announce(const Session& session) {
  const std::size_t count = session.batch.commands.slices.size() - session.batch.next;
  plans_.push_back({&session, session.batch.next, total_, total_ + count});
  total_ += count;
}

void Lookahead::reset() {
  plans_.clear();
  current_ = nullptr;
  total_ = next_ = finding_ = found_ = fetched_ = step_at_ = 0;
}

void Lookahead::enter(const Session& session) {
  current_ = nullptr;
  if (next_ == plans_.size() || plans_[next_].session != &session) return;
  const std::size_t entered = next_++;
  if (total_ < 2) return;
  current_ = &plans_[entered];
  // The batches before this one may have ended early.
  if (current_->start > found_) {
    found_ = current_->start;
    finding_ = entered;
  }
  fetched_ = std::max(fetched_, current_->start);
}

void Lookahead::step(std::size_t place) {
  find_until(std::min(place + 3 * chunk, total_));
  fetch_until(std::min(place + 2 * chunk, found_));
  step_at_ = place + chunk;
}

void Lookahead::find_until(std::size_t end) {
  for (; found_ < end; ++found_) {
    while (plans_[finding_].end <= found_) ++finding_;
    find(foreseen_[found_ % ring], plans_[finding_], found_);
  }
}

/// Pipelines are mostly runs of the same command.
bool Lookahead::is_like_the_one_before(const Plan& plan, std::size_t place,
                                       std::string_view name) const {
  if (place == plan.start) return false;
  const protocol::RequestCommands& commands = plan.session->batch.commands;
  const auto& before = commands.slices[plan.first + (place - plan.start) - 1];
  return commands.arguments[before.first] == name;
}

void Lookahead::find(Foreseen& foreseen, const Plan& plan, std::size_t place) const {
  const protocol::RequestCommands& commands = plan.session->batch.commands;
  const auto& slice = commands.slices[plan.first + (place - plan.start)];
  const std::string_view* arguments = commands.arguments.data() + slice.first;
  foreseen.command = is_like_the_one_before(plan, place, arguments[0])
                         ? foreseen_[(place - 1) % ring].command
                         : look_up(registry_, *plan.session, arguments[0]);
  foreseen.key.bytes = nullptr;
  const std::size_t at = first_key(foreseen.command, slice.count);
  if (at == 0) return;
  const std::string_view key = arguments[at];
  foreseen.key = {key.data(), key.size(), keyspace::hash_bytes(key)};
  foreseen.db = &databases_.at(static_cast<std::size_t>(plan.session->db));
  foreseen.db->prefetch(foreseen.key.hash);
}

void Lookahead::fetch_until(std::size_t end) {
  for (; fetched_ < end; ++fetched_) {
    const Foreseen& foreseen = foreseen_[fetched_ % ring];
    if (foreseen.key.bytes) foreseen.db->prefetch_entry(foreseen.key.hash);
  }
}

}  // namespace respawn::engine
