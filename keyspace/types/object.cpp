#include "keyspace/types/object.hpp"

namespace respawn::keyspace {

std::string_view type_name(Type type) {
  static constexpr std::string_view names[] = {"string", "list", "set", "zset", "hash", "stream"};
  return names[static_cast<std::size_t>(type)];
}

std::string_view encoding_name(Encoding encoding) {
  static constexpr std::string_view names[] = {"int",       "embstr",    "raw",    "listpack",
                                               "quicklist", "hashtable", "intset", "skiplist",
                                               "stream",    "listpackex"};
  return names[static_cast<std::size_t>(encoding)];
}

}  // namespace respawn::keyspace
