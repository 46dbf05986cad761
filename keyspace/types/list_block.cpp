#include "keyspace/types/list_block.hpp"

#include <array>
#include <bit>
#include <cstring>
#include <new>

#include "base/check.hpp"
#include "base/numbers.hpp"

namespace respawn::keyspace {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr unsigned small_integer = 0x80;
constexpr unsigned small_integers = 0x70;  // 0x80..0xef
constexpr unsigned wide_integer = 0xf0;
constexpr unsigned text_16 = 0xf8;
constexpr unsigned text_32 = 0xf9;
constexpr std::array<std::size_t, 6> integer_widths = {1, 2, 3, 4, 6, 8};

unsigned byte_at(const char* at) {
  return static_cast<unsigned char>(*at);
}

bool fits(std::int64_t value, std::size_t bytes) {
  if (bytes == 8) return true;
  const std::int64_t limit = std::int64_t{1} << (8 * bytes - 1);
  return value >= -limit && value < limit;
}

std::size_t width_index(std::int64_t value) {
  std::size_t index = 0;
  while (!fits(value, integer_widths[index])) ++index;
  return index;
}

std::size_t back_bytes(std::size_t body) {
  std::size_t bytes = 1;
  for (; body >= 0x80; body >>= 7) ++bytes;
  return bytes;
}

/// Head and payload of an element.
struct Body {
  std::size_t head = 1;  // head byte and length field
  std::size_t payload = 0;

  [[nodiscard]] std::size_t bytes() const { return head + payload; }
};

Body body_of(const char* element) {
  const unsigned head = byte_at(element);
  if (head < small_integer) return {1, head};
  if (head < wide_integer) return {1, 0};
  if (head < text_16) return {1, integer_widths[head - wide_integer]};
  if (head == text_16) {
    std::uint16_t length;
    std::memcpy(&length, element + 1, sizeof length);
    return {3, length};
  }
  std::uint32_t length;
  std::memcpy(&length, element + 1, sizeof length);
  return {5, length};
}

bool is_integer(const char* element) {
  const unsigned head = byte_at(element);
  return head >= small_integer && head < text_16;
}

std::int64_t integer_at(const char* element) {
  const unsigned head = byte_at(element);
  if (head < wide_integer) return head - small_integer;
  const std::size_t width = integer_widths[head - wide_integer];
  std::uint64_t value = 0;
  std::memcpy(&value, element + 1, width);
  const unsigned unused = static_cast<unsigned>(64 - 8 * width);
  return static_cast<std::int64_t>(value << unused) >> unused;
}

/// What the listpacks of Redis take for an element: its encoding, and one byte per 7 bits of the
/// length behind it.
std::size_t listpack_entry_bytes(std::size_t body) {
  return body + (body <= 127        ? 1
                 : body < 16383     ? 2
                 : body < 2097151   ? 3
                 : body < 268435455 ? 4
                                    : 5);
}

std::size_t listpack_integer_bytes(std::int64_t value) {
  if (value >= 0 && value <= 127) return 2;
  if (value >= -4096 && value <= 4095) return 3;
  if (fits(value, 2)) return 4;
  if (fits(value, 3)) return 5;
  return fits(value, 4) ? 6 : 10;
}

std::size_t listpack_text_bytes(std::size_t length) {
  return listpack_entry_bytes(length + (length < 64 ? 1 : length < 4096 ? 2 : 5));
}

}  // namespace

ElementForm::ElementForm(std::string_view bytes) : text(bytes) {
  if (may_be_integer(bytes)) integer = parse_int64(bytes);
  RESPAWN_CHECK(text.size() < (std::size_t{1} << 32) - 64);
  std::size_t body;
  if (integer) {
    const bool small = *integer >= 0 && *integer < small_integers;
    body = small ? 1 : 1 + integer_widths[width_index(*integer)];
    listpack_bytes = static_cast<std::uint32_t>(listpack_integer_bytes(*integer));
  } else {
    body = text.size() + (text.size() < small_integer ? 1 : text.size() <= 0xffff ? 3 : 5);
    listpack_bytes = static_cast<std::uint32_t>(listpack_text_bytes(text.size()));
  }
  body_bytes = static_cast<std::uint32_t>(body);
  packed_bytes = static_cast<std::uint32_t>(body + back_bytes(body));
}

std::optional<std::int64_t> block_integer(const char* element) {
  if (!is_integer(element)) return std::nullopt;
  return integer_at(element);
}

StoredElement stored_element(const char* element) {
  if (is_integer(element)) return {{}, integer_at(element)};
  const Body body = body_of(element);
  return {{element + body.head, body.payload}, std::nullopt};
}

std::size_t element_body_bytes(const char* element) {
  return body_of(element).bytes();
}

std::string_view block_text(const char* element, Scratch& scratch) {
  if (is_integer(element)) {
    const char* end = write_int(scratch.data(), integer_at(element));
    return {scratch.data(), static_cast<std::size_t>(end - scratch.data())};
  }
  const Body body = body_of(element);
  return {element + body.head, body.payload};
}

/// The number of the class of an allocation of `bytes`: eight of 16 bytes each, then four for each
/// doubling.
unsigned Block::size_class_of(std::size_t bytes) {
  if (bytes <= 128) return static_cast<unsigned>((bytes - 1) / 16);
  const auto width = static_cast<unsigned>(std::bit_width(bytes - 1));
  return 8 + (width - 8) * 4 + static_cast<unsigned>((bytes - 1) >> (width - 3)) - 4;
}

