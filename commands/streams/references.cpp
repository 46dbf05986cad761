#include "commands/streams/references.hpp"

#include <algorithm>

namespace respawn::commands {

std::optional<References> to_references(std::string_view word) {
  if (iequals(word, "KEEPREF")) return References::keep;
  if (iequals(word, "DELREF")) return References::drop;
  if (iequals(word, "ACKED")) return References::acknowledged;
  return std::nullopt;
}

Result<EntriesToDelete> parse_entries_to_delete(Args args, std::size_t from) {
  EntriesToDelete wanted;
  bool said = false;
  for (ArgCursor at(args, from); !at.done();) {
    if (at.take("IDS", 1)) {
      constexpr std::int64_t most = std::numeric_limits<std::int32_t>::max();
      auto count =
          to_integer_between(at.next(), 1, most, "ERR Number of IDs must be a positive integer");
      if (!count) return failure(count.error());
      if (static_cast<std::size_t>(*count) > at.left())
        return failure("ERR The `numids` parameter must match the number of arguments");
      wanted.ids.clear();
      for (std::int64_t left = *count; left > 0; --left) {
        auto id = to_stream_id(at.next());
        if (!id) return failure(id.error());
        wanted.ids.push_back(*id);
      }
    } else if (const auto references = to_references(at.next()); references && !said) {
      wanted.references = *references;
      said = true;
    } else {
      return failure(std::string(errors::syntax));
    }
  }
  if (wanted.ids.empty()) return failure(std::string(errors::syntax));
  return wanted;
}

void DeletionRecord::acknowledged(std::string_view group, const keyspace::StreamId& id) {
  if (!x_.recorded()) return;
  auto place = std::find_if(acknowledged_.begin(), acknowledged_.end(),
                            [&](const Acknowledged& each) { return each.group == group; });
  if (place == acknowledged_.end()) {
    acknowledged_.push_back({group, {"XACK", std::string(key_), std::string(group)}});
    place = std::prev(acknowledged_.end());
  }
  place->words.push_back(StreamIdText(id).text());
}

void DeletionRecord::deleted(const keyspace::StreamId& id) {
  if (!x_.recorded()) return;
  if (deleted_.empty()) deleted_ = {"XDEL", std::string(key_)};
  deleted_.push_back(StreamIdText(id).text());
}

void DeletionRecord::propagate() {
  if (!x_.recorded()) return;
  for (Acknowledged& each : acknowledged_) x_.propagate_words(std::move(each.words));
  if (!deleted_.empty()) x_.propagate_words(std::move(deleted_));
}

}  // namespace respawn::commands
