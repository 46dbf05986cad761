#include "engine/table/spec.hpp"

#include "base/check.hpp"

namespace respawn::engine {

void spec_error(const char* reason) {
  check_failed(reason, __FILE__, __LINE__);
}

namespace {

void add_group_category(Group group, Categories& categories) {
  switch (group) {
    case Group::generic:
      // SORT is of the types it sorts instead, WAIT of the connection.
      if (!categories.has(Category::list) && !categories.has(Category::connection))
        categories.add(Category::keyspace);
      return;
    case Group::string:
      return categories.add(Category::string);
    case Group::list:
      return categories.add(Category::list);
    case Group::set:
      return categories.add(Category::set);
    case Group::sorted_set:
      return categories.add(Category::sortedset);
    case Group::hash:
      return categories.add(Category::hash);
    case Group::hyperloglog:
      return categories.add(Category::hyperloglog);
    case Group::geo:
      return categories.add(Category::geo);
    case Group::stream:
      return categories.add(Category::stream);
    case Group::bitmap:
      return categories.add(Category::bitmap);
    case Group::connection:
      return categories.add(Category::connection);
    case Group::transactions:
      return categories.add(Category::transaction);
    case Group::scripting:
      return categories.add(Category::scripting);
    case Group::pubsub:
    case Group::server:
    case Group::cluster:
    case Group::respawn:
      return;
  }
}

}  // namespace

Categories categories_of(const CommandSpec& spec) {
  Categories categories = spec.categories;
  if (!spec.is_container()) add_group_category(spec.group, categories);
  const Flags& flags = spec.flags;
  if (flags.has(Flag::write)) categories.add(Category::write);
  if (flags.has(Flag::readonly) && spec.group != Group::scripting) categories.add(Category::read);
  if (flags.has(Flag::admin)) {
    categories.add(Category::admin);
    categories.add(Category::dangerous);
  }
  if (flags.has(Flag::pubsub)) categories.add(Category::pubsub);
  if (flags.has(Flag::blocking)) categories.add(Category::blocking);
  categories.add(flags.has(Flag::fast) ? Category::fast : Category::slow);
  return categories;
}

std::string_view name_of(Flag flag) {
  static constexpr std::string_view names[] = {"write",
                                               "readonly",
                                               "denyoom",
                                               "admin",
                                               "pubsub",
                                               "noscript",
                                               "blocking",
                                               "loading",
                                               "stale",
                                               "skip_monitor",
                                               "skip_slowlog",
                                               "asking",
                                               "fast",
                                               "no_auth",
                                               "may_replicate",
                                               "no_mandatory_keys",
                                               "no_async_loading",
                                               "no_multi",
                                               "movablekeys",
                                               "allow_busy",
                                               "",
                                               "",
                                               "",
                                               ""};
  return names[static_cast<std::size_t>(flag)];
}

std::string_view name_of(Category category) {
  static constexpr std::string_view names[] = {
      "keyspace", "read",   "write",       "set",       "sortedset",  "list",        "hash",
      "string",   "bitmap", "hyperloglog", "geo",       "stream",     "pubsub",      "admin",
      "fast",     "slow",   "blocking",    "dangerous", "connection", "transaction", "scripting"};
  return names[static_cast<std::size_t>(category)];
}

std::string_view name_of(Group group) {
  static constexpr std::string_view names[] = {
      "generic", "string",       "list",       "set",    "sorted-set", "hash",
      "pubsub",  "transactions", "connection", "server", "scripting",  "hyperloglog",
      "cluster", "geo",          "stream",     "bitmap", "respawn"};
  return names[static_cast<std::size_t>(group)];
}

std::string_view name_of(KeyFlag flag) {
  static constexpr std::string_view names[] = {
      "RO",     "RW",     "OW",      "RM",         "access",        "update",
      "insert", "delete", "not_key", "incomplete", "variable_flags"};
  return names[static_cast<std::size_t>(flag)];
}

}  // namespace respawn::engine
