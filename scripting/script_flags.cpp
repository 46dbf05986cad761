#include "scripting/script_flags.hpp"

#include <algorithm>
#include <vector>

#include "base/text.hpp"

namespace respawn::scripting {

namespace {

constexpr std::string_view mark = "#!";

/// Texts of Redis are C strings: nothing behind a NUL byte is seen.
std::string_view up_to_nul(std::string_view text) {
  return text.substr(0, text.find('\0'));
}

/// Adds the flags of "a,b,c".
Status add_flags(std::string_view list, ScriptFlags& flags) {
  if (list.empty()) return success();
  for (const std::string_view name : split(list, ',')) {
    const auto* const found = std::ranges::find_if(
        script_flag_names, [&](const auto& each) { return each.name == name; });
    if (found == script_flag_names.end())
      return failure("Unexpected flag in script shebang: " + std::string(name));
    flags.add(found->flag);
  }
  return success();
}

}  // namespace

Result<ScriptHeader> read_script_header(std::string_view source) {
  ScriptHeader header;
  if (!source.starts_with(mark)) {
    header.flags.unspoken = true;
    return header;
  }
  header.body_at = up_to_nul(source).find('\n');
  if (header.body_at == source.npos) return failure("Invalid script shebang");
  const auto parts = split_quoted(source.substr(0, header.body_at));
  if (!parts || parts->empty()) return failure("Invalid engine in script shebang");
  if (parts->front() != "#!lua")
    return failure("Unexpected engine in script shebang: " + parts->front());
  constexpr std::string_view flags_are = "flags=";
  for (std::size_t i = 1; i < parts->size(); ++i) {
    const std::string_view part = (*parts)[i];
    if (!part.starts_with(flags_are))
      return failure("Unknown lua shebang option: " + std::string(part));
    if (Status added = add_flags(part.substr(flags_are.size()), header.flags); !added.ok())
      return failure(added.error());
  }
  return header;
}

Result<LibraryHeader> read_library_header(std::string_view source) {
  if (!source.starts_with(mark)) return failure("Missing library metadata");
  LibraryHeader header;
  header.body_at = up_to_nul(source).find('\n');
  if (header.body_at == source.npos) return failure("Invalid library metadata");
  const auto parts = split_quoted(source.substr(0, header.body_at));
  if (!parts || parts->empty()) return failure("Invalid library metadata");
  header.engine = parts->front().substr(mark.size());
  constexpr std::string_view name_is = "name=";
  bool named = false;
  for (std::size_t i = 1; i < parts->size(); ++i) {
    const std::string_view part = (*parts)[i];
    if (!iequals(part.substr(0, name_is.size()), name_is))
      return failure("Invalid metadata value given: " + std::string(part));
    if (named) return failure("Invalid metadata value, name argument was given multiple times");
    header.name = part.substr(name_is.size());
    named = true;
  }
  if (!named) return failure("Library name was not given");
  return header;
}

bool is_function_name(std::string_view name) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  return !name.empty() && std::ranges::all_of(name, fits);
}

}  // namespace respawn::scripting
