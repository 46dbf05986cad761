#include "access/denial_log.hpp"

#include <algorithm>
#include <cstdlib>

namespace respawn::access {

namespace {

constexpr std::ptrdiff_t looked_through = 10;
constexpr std::int64_t one_event_ms = 60'000;

bool is_like(const LoggedRefusal& entry, const Refusal& refusal, std::int64_t now_ms) {
  return entry.refusal.denial == refusal.denial && entry.refusal.context == refusal.context &&
         std::abs(now_ms - entry.updated_ms) <= one_event_ms &&
         entry.refusal.object == refusal.object && entry.refusal.username == refusal.username;
}

}  // namespace

std::string_view name_of(Context context) {
  switch (context) {
    case Context::toplevel:
      return "toplevel";
    case Context::multi:
      return "multi";
    case Context::lua:
      return "lua";
  }
  return "";
}

std::string_view name_of(Denial denial) {
  switch (denial) {
    case Denial::none:
      return "";
    case Denial::command:
      return "command";
    case Denial::key:
      return "key";
    case Denial::auth:
      return "auth";
    case Denial::channel:
      return "channel";
  }
  return "";
}

void DenialLog::add(Refusal refusal, std::int64_t now_ms, std::size_t entries_max) {
  count(refusal.denial);
  const auto end = entries_.begin() + std::min(looked_through, std::ssize(entries_));
  const auto found = std::find_if(entries_.begin(), end, [&](const LoggedRefusal& entry) {
    return is_like(entry, refusal, now_ms);
  });
  if (found != end) {
    found->refusal.client = std::move(refusal.client);
    found->updated_ms = now_ms;
    ++found->count;
    std::rotate(entries_.begin(), found, found + 1);
    return;
  }
  entries_.push_front({std::move(refusal), 1, next_id_++, now_ms, now_ms});
  if (entries_.size() > entries_max) entries_.resize(entries_max);
}

void DenialLog::count(Denial denial) {
  switch (denial) {
    case Denial::none:
      return;
    case Denial::command:
      ++counts_.command;
      return;
    case Denial::key:
      ++counts_.key;
      return;
    case Denial::auth:
      ++counts_.auth;
      return;
    case Denial::channel:
      ++counts_.channel;
      return;
  }
}

}  // namespace respawn::access
