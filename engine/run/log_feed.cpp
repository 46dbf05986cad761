#include "engine/run/log_feed.hpp"

#include <algorithm>
#include <utility>

namespace respawn::engine {

namespace {

using persistence::LogWork;

void raise(Session& session, std::uint64_t offset) {
  // Only the keyspace actor writes it.
  if (session.log_offset.load(std::memory_order_relaxed) < offset)
    session.log_offset.store(offset, std::memory_order_relaxed);
}

bool is_for_log(const Propagated& effect) {
  return (effect.targets & Targets::log) != Targets::none;
}

}  // namespace

void LogFeed::attach() {
  if (std::exchange(attached_, true)) return;
  record_.add_first_listener(*this);
}

void LogFeed::detach() {
  if (!std::exchange(attached_, false)) return;
  gate(false);
  record_.remove_listener(*this);
}

void LogFeed::gate(bool open) {
  if (open == gate_.is_open()) return;
  open ? gate_.open(end_) : gate_.close();
  clients_.observe_pushes(open ? this : nullptr);
  lookups_ = open ? this : nullptr;
  pushed_.clear();
}

bool LogFeed::hand_over() {
  if (chunk_.empty()) return false;
  LogWork work{.kind = LogWork::Kind::bytes, .end = end_};
  const std::size_t capacity = chunk_.size();
  work.bytes.swap(chunk_);
  chunk_.reserve(capacity);
  return tail_.put(std::move(work));
}

bool LogFeed::next_file() {
  const bool first = hand_over();
  encoder_.begin_file();
  LogWork work{.kind = LogWork::Kind::next_file, .end = end_};
  return tail_.put(std::move(work)) || first;
}

void LogFeed::unit_done(const UnitRecord& unit) {
  const auto& effects = unit.propagated();
  const auto count =
      static_cast<std::size_t>(std::count_if(effects.begin(), effects.end(), is_for_log));
  if (count == 0) return;
  const std::size_t before = chunk_.size();
  if (notes_times_) encoder_.note_time(unit.now_us / 1'000'000);
  encoder_.begin_unit(count);
  for (const Propagated& effect : effects)
    if (is_for_log(effect)) encoder_.effect(effect.db, effect.words);
  encoder_.end_unit(count);
  end_ += chunk_.size() - before;
  unit_end_ = end_;
  if (gates()) gate_.touched(unit.touched(), end_);
}

void LogFeed::end_unit(Session* session) {
  const std::uint64_t written = std::exchange(unit_end_, 0);
  if (session && written != 0) session->write_offset = written;
  if (!gates()) return;
  const std::uint64_t offset = std::max(written, std::exchange(read_, 0));
  if (session) raise(*session, offset);
  for (const SessionPtr& told : pushed_) raise(*told, offset);
  pushed_.clear();
}

void LogFeed::forget_unit() {
  read_ = 0;
  unit_end_ = 0;
  pushed_.clear();
}

void LogFeed::pushed(Session& session) {
  raise(session, std::max(read_, unit_end_));
  if (unit_end_ != 0) return;
  if (SessionPtr held = clients_.find(session.id)) pushed_.push_back(std::move(held));
}

}  // namespace respawn::engine
