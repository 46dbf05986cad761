#include "keyspace/types/member_table.hpp"

#include <new>

#include "base/allocation.hpp"
#include "base/bring_near.hpp"
#include "keyspace/types/dict_cut.hpp"
#include "keyspace/types/short_length.hpp"

namespace respawn::keyspace {
namespace {

/// The dict keeps 48 bits of a pointer; the lowest one says that the others are an integer.
constexpr unsigned unused_bits = 16;
constexpr std::int64_t integer_limit = std::int64_t{1} << 46;

bool is_integer(const void* member) {
  return (reinterpret_cast<std::uintptr_t>(member) & 1) != 0;
}

std::int64_t integer_of(const void* member) {
  const auto bits = static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(member));
  return static_cast<std::int64_t>(bits << unused_bits) >> (unused_bits + 1);
}

void* pointer_of(std::int64_t integer) {
  const auto bits = (static_cast<std::uint64_t>(integer) << 1 | 1) << unused_bits >> unused_bits;
  return reinterpret_cast<void*>(static_cast<std::uintptr_t>(bits));
}

/// Bits 1 and 2 of the pointer to a text without a length: how many times 16 bytes it has. They are
/// free because allocations of 8 bytes and more are aligned to 8 at least.
constexpr std::uintptr_t exact_mask = 6;
constexpr std::size_t exact_step = 16;
constexpr std::size_t exact_max = 48;

bool is_exact(std::size_t length) {
  return length > 0 && length <= exact_max && length % exact_step == 0;
}

/// Of a member that is no integer: where its bytes are, and the allocation around them.
struct Stored {
  explicit Stored(const void* member) {
    const auto bits = reinterpret_cast<std::uintptr_t>(member);
    block = reinterpret_cast<char*>(bits & ~exact_mask);
    if (const std::size_t steps = (bits & exact_mask) / 2; steps != 0) {
      text = {block, steps * exact_step};
      block_bytes = text.size();
      return;
    }
    const ShortLength length = ShortLength::read(block);
    text = {block + length.bytes, length.length};
    block_bytes = length.bytes + length.length;
  }

  char* block;
  std::size_t block_bytes;
  std::string_view text;
};

}  // namespace

std::string_view MemberTable::text(const Member& member, Scratch& scratch) {
  if (is_integer(&member)) {
    const char* end = write_int(scratch.data(), integer_of(&member));
    return {scratch.data(), static_cast<std::size_t>(end - scratch.data())};
  }
  return Stored(&member).text;
}

bool MemberTable::fits_pointer(const std::optional<std::int64_t>& integer) {
  return integer && *integer >= -integer_limit && *integer < integer_limit;
}

MemberTable::Member* MemberTable::make(const MemberKey& key) {
  if (fits_pointer(key.integer())) return static_cast<Member*>(pointer_of(*key.integer()));
  const std::string_view bytes = key.text();
  if (is_exact(bytes.size())) {
    auto* memory = static_cast<char*>(::operator new(bytes.size()));
    bytes.copy(memory, bytes.size());
    return reinterpret_cast<Member*>(memory + bytes.size() / exact_step * 2);
  }
  void* memory = ::operator new(ShortLength::bytes_for(bytes.size()) + bytes.size());
  char* at = ShortLength::write(static_cast<char*>(memory), bytes.size());
  bytes.copy(at, bytes.size());
  return static_cast<Member*>(memory);
}

std::size_t MemberTable::bytes_of(const Member& member) {
  return is_integer(&member) ? 0 : allocated_bytes(Stored(&member).block_bytes);
}

void MemberTable::destroy(Member* member) noexcept {
  if (is_integer(member)) return;
  const Stored stored(member);
  ::operator delete(static_cast<void*>(stored.block), stored.block_bytes);
}

void MemberTable::Traits::touch(const Member& member) {
  if (is_integer(&member)) return;
  const auto bits = reinterpret_cast<std::uintptr_t>(&member);
  bring_near(reinterpret_cast<const void*>(bits & ~exact_mask));
}

MemberTable::~MemberTable() {
  cuts_.fail_all();
  while (Member* member = dict_.drain()) destroy(member);
}

void MemberTable::add(const MemberKey& key) {
  Member* member = make(key);
  try {
    dict_.insert(member, key.hash());
  } catch (...) {
    destroy(member);
    throw;
  }
  bytes_ += bytes_of(*member);
  if (!cuts_.empty()) [[unlikely]]
    tell_added(key);
}

bool MemberTable::erase(const MemberKey& key) noexcept {
  Member* member = dict_.find(key.text(), key.hash());
  if (member == nullptr) return false;
  const std::uint64_t hash = key.hash();
  bytes_ -= bytes_of(*member);
  dict_.erase(member, hash);
  if (cuts_.empty()) [[likely]]
    destroy(member);
  else
    retire(member, hash);
  return true;
}

// For cuts; not inlined, for the sake of those without.

[[gnu::noinline]] void MemberTable::tell_added(const MemberKey& key) noexcept {
  DictCut<Traits>::added(cuts_, key.text(), key.hash());
}

[[gnu::noinline]] void MemberTable::retire(Member* member, std::uint64_t hash) noexcept {
  DictCut<Traits>::retire(cuts_, member, hash, false);
}

std::string_view MemberTable::random(Random& random, Scratch& scratch) const {
  return text(*dict_.random(random), scratch);
}

std::size_t MemberTable::free_slice(std::size_t budget) noexcept {
  cuts_.fail_all();
  std::size_t freed = 0;
  for (; freed < budget; ++freed) {
    Member* member = dict_.drain();
    if (member == nullptr) break;
    destroy(member);
  }
  return freed;
}

std::size_t MemberTable::memory_bytes() const {
  return allocated_bytes(sizeof(MemberTable)) + dict_.memory_bytes() + bytes_;
}

Status MemberTable::check_invariants() const {
  if (Status status = dict_.check_invariants(); !status) return status;
  std::size_t bytes = 0;
  bool canonical = true;
  dict_.for_each([&](const Member& member) {
    bytes += bytes_of(member);
    Scratch scratch;
    if (!is_integer(&member) && fits_pointer(MemberKey(text(member, scratch)).integer()))
      canonical = false;
  });
  if (!canonical) return failure("member table: an integer is stored as text");
  return bytes == bytes_ ? success() : failure("member table: wrong memory figure");
}

}  // namespace respawn::keyspace
