// The memory of a Lua state: counted, and bounded where that is asked for.
#pragma once

#include <cstddef>
#include <cstdlib>

namespace respawn::scripting {

/// Owner: an interpreter; outlives its state.
class LuaMemory {
 public:
  [[nodiscard]] std::size_t used_bytes() const { return used_bytes_; }

  /// From now on no more than `bytes` are given out (0: any number); what was given out stays.
  void limit(std::size_t bytes) { limit_bytes_ = bytes; }

  /// From now on nothing more is given out at all, or no longer so. That raises an error in Lua
  /// which runs no code of the script's on its way, not even an error handler.
  void refuse_everything(bool refuse) { refuses_ = refuse; }

  [[nodiscard]] std::size_t limit_bytes() const { return limit_bytes_; }

  /// Whether something was refused since the last time that it was asked.
  [[nodiscard]] bool take_refusal() {
    const bool refused = refused_;
    refused_ = false;
    return refused;
  }

  /// As lua_Alloc wants it.
  void* reallocate(void* block, std::size_t old_bytes, std::size_t new_bytes) {
    if (new_bytes == 0) {
      std::free(block);
      used_bytes_ -= old_bytes;
      return nullptr;
    }
    const std::size_t grown = used_bytes_ - old_bytes + new_bytes;
    if (refuses_ && new_bytes > old_bytes) return nullptr;
    if (limit_bytes_ != 0 && new_bytes > old_bytes && grown > limit_bytes_) {
      refused_ = true;
      return nullptr;
    }
    void* const moved = std::realloc(block, new_bytes);
    if (moved) used_bytes_ = grown;
    return moved;
  }

 private:
  std::size_t used_bytes_ = 0;
  std::size_t limit_bytes_ = 0;
  bool refused_ = false;
  bool refuses_ = false;
};

}  // namespace respawn::scripting