Block* Block::create(std::size_t capacity) {
  static_assert(sizeof(Block) == header_bytes);
  static_assert(capacities.back() == (std::uint64_t{1} << 32) - header_bytes);
  RESPAWN_CHECK(capacity <= capacities.back());
  const unsigned size_class = size_class_of(sizeof(Block) + capacity);
  return new (::operator new(sizeof(Block) + capacities[size_class])) Block(size_class);
}

Block* Block::copy(std::size_t capacity) const {
  Block* fresh = create(capacity);
  fresh->assign(first(), used());
  return fresh;
}

bool Block::retain() noexcept {
  if (references_ == references_max) return false;
  references_ = (references_ + 1) & references_max;
  return true;
}

void Block::release(Block* block) noexcept {
  if (block->references_ > 1)
    block->references_ = (block->references_ - 1) & references_max;
  else
    ::operator delete(block, sizeof(Block) + block->capacity());
}

std::size_t Block::memory_bytes() const {
  return sizeof(Block) + capacity();
}

std::size_t Block::packed_bytes(const char* element) {
  const std::size_t body = body_of(element).bytes();
  return body + back_bytes(body);
}

std::size_t Block::listpack_bytes(const char* element) {
  if (is_integer(element)) return listpack_integer_bytes(integer_at(element));
  return listpack_text_bytes(body_of(element).payload);
}

const char* Block::next(const char* element) {
  return element + packed_bytes(element);
}

const char* Block::previous(const char* element) {
  std::size_t body = 0;
  std::size_t back = 0;
  for (unsigned shift = 0;; shift += 7) {
    const unsigned byte = byte_at(element - ++back);
    body |= static_cast<std::size_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return element - back - body;
  }
}

bool Block::equals(const char* element, const ElementForm& form) {
  if (form.integer) return is_integer(element) && integer_at(element) == *form.integer;
  if (is_integer(element)) return false;
  const Body body = body_of(element);
  return std::string_view(element + body.head, body.payload) == form.text;
}

char* Block::open(std::size_t offset, std::size_t bytes) noexcept {
  const std::size_t size = used();
  const std::size_t most = capacity();
  if (most - size < bytes) return nullptr;
  const bool to_front = offset < size - offset;
  if ((to_front ? begin_ : most - end_) < bytes) {
    // All free room goes to the side that is pushed at: there will be more of it.
    const std::size_t begin = to_front ? most - size : 0;
    std::memmove(data() + begin, data() + begin_, size);
    begin_ = static_cast<std::uint32_t>(begin);
    end_ = static_cast<std::uint32_t>(begin + size);
  }
  if (to_front) {
    if (offset > 0) std::memmove(data() + begin_ - bytes, data() + begin_, offset);
    begin_ -= static_cast<std::uint32_t>(bytes);
  } else {
    char* gap = data() + begin_ + offset;
    if (offset < size) std::memmove(gap + bytes, gap, size - offset);
    end_ += static_cast<std::uint32_t>(bytes);
  }
  return data() + begin_ + offset;
}

void Block::assign(const char* elements, std::size_t bytes) noexcept {
  std::memcpy(data(), elements, bytes);
  begin_ = 0;
  end_ = static_cast<std::uint32_t>(bytes);
}

void Block::close(std::size_t offset, std::size_t bytes) noexcept {
  char* gap = data() + begin_ + offset;
  const std::size_t behind = used() - offset - bytes;
  if (offset < behind) {
    std::memmove(data() + begin_ + bytes, data() + begin_, offset);
    begin_ += static_cast<std::uint32_t>(bytes);
  } else {
    std::memmove(gap, gap + bytes, behind);
    end_ -= static_cast<std::uint32_t>(bytes);
  }
  if (begin_ == end_) begin_ = end_ = 0;
}

char* write_element_body(char* at, const ElementForm& form) {
  if (form.integer && *form.integer >= 0 && *form.integer < small_integers) {
    *at++ = static_cast<char>(small_integer + static_cast<unsigned>(*form.integer));
  } else if (form.integer) {
    const std::size_t index = width_index(*form.integer);
    *at++ = static_cast<char>(wide_integer + index);
    std::memcpy(at, &*form.integer, integer_widths[index]);
    at += integer_widths[index];
  } else {
    const std::size_t length = form.text.size();
    if (length < small_integer) {
      *at++ = static_cast<char>(length);
    } else if (length <= 0xffff) {
      const auto narrow = static_cast<std::uint16_t>(length);
      *at++ = static_cast<char>(text_16);
      std::memcpy(at, &narrow, sizeof narrow);
      at += sizeof narrow;
    } else {
      const auto wide = static_cast<std::uint32_t>(length);
      *at++ = static_cast<char>(text_32);
      std::memcpy(at, &wide, sizeof wide);
      at += sizeof wide;
    }
    std::memcpy(at, form.text.data(), length);
    at += length;
  }
  return at;
}

void Block::write(char* at, const ElementForm& form) {
  at = write_element_body(at, form);
  const std::size_t body = form.body_bytes;
  const std::size_t back = back_bytes(body);
  for (std::size_t i = 0; i < back; ++i) {
    const std::size_t bits = body >> (7 * i) & 0x7f;
    at[back - 1 - i] = static_cast<char>(bits | (i + 1 < back ? 0x80 : 0));
  }
}

}  // namespace respawn::keyspace
