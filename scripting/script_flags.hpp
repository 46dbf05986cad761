// What a script or function says of itself: the first line of a script, the flags of a function.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace respawn::scripting {

/// Bits, in the order in which FUNCTION LIST names them.
enum class ScriptFlag : std::uint8_t {
  no_writes = 1,
  allow_oom = 2,
  allow_stale = 4,
  no_cluster = 8,
  allow_cross_slot_keys = 16,
};

struct ScriptFlags {
  std::uint8_t bits = 0;
  /// It says nothing of itself: an EVAL as it was before there were flags.
  bool unspoken = false;

  [[nodiscard]] bool has(ScriptFlag flag) const {
    return (bits & static_cast<std::uint8_t>(flag)) != 0;
  }

  void add(ScriptFlag flag) { bits = bits | static_cast<std::uint8_t>(flag); }
};

struct NamedScriptFlag {
  std::string_view name;
  ScriptFlag flag;
};

inline constexpr std::array<NamedScriptFlag, 5> script_flag_names = {{
    {"no-writes", ScriptFlag::no_writes},
    {"allow-oom", ScriptFlag::allow_oom},
    {"allow-stale", ScriptFlag::allow_stale},
    {"no-cluster", ScriptFlag::no_cluster},
    {"allow-cross-slot-keys", ScriptFlag::allow_cross_slot_keys},
}};

/// The first line of a script.
struct ScriptHeader {
  ScriptFlags flags;
  std::size_t body_at = 0;  // where Lua begins: the line's end stays, so that lines keep numbers
};

/// "#!lua flags=no-writes,allow-oom"; a script without such a line is fine. Errors are Redis's,
/// without the code.
[[nodiscard]] Result<ScriptHeader> read_script_header(std::string_view source);

/// The first line of a library of functions.
struct LibraryHeader {
  std::string engine;
  std::string name;
  std::size_t body_at = 0;
};

/// "#!lua name=mylib". Errors as above.
[[nodiscard]] Result<LibraryHeader> read_library_header(std::string_view source);

/// Whether a library or function may be called that.
[[nodiscard]] bool is_function_name(std::string_view name);

}  // namespace respawn::scripting
