// Memory that grows while a library function works, and that Lua collects if an error ends it.
#pragma once

#include <lua.hpp>

#include <cstddef>
#include <cstring>
#include <string_view>

namespace respawn::scripting {

/// Bytes that begin in memory of the caller's and move to a userdata when they outgrow it. The
/// userdata lies in a stack slot that the constructor pushes: what is pushed later lies above it.
/// Trivially destructible, so that a longjmp may pass it. Growing may raise (memory); amortised
/// O(1) a byte.
class LuaBuffer {
 public:
  LuaBuffer(lua_State* lua, char* initial, std::size_t capacity)
      : lua_(lua), data_(initial), capacity_(capacity) {
    luaL_checkstack(lua, 2, "no room for a buffer");
    lua_pushnil(lua);
    slot_ = lua_gettop(lua);
  }

  /// Room for `more` bytes behind the end; count what was written with advance().
  char* reserve(std::size_t more) {
    if (capacity_ - size_ < more) [[unlikely]]
      grow(more);
    return data_ + size_;
  }

  void advance(std::size_t bytes) { size_ += bytes; }

  void append(char byte) {
    *reserve(1) = byte;
    ++size_;
  }

  void append(std::string_view bytes) {
    if (bytes.empty()) return;
    std::memcpy(reserve(bytes.size()), bytes.data(), bytes.size());
    size_ += bytes.size();
  }

  void shrink(std::size_t size) { size_ = size; }

  void push() const { lua_pushlstring(lua_, data_, size_); }

  char* data() { return data_; }

  std::size_t size() const { return size_; }

 private:
  void grow(std::size_t more) {
    std::size_t wanted = size_ + more;
    if (wanted < size_) luaL_error(lua_, "not enough memory");
    std::size_t capacity = capacity_ * 2 > wanted ? capacity_ * 2 : wanted;
    void* memory = lua_newuserdata(lua_, capacity);
    std::memcpy(memory, data_, size_);
    lua_replace(lua_, slot_);
    data_ = static_cast<char*>(memory);
    capacity_ = capacity;
  }

  lua_State* lua_;
  char* data_;
  std::size_t size_ = 0;
  std::size_t capacity_;
  int slot_;
};

/// A stack of plain values upon a LuaBuffer.
template <typename T>
class LuaStack {
 public:
  LuaStack(lua_State* lua, char* initial, std::size_t capacity) : bytes_(lua, initial, capacity) {}

  void push(const T& value) {
    std::memcpy(bytes_.reserve(sizeof(T)), &value, sizeof(T));
    bytes_.advance(sizeof(T));
  }

  T& top() { return *reinterpret_cast<T*>(bytes_.data() + bytes_.size() - sizeof(T)); }

  void pop() { bytes_.shrink(bytes_.size() - sizeof(T)); }

  void clear() { bytes_.shrink(0); }

  bool empty() const { return bytes_.size() == 0; }

  std::size_t size() const { return bytes_.size() / sizeof(T); }

 private:
  LuaBuffer bytes_;
};

}  // namespace respawn::scripting
