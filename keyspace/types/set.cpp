#include "keyspace/types/set.hpp"

#include <algorithm>
#include <limits>

#include "base/allocation.hpp"
#include "base/check.hpp"

namespace respawn::keyspace {
namespace {

std::size_t digits_of(std::int64_t integer) {
  Scratch scratch;
  return static_cast<std::size_t>(write_int(scratch.data(), integer) - scratch.data());
}

/// Redis stops here, whatever the configuration says.
constexpr std::size_t intset_entries_limit = std::size_t{1} << 30;

}  // namespace

Set::Set(Encoding encoding) {
  if (encoding == Encoding::hashtable)
    body_.set(table_tag, new MemberTable);
  else
    body_.set(encoding == Encoding::listpack ? packed_tag : integers_tag, nullptr);
}

std::unique_ptr<Set> Set::make_for(std::string_view first, std::size_t expected,
                                   const SetLimits& limits) {
  const bool integer = MemberKey(first).integer().has_value();
  if (integer && expected <= limits.max_intset_entries)
    return std::make_unique<Set>(Encoding::intset);
  return std::make_unique<Set>(expected <= limits.max_listpack_entries ? Encoding::listpack
                                                                       : Encoding::hashtable);
}

Set::~Set() {
  free_body();
}

void Set::free_body() noexcept {
  switch (body_.tag()) {
    case table_tag:
      delete &table();
      break;
    case packed_tag:
      body_.borrow<Packed>()->clear();
      break;
    default:
      body_.borrow<IntArray>()->clear();
  }
}

void Set::become(unsigned tag, void* body) noexcept {
  free_body();
  body_.set(tag, body);
}

Encoding Set::encoding() const {
  if (body_.tag() == table_tag) return Encoding::hashtable;
  return body_.tag() == packed_tag ? Encoding::listpack : Encoding::intset;
}

std::size_t Set::size() const {
  if (body_.tag() == table_tag) return table().size();
  return body_.tag() == packed_tag ? body_.view<Packed>()->count() : body_.view<IntArray>()->size();
}

std::size_t Set::memory_bytes() const {
  const std::size_t own = allocated_bytes(sizeof(Set));
  if (body_.tag() == table_tag) return own + table().memory_bytes();
  return own + (body_.tag() == packed_tag ? body_.view<Packed>()->memory_bytes()
                                          : body_.view<IntArray>()->memory_bytes());
}

std::size_t Set::integer_width() const {
  return body_.view<IntArray>()->width();
}

std::size_t Set::free_slice(std::size_t budget) noexcept {
  if (body_.tag() == table_tag) return table().free_slice(budget);
  const std::size_t freed = size();
  become(integers_tag, nullptr);
  return freed;
}

bool Set::keep_for_cuts(std::unique_ptr<Disposable>& self, std::size_t objects) noexcept {
  return body_.tag() == table_tag && table().cuts().keep(self, objects);
}

std::unique_ptr<MemberTable> Set::to_table() const {
  auto fresh = std::make_unique<MemberTable>();
  for_each([&](std::string_view member) { fresh->add(MemberKey(member)); });
  return fresh;
}

void Set::expect(std::size_t expected, const SetLimits& limits) {
  if (body_.tag() == table_tag) return;
  const std::size_t most =
      body_.tag() == packed_tag ? limits.max_listpack_entries : limits.max_intset_entries;
  if (expected > most) become(table_tag, to_table().release());
}

bool Set::add(const MemberKey& member, const SetLimits& limits) {
  if (body_.tag() == table_tag) {
    if (table().contains(member)) return false;
    table().add(member);
    return true;
  }
  if (body_.tag() == integers_tag && member.integer())
    return add_integer(*member.integer(), limits);
  return add_packed(member, limits);
}

bool Set::add_integer(std::int64_t integer, const SetLimits& limits) {
  const std::size_t most = std::min(limits.max_intset_entries, intset_entries_limit);
  if (size() >= most && !body_.view<IntArray>()->contains(integer)) {
    auto fresh = to_table();
    Scratch scratch;
    fresh->add(MemberKey(written(integer, scratch)));
    become(table_tag, fresh.release());
    return true;
  }
  return body_.borrow<IntArray>()->add(integer);
}

/// Whether all members and the next one may be packed.
bool Set::packs(const MemberKey& next, const SetLimits& limits) const {
  if (size() >= limits.max_listpack_entries) return false;
  if (next.text().size() > limits.max_listpack_value_bytes) return false;
  if (body_.tag() == packed_tag || empty()) return true;
  const auto integers = body_.view<IntArray>();
  return std::max(digits_of(integers->at(0)), digits_of(integers->at(integers->size() - 1))) <=
         limits.max_listpack_value_bytes;
}

/// To a listpack, or to an intset that a text ends.
bool Set::add_packed(const MemberKey& member, const SetLimits& limits) {
  if (contains(member)) return false;
  if (!packs(member, limits)) {
    auto fresh = to_table();
    fresh->add(member);
    become(table_tag, fresh.release());
    return true;
  }
  if (body_.tag() == packed_tag) {
    body_.borrow<Packed>()->append(member.form());
    return true;
  }
  Packed packed;
  for_each([&](std::string_view each) { packed.append(ElementForm(each)); });
  packed.append(member.form());
  become(packed_tag, packed.release());
  return true;
}

bool Set::erase(const MemberKey& member) noexcept {
  if (body_.tag() == table_tag) return table().erase(member);
  if (body_.tag() == integers_tag)
    return member.integer() && body_.borrow<IntArray>()->erase(*member.integer());
  auto packed = body_.borrow<Packed>();
  const char* at = packed->find(member.form());
  if (at == nullptr) return false;
  packed->erase(at);
  return true;
}

bool Set::contains(const MemberKey& member) const {
  if (body_.tag() == table_tag) return table().contains(member);
  if (body_.tag() == packed_tag) return body_.view<Packed>()->find(member.form()) != nullptr;
  return member.integer() && body_.view<IntArray>()->contains(*member.integer());
}

std::string_view Set::random(Random& random, Scratch& scratch) const {
  RESPAWN_CHECK(!empty());
  if (body_.tag() == table_tag) return table().random(random, scratch);
  const std::size_t index = random.below(size());
  if (body_.tag() == integers_tag) return written(body_.view<IntArray>()->at(index), scratch);
  const auto packed = body_.view<Packed>();
  return Packed::text(packed->at(index), scratch);
}

void Set::to_intset(const SetLimits& limits) {
  if (body_.tag() == integers_tag) return;
  if (size() > std::min(limits.max_intset_entries, intset_entries_limit)) return;
  IntArray integers;
  bool all = true;
  for_each([&](std::string_view text) {
    const MemberKey member(text);
    if (all && member.integer())
      integers.add(*member.integer());
    else
      all = false;
  });
  if (!all) return;
  // It is for results, which nobody has seen.
  RESPAWN_CHECK(body_.tag() != table_tag || table().cuts().empty());
  become(integers_tag, integers.release());
}

std::unique_ptr<Set> Set::clone() const {
  auto copy = std::make_unique<Set>(Encoding::intset);
  switch (body_.tag()) {
    case table_tag:
      copy->body_.set(table_tag, to_table().release());
      break;
    case packed_tag:
      copy->body_.set(packed_tag, body_.view<Packed>()->clone().release());
      break;
    default:
      copy->body_.set(integers_tag, body_.view<IntArray>()->clone().release());
  }
  return copy;
}

Status Set::check_invariants() const {
  if (body_.tag() == table_tag) return table().check_invariants();
  if (body_.tag() == integers_tag) return body_.view<IntArray>()->check_invariants();
  if (Status status = body_.view<Packed>()->check_invariants(); !status) return status;
  MemberTable distinct;
  for_each([&](std::string_view text) {
    if (const MemberKey member(text); !distinct.contains(member)) distinct.add(member);
  });
  return distinct.size() == size() ? success() : failure("set: a member is there twice");
}

}  // namespace respawn::keyspace
