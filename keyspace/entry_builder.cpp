#include "keyspace/entry_builder.hpp"

#include <algorithm>
#include <cstring>
#include <new>

#include "base/allocation.hpp"

namespace respawn::keyspace {
namespace {

constexpr std::size_t compact_max_bytes = 127;

std::size_t length_bytes(std::size_t length) {
  std::size_t bytes = 1;
  for (; length >= 0x80; length >>= 7) ++bytes;
  return bytes;
}

char* write_length(char* at, std::size_t length) {
  for (; length >= 0x80; length >>= 7) *at++ = static_cast<char>(length | 0x80);
  *at++ = static_cast<char>(length);
  return at;
}

/// Small entries are asked for in whole size classes, so that a value may grow within one.
std::size_t rounded(std::size_t bytes) {
  return bytes <= 128 ? allocated_bytes(std::max<std::size_t>(bytes, 16)) : bytes;
}

std::size_t doubled(std::size_t bytes) {
  constexpr std::size_t extra_max = std::size_t{1} << 20;
  return bytes + std::min(bytes, extra_max);
}

}  // namespace

/// What an entry is going to look like.
struct EntryBuilder::Plan {
  std::string_view key;
  Entry::Form form = Entry::Form::embedded;
  Type type = Type::string;
  std::size_t text_bytes = 0;  // of an embedded text
  std::int64_t expire_at_ms = never;

  [[nodiscard]] bool embedded() const {
    return form == Entry::Form::embedded || form == Entry::Form::embedded_raw;
  }

  [[nodiscard]] std::size_t compact_bytes() const { return 5 + key.size() + text_bytes; }

  [[nodiscard]] bool compact() const {
    return form == Entry::Form::embedded && expire_at_ms == never &&
           compact_bytes() <= compact_max_bytes;
  }

