// The table `struct`: values to bytes and back by a format, as Roberto Ierusalimschy's struct
// library does it in Redis's Lua.
#include <algorithm>
#include <bit>
#include <cctype>
#include <climits>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "scripting/libraries/library_state.hpp"
#include "scripting/libraries/lua_buffer.hpp"

namespace respawn::scripting {
namespace {

constexpr std::size_t item_units = 20;
constexpr std::size_t integer_size_max = 32;
constexpr int natural_alignment = 8;

/// One letter of a format, with its size.
struct Item {
  char letter;
  std::size_t size;
};

/// Walks over a format: its items one by one, with the byte order and the alignment that hold for
/// each.
class Format {
 public:
  Format(lua_State* lua, const char* text) : lua_(lua), at_(text) {}

  bool at_end() const { return *at_ == '\0'; }

  Item next() {
    const char letter = *at_++;
    return {letter, size_of(letter)};
  }

  /// Bytes that go before an item at `position`.
  std::size_t padding(std::size_t position, const Item& item) const {
    if (item.size == 0 || item.letter == 'c') return 0;
    const std::size_t size = std::min(item.size, static_cast<std::size_t>(alignment_));
    return (size - (position & (size - 1))) & (size - 1);
  }

  /// Obeys a letter that is no item.
  void control(char letter) {
    switch (letter) {
      case ' ':
        break;
      case '>':
        is_little_ = false;
        break;
      case '<':
        is_little_ = true;
        break;
      case '!': {
        const int alignment = number(natural_alignment);
        if (alignment <= 0 || (alignment & (alignment - 1)) != 0)
          luaL_error(lua_, "alignment %d is not a power of 2", alignment);
        alignment_ = alignment;
        break;
      }
      default:
        luaL_argerror(lua_, 1, lua_pushfstring(lua_, "invalid format option '%c'", letter));
    }
  }

  bool is_little() const { return is_little_; }

 private:
  /// The digits that follow, or `otherwise`.
  int number(int otherwise) {
    if (!is_digit()) return otherwise;
    int value = 0;
    for (; is_digit(); ++at_) {
      const int digit = *at_ - '0';
      if (value > (INT_MAX - digit) / 10) luaL_error(lua_, "integral size overflow");
      value = value * 10 + digit;
    }
    return value;
  }

  bool is_digit() const { return *at_ >= '0' && *at_ <= '9'; }

  std::size_t size_of(char letter) {
    switch (letter) {
      case 'B':
      case 'b':
      case 'x':
        return 1;
      case 'H':
      case 'h':
        return 2;
      case 'f':
        return 4;
      case 'L':
      case 'l':
      case 'T':
      case 'd':
        return 8;
      case 'c':
        return static_cast<std::size_t>(number(1));
      case 'i':
      case 'I': {
        const int size = number(sizeof(int));
        if (size > static_cast<int>(integer_size_max))
          luaL_error(lua_, "integral size %d is larger than limit of %d", size,
                     static_cast<int>(integer_size_max));
        return static_cast<std::size_t>(size);
      }
      default:
        return 0;
    }
  }

  lua_State* lua_;
  const char* at_;
  bool is_little_ = true;
  int alignment_ = 1;
};

bool is_integer(char letter) {
  return std::strchr("bBhHlLTiI", letter) != nullptr;
}

/// A number as 64 bits, also where C leaves it open: as x86-64 has it.
std::uint64_t to_bits(double number) {
  if (std::isnan(number)) return 1ULL << 63;
  if (number < 0x1p63)
    return number < -0x1p63 ? 1ULL << 63
                            : static_cast<std::uint64_t>(static_cast<std::int64_t>(number));
  return number < 0x1p64 ? static_cast<std::uint64_t>(number) : 0;
}

void append_integer(LuaBuffer& out, std::uint64_t value, std::size_t size, bool is_little) {
  char* bytes = out.reserve(size);
  for (std::size_t i = 0; i < size; ++i, value >>= 8)
    bytes[is_little ? i : size - 1 - i] = static_cast<char>(value & 0xff);
  out.advance(size);
}

/// The last eight bytes of a longer one count. A sign stands where a shift by its place leads on a
/// processor that takes shifts modulo 64.
double read_integer(const char* bytes, std::size_t size, bool is_little, bool is_signed) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < size; ++i)
    value = value << 8 | static_cast<unsigned char>(bytes[is_little ? size - 1 - i : i]);
  if (!is_signed) return static_cast<double>(value);
  const std::uint64_t mask = ~0ULL << ((size * 8 - 1) & 63);
  if ((value & mask) != 0) value |= mask;
  return static_cast<double>(static_cast<std::int64_t>(value));
}

/// Writes an item that takes a value. `argument` is moved behind it. Returns the item's size.
std::size_t pack_item(lua_State* lua, LuaBuffer& out, const Format& format, const Item& item,
                      int& argument) {
  if (is_integer(item.letter)) {
    append_integer(out, to_bits(luaL_checknumber(lua, argument++)), item.size, format.is_little());
  } else if (item.letter == 'f') {
    const auto number = static_cast<float>(luaL_checknumber(lua, argument++));
    append_integer(out, std::bit_cast<std::uint32_t>(number), 4, format.is_little());
  } else if (item.letter == 'd') {
    append_integer(out, std::bit_cast<std::uint64_t>(luaL_checknumber(lua, argument++)), 8,
                   format.is_little());
  } else {
    std::size_t length = 0;
    const char* text = luaL_checklstring(lua, argument++, &length);
    const std::size_t size = item.size == 0 ? length : item.size;
    // The argument that is named is the one behind it, as in Redis.
    luaL_argcheck(lua, length >= size, argument, "string too short");
    spend(lua, library(lua), size / 4);
    out.append({text, size});
    if (item.letter == 's') out.append('\0');
    return item.letter == 's' ? size + 1 : size;
  }
  return item.size;
}

