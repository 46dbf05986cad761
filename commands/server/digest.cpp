#include "commands/server/digest.hpp"

#include <array>
#include <cstdint>
#include <cstdio>

#include "keyspace/types/hash.hpp"
#include "keyspace/types/set.hpp"
#include "keyspace/types/sorted_set.hpp"
#include "keyspace/types/stream.hpp"

namespace respawn::commands {

namespace {

/// Four bytes, the highest first.
void mix_number(Digest& digest, std::uint32_t number) {
  const std::array<char, 4> bytes = {static_cast<char>(number >> 24),
                                     static_cast<char>(number >> 16),
                                     static_cast<char>(number >> 8), static_cast<char>(number)};
  digest.mix({bytes.data(), bytes.size()});
}

}  // namespace

void Digest::add(std::string_view text) {
  const Sha1Digest other = sha1(text);
  for (std::size_t i = 0; i < bytes_.size(); ++i) bytes_[i] ^= other[i];
}

void Digest::mix(std::string_view text) {
  add(text);
  bytes_ = sha1({reinterpret_cast<const char*>(bytes_.data()), bytes_.size()});
}

void Digest::combine(const Digest& other) {
  add({reinterpret_cast<const char*>(other.bytes_.data()), other.bytes_.size()});
}

namespace {

/// Scores with 17 digits; the order of elements does not matter.
void mix_sorted_set(Digest& digest, const keyspace::SortedSet& set) {
  for (auto walk = set.walk(); walk.valid(); walk.next()) {
    std::array<char, 40> score;
    const int length = std::snprintf(score.data(), score.size(), "%.17g", walk.score());
    Digest element;
    element.mix(walk.member());
    element.mix({score.data(), static_cast<std::size_t>(length)});
    digest.combine(element);
  }
}

/// Nor does the order of fields.
void mix_hash(Digest& digest, const keyspace::Hash& hash) {
  hash.for_each([&](const keyspace::HashField& each) {
    Digest field;
    field.mix(each.field);
    field.mix(each.value);
    digest.combine(field);
  });
}

/// Redis counts modules in between.
std::uint32_t number_of(keyspace::Type type) {
  constexpr std::uint32_t stream_number = 6;
  return type == keyspace::Type::stream ? stream_number : static_cast<std::uint32_t>(type);
}

/// Entries in their order, IDs with a point.
void mix_stream(Digest& digest, const keyspace::Stream& stream) {
  for (auto walk = stream.walk({}, keyspace::last_stream_id); walk.valid(); walk.next()) {
    std::string id = std::to_string(walk.id().ms);
    id += '.';
    id += std::to_string(walk.id().seq);
    digest.mix(id);
    walk.entry().for_each_field([&](std::string_view name, std::string_view value) {
      digest.mix(name);
      digest.mix(value);
    });
  }
}

}  // namespace

void mix_value(Digest& digest, const keyspace::Entry& entry) {
  mix_number(digest, number_of(entry.type()));
  if (entry.type() == keyspace::Type::string) {
    keyspace::Scratch scratch;
    digest.mix(entry.bytes(scratch));
  } else if (entry.type() == keyspace::Type::sorted_set) {
    mix_sorted_set(digest, entry.object<keyspace::SortedSet>());
  } else if (entry.type() == keyspace::Type::set) {
    entry.object<keyspace::Set>().for_each([&](std::string_view member) { digest.add(member); });
  } else if (entry.type() == keyspace::Type::hash) {
    mix_hash(digest, entry.object<keyspace::Hash>());
  } else if (entry.type() == keyspace::Type::stream) {
    mix_stream(digest, entry.object<keyspace::Stream>());
  } else {
    const auto& list = entry.object<keyspace::List>();
    list.for_range(0, list.size(), [&](std::string_view element) { digest.mix(element); });
  }
  if (entry.has_expiry()) digest.add("!!expire!!");
}

Digest digest_of(const keyspace::Databases& databases) {
  Digest all;
  for (std::size_t i = 0; i < databases.count(); ++i) {
    const keyspace::Database& db = databases.at(i);
    if (db.empty()) continue;
    mix_number(all, static_cast<std::uint32_t>(i));
    db.for_each([&](const keyspace::Entry& entry) {
      Digest one;
      one.mix(entry.key());
      mix_value(one, entry);
      all.combine(one);
    });
  }
  return all;
}

}  // namespace respawn::commands
