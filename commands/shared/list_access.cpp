#include "commands/shared/list_access.hpp"

#include <algorithm>

#include "engine/run/value_limits.hpp"

namespace respawn::commands {

using keyspace::End;
using keyspace::List;

keyspace::ListLimits list_limits(Execution& x) {
  return engine::list_limits(x.config(), x.store().list_packed_threshold_bytes);
}

ListRange clamp_range(std::int64_t start, std::int64_t stop, std::size_t size) {
  const auto length = static_cast<std::int64_t>(size);
  if (start < 0) start = std::max<std::int64_t>(start + length, 0);
  if (stop < 0) stop += length;
  stop = std::min(stop, length - 1);
  if (start > stop) return {};
  return {static_cast<std::size_t>(start), static_cast<std::size_t>(stop - start + 1)};
}

std::optional<std::size_t> clamp_index(std::int64_t index, std::size_t size) {
  const auto length = static_cast<std::int64_t>(size);
  if (index < 0) index += length;
  if (index < 0 || index >= length) return std::nullopt;
  return static_cast<std::size_t>(index);
}

void reply_elements(Execution& x, const List& list, std::size_t index, std::size_t count,
                    End towards) {
  x.reply.array(count);
  for (auto walk = list.walk(index, towards); count > 0; --count, walk.next())
    x.reply.bulk(walk.value());
}

bool fit_a_list(Execution& x, Args elements) {
  for (std::string_view element : elements) {
    if (element.size() <= List::element_max_bytes) [[likely]]
      continue;
    x.fail("ERR Element too large");
    return false;
  }
  return true;
}

std::size_t push_elements(Execution& x, keyspace::Change& change, End end, Args elements) {
  if (change.entry()) {
    change.object<List>().push_all(end, elements, list_limits(x));
  } else {
    auto list = std::make_unique<List>();
    list->push_all(end, elements, list_limits(x));
    change.set_object(std::move(list));
    x.created(change.key().bytes);
  }
  x.became_ready(change.key().bytes);
  return change.object<List>().size();
}

}  // namespace respawn::commands
