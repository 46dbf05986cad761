#include "persistence/collection_builder.hpp"

#include <limits>
#include <string>

#include "base/numbers.hpp"
#include "persistence/rdb_format.hpp"

namespace respawn::persistence {

namespace {

using keyspace::Hash;
using keyspace::MemberKey;
using keyspace::Object;
using keyspace::Set;
using keyspace::SortedSet;

/// The collection, if it is whole; it may be empty.
template <class Collection>
std::unique_ptr<Object> checked(std::unique_ptr<Collection> built, bool good) {
  if (!good) return nullptr;
  return built;
}

/// The expiry that a field's third element says; none when it says nothing possible.
std::optional<std::int64_t> to_expiry_ms(std::string_view text) {
  const auto at_ms = parse_int64(text);
  if (!at_ms || *at_ms < 0 || *at_ms > field_expiry_max_ms) return std::nullopt;
  return *at_ms == 0 ? keyspace::never : *at_ms;
}

}  // namespace

std::unique_ptr<Object> build_set(ElementReader& members, const keyspace::SetLimits& limits) {
  auto set = std::make_unique<Set>(keyspace::Encoding::listpack);
  while (const auto member = members.next())
    if (!set->add(*member, limits)) return nullptr;
  return checked(std::move(set), members.complete());
}

std::unique_ptr<Object> build_hash(ElementReader& elements, const keyspace::HashLimits& limits) {
  auto hash = std::make_unique<Hash>();
  while (const auto next = elements.next()) {
    const std::string field(*next);
    const auto value = elements.next();
    if (!value || !hash->set(MemberKey(field), *value, keyspace::never, limits)) return nullptr;
  }
  return checked(std::move(hash), elements.complete());
}

std::unique_ptr<Object> build_expiring_hash(ElementReader& elements,
                                            const keyspace::HashLimits& limits) {
  auto hash = std::make_unique<Hash>();
  while (const auto next = elements.next()) {
    const std::string field(*next);
    const auto next_value = elements.next();
    if (!next_value) return nullptr;
    const std::string value(*next_value);
    const auto time = elements.next();
    const auto expire_at_ms = time ? to_expiry_ms(*time) : std::nullopt;
    if (!expire_at_ms || !hash->set(MemberKey(field), value, *expire_at_ms, limits)) return nullptr;
  }
  return checked(std::move(hash), elements.complete());
}

std::unique_ptr<Object> build_sorted_set(ElementReader& elements,
                                         const keyspace::SortedSetLimits& limits) {
  auto set = std::make_unique<SortedSet>();
  while (const auto next = elements.next()) {
    const std::string member(*next);
    const auto text = elements.next();
    const auto score = text ? parse_double(*text) : std::nullopt;
    if (!score || !set->set(member, *score, limits)) return nullptr;
  }
  return checked(std::move(set), elements.complete());
}

std::unique_ptr<Object> build_intset(std::string_view bytes, const keyspace::SetLimits& limits) {
  ByteCursor at(bytes);
  const auto width = at.little_endian(4);
  const auto count = at.little_endian(4);
  if (!count || (*width != 2 && *width != 4 && *width != 8) || at.left() != *count * *width)
    return nullptr;
  auto set = std::make_unique<Set>();
  set->expect(*count, limits);
  IntegerText text;
  std::optional<std::int64_t> last;
  while (at.left() > 0) {
    const std::int64_t value = at.signed_number(*width).value();
    if (last && value <= *last) return nullptr;
    last = value;
    set->add(text.of(value), limits);
  }
  return checked(std::move(set), true);
}

}  // namespace respawn::persistence