  [[nodiscard]] std::size_t bytes() const {
    if (compact()) return compact_bytes();
    const std::size_t head =
        sizeof(Entry) + (expire_at_ms != never ? 8 : 0) + length_bytes(key.size()) + key.size();
    return head + (embedded() ? length_bytes(text_bytes) + text_bytes : 8);
  }
};

/// Header, expiry, key and an embedded text's length are written; a payload is not.
Entry* EntryBuilder::allocate(const Plan& plan) {
  auto* entry = new (::operator new(rounded(plan.bytes()))) Entry;
  if (plan.compact()) {
    entry->shape_ = static_cast<std::uint8_t>(Entry::compact_bit | plan.compact_bytes());
    entry->base()[4] = static_cast<char>(plan.key.size());
    std::copy(plan.key.begin(), plan.key.end(), entry->base() + 5);
    return entry;
  }
  const unsigned expiry = plan.expire_at_ms != never ? Entry::expiry_bit : 0U;
  entry->shape_ = static_cast<std::uint8_t>(static_cast<unsigned>(plan.form) << 4 | expiry |
                                            static_cast<unsigned>(plan.type));
  if (entry->has_expiry()) set_expiry(*entry, plan.expire_at_ms);
  char* at = entry->base() + entry->payload_offset() + (plan.embedded() ? 0 : 8);
  at = write_length(at, plan.key.size());
  at = std::copy(plan.key.begin(), plan.key.end(), at);
  if (plan.embedded()) write_length(at, plan.text_bytes);
  return entry;
}

Entry* EntryBuilder::make_text(std::string_view key, std::string_view start, std::size_t length,
                               TextKind kind, std::int64_t expire_at_ms) {
  Plan plan{.key = key, .text_bytes = length, .expire_at_ms = expire_at_ms};
  if (kind == TextKind::changed) plan.form = Entry::Form::embedded_raw;
  if (length <= embedded_max_bytes) {
    Entry* entry = allocate(plan);
    std::copy(start.begin(), start.end(), text(*entry));
    return entry;
  }
  BlockPtr block = SharedBlock::create(kind == TextKind::changed ? doubled(length) : length);
  std::copy(start.begin(), start.end(), block->data());
  block->resize(length);
  return make_block(key, block, expire_at_ms);
}

Entry* EntryBuilder::make_block(std::string_view key, BlockPtr& block, std::int64_t expire_at_ms) {
  RESPAWN_CHECK(block && block->size() > embedded_max_bytes);
  Entry* entry = allocate({.key = key, .form = Entry::Form::block, .expire_at_ms = expire_at_ms});
  set_block(*entry, std::move(block));
  return entry;
}

/// Whatever stood there is not let go of.
void EntryBuilder::set_block(Entry& entry, BlockPtr block) noexcept {
  SharedBlock* const held = block.release();
  std::memcpy(entry.base() + entry.payload_offset(), &held, sizeof held);
}

Entry* EntryBuilder::make_integer(std::string_view key, std::int64_t value,
                                  std::int64_t expire_at_ms) {
  Entry* entry = allocate({.key = key, .form = Entry::Form::integer, .expire_at_ms = expire_at_ms});
  set_integer(*entry, value);
  return entry;
}

Entry* EntryBuilder::make_object(std::string_view key, std::unique_ptr<Object>& object,
                                 std::int64_t expire_at_ms) {
  RESPAWN_CHECK(object != nullptr);
  Entry* entry = allocate({.key = key,
                           .form = Entry::Form::object,
                           .type = object->type(),
                           .expire_at_ms = expire_at_ms});
  Object* released = object.release();
  std::memcpy(entry->base() + entry->payload_offset(), &released, sizeof released);
  return entry;
}

Entry* EntryBuilder::reshape(const Entry& old, std::string_view key, std::int64_t expire_at_ms) {
  Plan plan{.key = key, .form = old.form(), .type = old.type(), .expire_at_ms = expire_at_ms};
  if (plan.embedded()) plan.text_bytes = old.embedded_text().length;
  Entry* entry = allocate(plan);
  if (plan.embedded())
    std::memcpy(text(*entry), old.base() + old.embedded_text().offset, plan.text_bytes);
  else
    std::memcpy(entry->base() + entry->payload_offset(), old.base() + old.payload_offset(), 8);
  entry->set_access_clock(old.access_clock());
  return entry;
}

Entry* EntryBuilder::with_expiry(const Entry& old, std::int64_t expire_at_ms) {
  return reshape(old, old.key(), expire_at_ms);
}

Entry* EntryBuilder::with_key(const Entry& old, std::string_view key) {
  return reshape(old, key, old.expire_at_ms());
}

std::unique_ptr<Object> EntryBuilder::destroy(Entry* entry) noexcept {
  std::unique_ptr<Object> object;
  if (entry->form() == Entry::Form::block) static_cast<void>(BlockPtr::adopt(&entry->block()));
  if (entry->form() == Entry::Form::object) object.reset(entry->object_pointer());
  free_shell(entry);
  return object;
}

void EntryBuilder::free_shell(Entry* entry) noexcept {
  ::operator delete(entry, rounded(shell_bytes(*entry)));
}

bool EntryBuilder::can_rewrite(const Entry& entry, std::size_t length) {
  if (entry.form() == Entry::Form::block) {
    const std::size_t capacity = entry.block().capacity();
    return length > embedded_max_bytes && length <= capacity && length >= capacity / 2 &&
           entry.block().unique();
  }
  if (entry.form() != Entry::Form::embedded || length > embedded_max_bytes) return false;
  const Plan plan{.key = entry.key(), .text_bytes = length, .expire_at_ms = entry.expire_at_ms()};
  return plan.compact() == entry.is_compact() &&
         rounded(plan.bytes()) == rounded(shell_bytes(entry));
}

void EntryBuilder::rewrite_text(Entry& entry, std::string_view bytes) noexcept {
  if (entry.form() == Entry::Form::block) {
    std::memmove(entry.block().data(), bytes.data(), bytes.size());
    entry.block().resize(bytes.size());
    return;
  }
  const Entry::Text key = entry.key_text();
  const std::size_t key_end = key.offset + key.length;
  char* at = entry.base() + key_end;
  if (entry.is_compact())
    entry.shape_ = static_cast<std::uint8_t>(Entry::compact_bit | (key_end + bytes.size()));
  else
    at = write_length(at, bytes.size());
  std::memmove(at, bytes.data(), bytes.size());
}

bool EntryBuilder::resize_text(Entry& entry, std::size_t length, std::uint32_t cuts) {
  if (entry.form() == Entry::Form::block) {
    if (length > entry.block().capacity() || !entry.block().held_by(1 + cuts)) {
      BlockPtr fresh = SharedBlock::create(doubled(length));
      const std::string_view text = entry.block().view();
      std::copy_n(text.data(), std::min(text.size(), length), fresh->data());
      static_cast<void>(BlockPtr::adopt(&entry.block()));
      set_block(entry, std::move(fresh));
    }
    entry.block().resize(length);
    return true;
  }
  if (entry.form() != Entry::Form::embedded_raw || length > embedded_max_bytes) return false;
  const Entry::Text text_now = entry.embedded_text();
  const std::size_t old_bytes = text_now.offset + text_now.length;
  const std::size_t new_bytes = text_now.offset + length;
  if (length_bytes(length) != length_bytes(text_now.length) ||
      rounded(new_bytes) != rounded(old_bytes))
    return false;
  write_length(entry.base() + text_now.offset - length_bytes(length), length);
  return true;
}

void EntryBuilder::set_integer(Entry& entry, std::int64_t value) noexcept {
  std::memcpy(entry.base() + entry.payload_offset(), &value, sizeof value);
}

void EntryBuilder::set_expiry(Entry& entry, std::int64_t expire_at_ms) noexcept {
  std::memcpy(entry.base() + Entry::expiry_offset, &expire_at_ms, sizeof expire_at_ms);
}

char* EntryBuilder::text(Entry& entry) {
  if (entry.form() == Entry::Form::block) return entry.block().data();
  RESPAWN_CHECK(entry.form() == Entry::Form::embedded || entry.form() == Entry::Form::embedded_raw);
  return entry.base() + entry.embedded_text().offset;
}

std::size_t EntryBuilder::shell_bytes(const Entry& entry) {
  if (entry.is_compact()) return entry.shape_ & 0x7fU;
  const bool embedded = entry.form() <= Entry::Form::embedded_raw;
  const Entry::Text end = embedded ? entry.embedded_text() : entry.key_text();
  return end.offset + end.length;
}

}  // namespace respawn::keyspace
