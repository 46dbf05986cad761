#include "persistence/snapshot/cut_encoder.hpp"

#include <string>
#include <utility>
#include <vector>

#include "base/numbers.hpp"
#include "persistence/append_log/command_pieces.hpp"
#include "persistence/append_log/stream_commands.hpp"
#include "persistence/element_writer.hpp"
#include "persistence/list_encoder.hpp"
#include "persistence/stream_encoder.hpp"

namespace respawn::persistence {

namespace {

using keyspace::HashCut;
using keyspace::HashField;
using keyspace::List;
using keyspace::never;
using keyspace::ScoredText;
using keyspace::SetCut;
using keyspace::SortedSetCut;
using keyspace::Stream;
using keyspace::StringCut;

/// Pages that are written in one slice.
constexpr int slice_pages = 8;

Slices write_string(ByteSink& to, StringCut& cut) {
  while (!cut.done()) {
    for (int page = 0; page < slice_pages && !cut.done(); ++page) to.write(cut.next());
    co_await end_of_slice;
  }
}

// ---- RDB ----------------------------------------------------------------------------------------

Slices write_hash(RdbWriter& to, HashCut& cut, std::size_t elements) {
  to.length(cut.size());
  const auto write = [&](const HashField& each) { write_field(to, each); };
  while (cut.step(elements, write)) co_await end_of_slice;
}

Slices write_expiring_hash(RdbWriter& to, HashCut& cut, std::size_t elements) {
  const std::int64_t earliest_ms = cut.earliest_expiry_ms();
  to.milliseconds(earliest_ms);
  to.length(cut.size());
  const auto write = [&](const HashField& each) { write_expiring_field(to, each, earliest_ms); };
  while (cut.step(elements, write)) co_await end_of_slice;
}

Slices write_set(RdbWriter& to, SetCut& cut, std::size_t elements) {
  to.length(cut.size());
  const auto write = [&](std::string_view member) { to.string(member); };
  while (cut.step(elements, write)) co_await end_of_slice;
}

Slices write_sorted_set(RdbWriter& to, SortedSetCut& cut, std::size_t elements) {
  to.length(cut.size());
  const auto write = [&](const ScoredText& each) { write_scored(to, each); };
  while (cut.step(elements, write)) co_await end_of_slice;
}

// ---- Commands -----------------------------------------------------------------------------------

std::string bulk_head(std::size_t bytes) {
  return "$" + std::to_string(bytes) + "\r\n";
}

Slices string_commands(ByteSink& to, EntryCut& cut) {
  auto& string = std::get<StringCut>(cut.value());
  to.write("*3\r\n$3\r\nSET\r\n" + bulk_head(cut.key().size()) + cut.key() + "\r\n" +
           bulk_head(string.size()));
  for (Slices text = write_string(to, string); text.next();) co_await end_of_slice;
  to.write("\r\n");
}

/// A field's expiry comes behind the field.
Slices hash_commands(EntryCut& cut, const CommandTaker& take) {
  auto& hash = std::get<HashCut>(cut.value());
  CommandPieces pieces("HMSET", cut.key(), take);
  std::vector<std::pair<std::string, std::int64_t>> expiring;
  bool more = true;
  while (more) {
    more = hash.step(cut.slice_elements(), [&](const HashField& each) {
      pieces.add({each.field, each.value});
      if (each.expire_at_ms != never) expiring.emplace_back(each.field, each.expire_at_ms);
    });
    if (!expiring.empty()) pieces.flush();
    for (const auto& [field, at_ms] : expiring) expire_field(cut.key(), field, at_ms, take);
    expiring.clear();
    if (more) co_await end_of_slice;
  }
  pieces.flush();
}

Slices set_commands(EntryCut& cut, const CommandTaker& take) {
  auto& set = std::get<SetCut>(cut.value());
  CommandPieces pieces("SADD", cut.key(), take);
  const auto add = [&](std::string_view member) { pieces.add({member}); };
  while (set.step(cut.slice_elements(), add)) co_await end_of_slice;
  pieces.flush();
}

Slices sorted_set_commands(EntryCut& cut, const CommandTaker& take) {
  auto& set = std::get<SortedSetCut>(cut.value());
  CommandPieces pieces("ZADD", cut.key(), take);
  const auto add = [&](const ScoredText& each) {
    pieces.add({format_double(each.score), each.member});
  };
  while (set.step(cut.slice_elements(), add)) co_await end_of_slice;
  pieces.flush();
}

Slices list_commands(EntryCut& cut, const CommandTaker& take) {
  CommandPieces pieces("RPUSH", cut.key(), take);
  std::size_t added = 0;
  for (auto walk = std::get<std::unique_ptr<List>>(cut.value())->walk(); walk.valid();
       walk.next()) {
    pieces.add({walk.value()});
    if (++added % cut.slice_elements() == 0) co_await end_of_slice;
  }
  pieces.flush();
}

Slices value_commands(ByteSink& to, EntryCut& cut, const CommandTaker& take) {
  if (std::holds_alternative<StringCut>(cut.value())) return string_commands(to, cut);
  if (std::holds_alternative<HashCut>(cut.value())) return hash_commands(cut, take);
  if (std::holds_alternative<SetCut>(cut.value())) return set_commands(cut, take);
  if (std::holds_alternative<SortedSetCut>(cut.value())) return sorted_set_commands(cut, take);
  if (std::holds_alternative<std::unique_ptr<List>>(cut.value())) return list_commands(cut, take);
  return stream_commands(cut.key(), *std::get<std::unique_ptr<Stream>>(cut.value()), take);
}

}  // namespace

Slices write_value(RdbWriter& to, EntryCut& cut) {
  const std::size_t elements = cut.slice_elements();
  EntryCut::Value& value = cut.value();
  if (auto* string = std::get_if<StringCut>(&value)) {
    to.length(string->size());
    return write_string(to.sink(), *string);
  }
  if (auto* hash = std::get_if<HashCut>(&value))
    return cut.type() == RdbType::hash_expiring ? write_expiring_hash(to, *hash, elements)
                                                : write_hash(to, *hash, elements);
  if (auto* set = std::get_if<SetCut>(&value)) return write_set(to, *set, elements);
  if (auto* set = std::get_if<SortedSetCut>(&value)) return write_sorted_set(to, *set, elements);
  if (auto* list = std::get_if<std::unique_ptr<List>>(&value))
    return write_list_in_slices(to, **list);
  return write_stream(to, *std::get<std::unique_ptr<Stream>>(value));
}

Slices write_commands(ByteSink& to, EntryCut& cut, const CommandTaker& take) {
  for (Slices value = value_commands(to, cut, take); value.next();) co_await end_of_slice;
  if (cut.expire_at_ms() != never) expire_key(cut.key(), cut.expire_at_ms(), take);
}

}  // namespace respawn::persistence
