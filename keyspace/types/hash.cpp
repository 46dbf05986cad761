#include "keyspace/types/hash.hpp"

#include <algorithm>
#include <limits>

#include "base/allocation.hpp"
#include "base/check.hpp"

namespace respawn::keyspace {
namespace {

/// A time as an element; 0 says that there is none.
class TimeText {
 public:
  explicit TimeText(std::int64_t at_ms)
      : end_(write_int(digits_.data(), at_ms == never ? 0 : at_ms)) {}

  TimeText(const TimeText&) = delete;
  TimeText& operator=(const TimeText&) = delete;

  [[nodiscard]] ElementForm form() const {
    return ElementForm({digits_.data(), static_cast<std::size_t>(end_ - digits_.data())});
  }

 private:
  Scratch digits_;
  char* end_;
};

std::int64_t time_at(const char* element) {
  const std::int64_t at_ms = Packed::integer(element).value_or(0);
  return at_ms == 0 ? never : at_ms;
}

}  // namespace

Hash::~Hash() {
  free_body();
}

void Hash::free_body() noexcept {
  switch (body_.tag()) {
    case table_tag:
      delete &table();
      break;
    case timed_tag:
      delete &timed();
      break;
    default:
      body_.borrow<Packed>()->clear();
  }
}

void Hash::become(unsigned tag, void* body) noexcept {
  free_body();
  body_.set(tag, body);
}

Encoding Hash::encoding() const {
  if (body_.tag() == table_tag) return Encoding::hashtable;
  return body_.tag() == timed_tag ? Encoding::listpackex : Encoding::listpack;
}

std::size_t Hash::size() const {
  if (body_.tag() == table_tag) return table().size();
  if (body_.tag() == timed_tag) return timed().packed.count() / 3;
  return body_.view<Packed>()->count() / 2;
}

std::size_t Hash::memory_bytes() const {
  const std::size_t own = allocated_bytes(sizeof(Hash));
  if (body_.tag() == table_tag) return own + table().memory_bytes();
  if (body_.tag() == timed_tag)
    return own + allocated_bytes(sizeof(Timed)) + timed().packed.memory_bytes();
  return own + body_.view<Packed>()->memory_bytes();
}

std::size_t Hash::free_slice(std::size_t budget) noexcept {
  if (body_.tag() == table_tag) return table().free_slice(budget);
  const std::size_t freed = size();
  become(pairs_tag, nullptr);
  return freed;
}

bool Hash::keep_for_cuts(std::unique_ptr<Disposable>& self, std::size_t objects) noexcept {
  return body_.tag() == table_tag && table().cuts().keep(self, objects);
}

// ---- packed ------------------------------------------------------------------------------------

const char* Hash::packed_begin() const {
  return body_.tag() == timed_tag ? timed().packed.begin() : body_.view<Packed>()->begin();
}

const char* Hash::packed_end() const {
  return body_.tag() == timed_tag ? timed().packed.end() : body_.view<Packed>()->end();
}

const char* Hash::packed_find(const MemberKey& field) const {
  return body_.tag() == timed_tag ? timed().packed.find(field.form(), 3)
                                  : body_.view<Packed>()->find(field.form(), 2);
}

HashField Hash::packed_field(const char* at, FieldScratch& scratch) const {
  HashField found;
  const char* value = Packed::next(at);
  found.field = Packed::text(at, scratch.field);
  found.value = Packed::text(value, scratch.value);
  if (body_.tag() == timed_tag) found.expire_at_ms = time_at(Packed::next(value));
  return found;
}

bool Hash::set_packed(const MemberKey& field, std::string_view value, std::int64_t expire_at_ms) {
  if (expire_at_ms != never && body_.tag() == pairs_tag) to_timed();
  const char* at = packed_find(field);
  const bool fresh = at == nullptr;
  const TimeText time(expire_at_ms);
  if (body_.tag() == pairs_tag) {
    auto packed = body_.borrow<Packed>();
    if (fresh)
      packed->append({field.form(), ElementForm(value)});
    else
      packed->replace(Packed::next(at), ElementForm(value));
    return fresh;
  }
  Packed& packed = timed().packed;
  if (fresh)
    packed.append({field.form(), ElementForm(value), time.form()});
  else
    packed.replace(Packed::next(at), 2, {ElementForm(value), time.form()});
  find_earliest();
  return fresh;
}

void Hash::find_earliest() noexcept {
  Timed& all = timed();
  all.earliest_ms = never;
  for (const char* at = all.packed.begin(); at != all.packed.end(); at = Packed::skip(at, 3))
    all.earliest_ms = std::min(all.earliest_ms, time_at(Packed::skip(at, 2)));
}

void Hash::to_timed() {
  auto fresh = std::make_unique<Timed>();
  const TimeText none(never);
  for_each([&](const HashField& each) {
    fresh->packed.append({ElementForm(each.field), ElementForm(each.value), none.form()});
  });
  become(timed_tag, fresh.release());
}

// ---- either ------------------------------------------------------------------------------------

FieldSchedule* Hash::schedule() const {
  if (body_.tag() == table_tag) return &table().schedule;
  return body_.tag() == timed_tag ? &timed().schedule : nullptr;
}

std::unique_ptr<FieldTable> Hash::to_table() const {
  auto fresh = std::make_unique<FieldTable>();
  for_each([&](const HashField& each) {
    fresh->set(MemberKey(each.field), each.value, each.expire_at_ms);
  });
  return fresh;
}

void Hash::expect(std::size_t fields, std::size_t longest_bytes, const HashLimits& limits) {
  if (body_.tag() == table_tag) return;
  if (fields > limits.max_listpack_entries || longest_bytes > limits.max_listpack_value_bytes)
    become_table();
}

void Hash::become_table() {
  auto fresh = to_table();
  if (const FieldSchedule* before = schedule()) fresh->schedule = *before;
  become(table_tag, fresh.release());
}

std::optional<HashField> Hash::find(const MemberKey& field, FieldScratch& scratch) const {
  if (body_.tag() == table_tag) return table().find(field);
  const char* at = packed_find(field);
  if (at == nullptr) return std::nullopt;
  return packed_field(at, scratch);
}

bool Hash::set(const MemberKey& field, std::string_view value, std::int64_t expire_at_ms,
               const HashLimits& limits) {
  expect(0, std::max(field.text().size(), value.size()), limits);
  if (body_.tag() != table_tag && size() >= limits.max_listpack_entries &&
      packed_find(field) == nullptr)
    become_table();
  if (body_.tag() == table_tag) return table().set(field, value, expire_at_ms);
  return set_packed(field, value, expire_at_ms);
}

bool Hash::erase(const MemberKey& field) noexcept {
  if (body_.tag() == table_tag) return table().erase(field);
  const char* at = packed_find(field);
  if (at == nullptr) return false;
  const std::size_t elements = stride();
  with_packed([&](Packed& packed) { packed.erase(at, elements); });
  if (body_.tag() == timed_tag) find_earliest();
  return true;
}

void Hash::set_expiry(const MemberKey& field, std::int64_t expire_at_ms) {
  if (body_.tag() == table_tag) {
    const auto found = table().find(field);
    RESPAWN_CHECK(found.has_value());
    table().set(field, found->value, expire_at_ms);
    return;
  }
  if (body_.tag() == pairs_tag) {
    if (expire_at_ms == never) return;
    to_timed();
  }
  const char* at = packed_find(field);
  RESPAWN_CHECK(at != nullptr);
  timed().packed.replace(Packed::skip(at, 2), TimeText(expire_at_ms).form());
  find_earliest();
}

std::int64_t Hash::earliest_expiry_ms() const {
  if (body_.tag() == table_tag) return table().earliest_expiry_ms();
  return body_.tag() == timed_tag ? timed().earliest_ms : never;
}

/// Requires expires().
HashField Hash::earliest(FieldScratch& scratch) const {
  if (body_.tag() == table_tag) return table().earliest();
  const char* at = packed_begin();
  while (time_at(Packed::skip(at, 2)) != timed().earliest_ms) at = Packed::skip(at, 3);
  return packed_field(at, scratch);
}

HashField Hash::random(Random& random, FieldScratch& scratch) const {
  RESPAWN_CHECK(!empty());
  if (body_.tag() == table_tag) return table().random(random);
  return packed_field(Packed::skip(packed_begin(), random.below(size()) * stride()), scratch);
}

std::unique_ptr<Hash> Hash::clone() const {
  auto copy = std::make_unique<Hash>();
  switch (body_.tag()) {
    case table_tag:
      copy->body_.set(table_tag, to_table().release());
      break;
    case timed_tag: {
      auto fresh = std::make_unique<Timed>();
      fresh->packed = timed().packed.clone();
      fresh->earliest_ms = timed().earliest_ms;
      copy->body_.set(timed_tag, fresh.release());
      break;
    }
    default:
      copy->body_.set(pairs_tag, body_.view<Packed>()->clone().release());
  }
  return copy;
}

Status Hash::check_invariants() const {
  if (body_.tag() == table_tag) return table().check_invariants();
  const Status packed = body_.tag() == timed_tag ? timed().packed.check_invariants()
                                                 : body_.view<Packed>()->check_invariants();
  if (!packed) return packed;
  FieldTable distinct;
  std::int64_t earliest_ms = never;
  for_each([&](const HashField& each) {
    distinct.set(MemberKey(each.field), each.value, never);
    earliest_ms = std::min(earliest_ms, each.expire_at_ms);
  });
  if (distinct.size() != size()) return failure("hash: a field is there twice");
  return earliest_ms == earliest_expiry_ms() ? success() : failure("hash: wrong earliest expiry");
}

}  // namespace respawn::keyspace
