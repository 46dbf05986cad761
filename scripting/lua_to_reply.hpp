// What a script returned, as the reply to its client.
#pragma once

#include <lua.hpp>
#include <vector>

#include "protocol/reply_writer.hpp"
#include "scripting/host.hpp"

namespace respawn::scripting {

/// Owner: an interpreter, which uses it for one value after the other. Tables within tables take
/// memory, not the machine's stack.
class ReplyMaker {
 public:
  /// Writes the value at the top of the stack, and pops it. What a RESP2 client cannot be told it
  /// is told as Redis tells it; booleans go by what the script asked for (redis.setresp). Errors go
  /// by the host. Calls nothing of the script's: no metamethods. O(elements).
  void write(lua_State* state, protocol::ReplyWriter& reply, Host& host);

 private:
  enum class Kind : std::uint8_t { array, map, set };

  /// A table whose elements are being written.
  struct Frame {
    Kind kind;
    int bottom;         // the stack is cut down to it behind the last element
    int table;          // the place of the elements' table on the stack
    int next;           // of an array
    bool value_is_due;  // of a map: its key is written
  };

  void begin_value();
  void begin_table();
  bool wrote_text(const char* name);
  bool wrote_verbatim();
  bool began_collection(const char* name, Kind kind);
  bool step(Frame& frame);
  [[nodiscard]] std::size_t array_size();

  lua_State* state_ = nullptr;
  protocol::ReplyWriter* reply_ = nullptr;
  Host* host_ = nullptr;
  std::vector<Frame> frames_;
};

}  // namespace respawn::scripting
