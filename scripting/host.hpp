// What a running script asks of the server.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/buffer.hpp"
#include "protocol/reply_writer.hpp"

namespace respawn::scripting {

using Words = std::span<const std::string_view>;

/// redis.LOG_DEBUG and its like: the numbers that scripts use.
enum class ScriptLogLevel : std::uint8_t { debug = 0, verbose = 1, notice = 2, warning = 3 };

/// redis.REPL_AOF and its like are bits of this.
inline constexpr unsigned replicate_to_log = 1;
inline constexpr unsigned replicate_to_replicas = 2;

/// Why a script must not go on.
enum class Stop : std::uint8_t {
  no,
  killed,   // somebody asked for it
  timeout,  // a library took too long to load
  memory,   // past the limit
  failure,  // the server itself failed below it
};

enum class Permission : std::uint8_t { granted, refused, no_such_command };

/// Played by whoever runs commands. Owner: who runs the script, for as long as it runs. What its
/// functions throw ends the script and is thrown again by Interpreter::run.
class Host {
 public:
  virtual ~Host() = default;

  /// Runs a command. Its reply, or the error for which it was refused, goes to the end of `reply`,
  /// in the protocol version that the script asked for. False: it was refused.
  virtual bool call(Words words, Buffer& reply) = 0;

  /// Whether the user behind the script may run it.
  [[nodiscard]] virtual Permission may_call(Words words) = 0;

  /// redis.setresp: of replies to its calls, from now on.
  virtual void set_resp(protocol::RespVersion version) = 0;
  [[nodiscard]] virtual protocol::RespVersion resp() const = 0;

  /// redis.set_repl: who is sent what is written from now on; bits as above.
  virtual void set_replication(unsigned targets) = 0;

  [[nodiscard]] virtual bool logs(ScriptLogLevel level) const = 0;
  virtual void log(ScriptLogLevel level, std::string_view text) = 0;

  /// Asked every few microseconds while the script runs: may let others have their turn before it
  /// returns. Nothing on the stack owns anything then.
  [[nodiscard]] virtual Stop keep_on() = 0;

  /// Writes an error reply (the text without '-').
  virtual void fail(std::string_view error) = 0;

  /// The same of an error that a command was answered within the script: it has been counted.
  virtual void pass_on_error(std::string_view error) = 0;
};

}  // namespace respawn::scripting
