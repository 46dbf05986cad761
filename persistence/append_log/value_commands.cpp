#include "persistence/append_log/value_commands.hpp"

#include <deque>
#include <initializer_list>
#include <string>
#include <vector>

#include "base/numbers.hpp"
#include "keyspace/types/hash.hpp"
#include "keyspace/types/list.hpp"
#include "keyspace/types/set.hpp"
#include "keyspace/types/sorted_set.hpp"
#include "persistence/append_log/stream_commands.hpp"

namespace respawn::persistence {

namespace {

using keyspace::Entry;

/// Commands with some elements each. What walks over a value returns lives only until its next
/// step, so words are copied.
class Pieces {
 public:
  Pieces(std::string_view command, std::string_view key, const CommandTaker& take)
      : head_{command, key}, take_(take) {}

  void add(std::initializer_list<std::string_view> words) {
    for (const std::string_view word : words) words_.emplace_back(word);
    if (++elements_ == elements_per_command) flush();
  }

  void flush() {
    if (elements_ == 0) return;
    std::vector<std::string_view> views(head_);
    views.insert(views.end(), words_.begin(), words_.end());
    take_(views);
    words_.clear();
    elements_ = 0;
  }

 private:
  std::vector<std::string_view> head_;
  const CommandTaker& take_;
  std::deque<std::string> words_;
  std::size_t elements_ = 0;
};

void string_commands(const Entry& entry, const CommandTaker& take) {
  keyspace::Scratch scratch;
  const std::string_view words[] = {"SET", entry.key(), entry.bytes(scratch)};
  take(words);
}

void list_commands(const Entry& entry, const CommandTaker& take) {
  Pieces pieces("RPUSH", entry.key(), take);
  for (auto walk = entry.object<keyspace::List>().walk(); walk.valid(); walk.next())
    pieces.add({walk.value()});
  pieces.flush();
}

void set_commands(const Entry& entry, const CommandTaker& take) {
  Pieces pieces("SADD", entry.key(), take);
  entry.object<keyspace::Set>().for_each([&](std::string_view member) { pieces.add({member}); });
  pieces.flush();
}

void sorted_set_commands(const Entry& entry, const CommandTaker& take) {
  Pieces pieces("ZADD", entry.key(), take);
  for (auto walk = entry.object<keyspace::SortedSet>().walk(); walk.valid(); walk.next())
    pieces.add({format_double(walk.score()), walk.member()});
  pieces.flush();
}

void hash_commands(const Entry& entry, const CommandTaker& take) {
  const auto& hash = entry.object<keyspace::Hash>();
  Pieces pieces("HMSET", entry.key(), take);
  hash.for_each([&](const keyspace::HashField& field) { pieces.add({field.field, field.value}); });
  pieces.flush();
  hash.for_each([&](const keyspace::HashField& field) {
    if (field.expire_at_ms == keyspace::never) return;
    const std::string end_ms = format_int(field.expire_at_ms);
    const std::string_view words[] = {"HPEXPIREAT", entry.key(), end_ms,
                                      "FIELDS",     "1",         field.field};
    take(words);
  });
}

}  // namespace

void commands_of(const Entry& entry, const CommandTaker& take) {
  switch (entry.type()) {
    case keyspace::Type::string:
      string_commands(entry, take);
      break;
    case keyspace::Type::list:
      list_commands(entry, take);
      break;
    case keyspace::Type::set:
      set_commands(entry, take);
      break;
    case keyspace::Type::sorted_set:
      sorted_set_commands(entry, take);
      break;
    case keyspace::Type::hash:
      hash_commands(entry, take);
      break;
    case keyspace::Type::stream:
      stream_commands(entry, take);
      break;
  }
  if (!entry.has_expiry()) return;
  const std::string end_ms = format_int(entry.expire_at_ms());
  const std::string_view words[] = {"PEXPIREAT", entry.key(), end_ms};
  take(words);
}

}  // namespace respawn::persistence