int pack_struct(lua_State* lua) {
  LibraryState& state = library(lua);
  Format format(lua, luaL_checkstring(lua, 1));
  lua_pushnil(lua);  // what a missing argument is, as an error says it
  LuaBuffer out(lua, state.scratch, LibraryState::scratch_size);
  int argument = 2;
  std::size_t position = 0;
  while (!format.at_end()) {
    spend(lua, state, item_units);
    const Item item = format.next();
    const std::size_t padding = format.padding(position, item);
    std::memset(out.reserve(padding), 0, padding);
    out.advance(padding);
    position += padding;
    if (item.letter == 'x') {
      out.append('\0');
      position += 1;
    } else if (std::strchr("bBhHlLTiIfdcs", item.letter) != nullptr) {
      position += pack_item(lua, out, format, item, argument);
    } else {
      format.control(item.letter);
    }
  }
  out.push();
  return 1;
}

/// What unpack reads.
struct Data {
  const char* bytes;
  std::size_t size;
  std::size_t position;
};

void check_rest(lua_State* lua, const Data& data, std::size_t size) {
  luaL_argcheck(lua, size <= data.size && data.position <= data.size - size, 2,
                "data string too short");
}

/// Pushes 'c' or 's' and returns its size. `results`: values that have been pushed.
std::size_t unpack_text(lua_State* lua, const Data& data, const Item& item, int& results) {
  const char* bytes = data.bytes + data.position;
  std::size_t size = item.size;
  if (item.letter == 's') {
    const void* end = std::memchr(bytes, 0, data.size - data.position);
    if (end == nullptr) luaL_error(lua, "unfinished string in data");
    size = static_cast<std::size_t>(static_cast<const char*>(end) - bytes) + 1;
  } else if (size == 0) {
    if (results == 0 || lua_isnumber(lua, -1) == 0)
      luaL_error(lua, "format 'c0' needs a previous size");
    size = to_bits(lua_tonumber(lua, -1));
    lua_pop(lua, 1);
    --results;
    check_rest(lua, data, size);
  }
  spend(lua, library(lua), size / 4);
  lua_pushlstring(lua, bytes, item.letter == 's' ? size - 1 : size);
  ++results;
  return size;
}

void push_number(lua_State* lua, const Data& data, const Format& format, const Item& item) {
  const char* bytes = data.bytes + data.position;
  if (is_integer(item.letter)) {
    lua_pushnumber(lua, read_integer(bytes, item.size, format.is_little(),
                                     std::islower(static_cast<unsigned char>(item.letter)) != 0));
    return;
  }
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < item.size; ++i)
    bits =
        bits << 8 | static_cast<unsigned char>(bytes[format.is_little() ? item.size - 1 - i : i]);
  lua_pushnumber(lua, item.letter == 'f' ? std::bit_cast<float>(static_cast<std::uint32_t>(bits))
                                         : std::bit_cast<double>(bits));
}

int unpack_struct(lua_State* lua) {
  LibraryState& state = library(lua);
  Format format(lua, luaL_checkstring(lua, 1));
  Data data{};
  data.bytes = luaL_checklstring(lua, 2, &data.size);
  data.position = static_cast<std::size_t>(luaL_optinteger(lua, 3, 1));
  luaL_argcheck(lua, data.position > 0, 3, "offset must be 1 or greater");
  --data.position;
  int results = 0;
  while (!format.at_end()) {
    spend(lua, state, item_units);
    Item item = format.next();
    data.position += format.padding(data.position, item);
    check_rest(lua, data, item.size);
    luaL_checkstack(lua, 2, "too many results");
    if (item.letter == 'c' || item.letter == 's') {
      item.size = unpack_text(lua, data, item, results);
    } else if (item.letter == 'f' || item.letter == 'd' || is_integer(item.letter)) {
      push_number(lua, data, format, item);
      ++results;
    } else if (item.letter != 'x') {
      format.control(item.letter);
    }
    data.position += item.size;
  }
  lua_pushinteger(lua, static_cast<lua_Integer>(data.position + 1));
  return results + 1;
}

int size(lua_State* lua) {
  LibraryState& state = library(lua);
  Format format(lua, luaL_checkstring(lua, 1));
  std::size_t position = 0;
  while (!format.at_end()) {
    spend(lua, state, item_units);
    const Item item = format.next();
    position += format.padding(position, item);
    if (item.letter == 's') luaL_argerror(lua, 1, "option 's' has no fixed size");
    if (item.letter == 'c' && item.size == 0)
      luaL_argerror(lua, 1, "option 'c0' has no fixed size");
    if (std::isalnum(static_cast<unsigned char>(item.letter)) == 0) format.control(item.letter);
    position += item.size;
  }
  lua_pushinteger(lua, static_cast<lua_Integer>(position));
  return 1;
}

constexpr luaL_Reg struct_functions[] = {
    {"pack", pack_struct}, {"unpack", unpack_struct}, {"size", size}, {nullptr, nullptr}};

}  // namespace

void open_struct(lua_State* lua, LibraryState& state) {
  lua_newtable(lua);
  set_functions(lua, state, struct_functions);
  lua_setglobal(lua, "struct");
}

}  // namespace respawn::scripting
