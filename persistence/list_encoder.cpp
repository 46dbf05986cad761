#include "persistence/list_encoder.hpp"

#include <cstddef>

#include "persistence/listpack.hpp"
#include "persistence/rdb_format.hpp"

namespace respawn::persistence {

namespace {

using keyspace::List;

/// A list's element from this size on is a node by itself.
constexpr std::size_t plain_node_min_bytes = std::size_t{1} << 30;

/// The elements of the node at whose first one the walk is.
void write_node(RdbWriter& to, List::Walk& walk) {
  std::size_t elements = walk.node_size();
  if (elements == 1 && walk.value().size() >= plain_node_min_bytes) {
    to.length(plain_node);
    to.string(walk.value());
    return walk.next();
  }
  ListpackWriter packed;
  for (; elements > 0; --elements, walk.next()) packed.append(walk.stored());
  to.length(packed_node);
  to.string(packed.take());
}

}  // namespace

void write_list(RdbWriter& to, const List& list) {
  to.length(list.node_count());
  for (auto walk = list.walk(); walk.valid();) write_node(to, walk);
}

Slices write_list_in_slices(RdbWriter& to, const List& list) {
  to.length(list.node_count());
  for (auto walk = list.walk(); walk.valid();) {
    write_node(to, walk);
    co_await end_of_slice;
  }
}

}  // namespace respawn::persistence
