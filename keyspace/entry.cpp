#include "keyspace/entry.hpp"

#include "base/allocation.hpp"
#include "keyspace/entry_builder.hpp"

namespace respawn::keyspace {

Entry::Text Entry::read_long_length(std::size_t offset) const {
  std::size_t length = 0;
  for (unsigned shift = 0;; shift += 7) {
    const auto byte = load<std::uint8_t>(offset++);
    length |= static_cast<std::size_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return {offset, length};
  }
}

SharedBlock& Entry::block() const {
  return *load<SharedBlock*>(payload_offset());
}

Object* Entry::object_pointer() const {
  RESPAWN_CHECK(form() == Form::object);
  return load<Object*>(payload_offset());
}

Encoding Entry::encoding() const {
  switch (form()) {
    case Form::embedded:
      return embedded_text().length <= embstr_max_bytes ? Encoding::embstr : Encoding::raw;
    case Form::integer:
      return Encoding::integer;
    case Form::embedded_raw:
    case Form::block:
      return Encoding::raw;
    case Form::object:
      break;
  }
  return object_pointer()->encoding();
}

std::int64_t Entry::integer() const {
  RESPAWN_CHECK(is_integer());
  return load<std::int64_t>(payload_offset());
}

std::string_view Entry::bytes(Scratch& scratch) const {
  switch (form()) {
    case Form::embedded:
    case Form::embedded_raw: {
      const Text text = embedded_text();
      return {base() + text.offset, text.length};
    }
    case Form::integer: {
      const char* end = write_int(scratch.data(), integer());
      return {scratch.data(), static_cast<std::size_t>(end - scratch.data())};
    }
    case Form::block:
      return block().view();
    case Form::object:
      break;
  }
  RESPAWN_CHECK(type() == Type::string);
  return {};
}

std::size_t Entry::length() const {
  Scratch scratch;
  return bytes(scratch).size();
}

std::size_t Entry::memory_bytes() const {
  const std::size_t shell = allocated_bytes(EntryBuilder::shell_bytes(*this));
  if (form() == Form::block) return shell + sizeof(SharedBlock) + block().capacity();
  if (form() == Form::object) return shell + object_pointer()->memory_bytes();
  return shell;
}

}  // namespace respawn::keyspace
