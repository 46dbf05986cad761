#include "commands/shared/function_loading.hpp"

#include "persistence/dump_payload.hpp"
#include "persistence/rdb_format.hpp"
#include "persistence/rdb_reader.hpp"
#include "persistence/rdb_writer.hpp"

namespace respawn::commands {

using scripting::FunctionLibraries;
using scripting::Library;

namespace {

/// Where the code of a library begins that can be taken in.
Result<std::size_t> find_body(const FunctionLibraries& libraries, std::string_view code,
                              bool replace) {
  auto header = scripting::read_library_header(code);
  if (!header.ok()) return failure("ERR " + header.error());
  if (!scripting::is_function_name(header->name))
    return failure(
        "ERR Library names can only contain letters, numbers, or underscores(_) and must be at "
        "least one character long");
  if (!iequals(header->engine, "lua"))
    return failure("ERR Engine '" + header->engine + "' not found");
  if (libraries.find(header->name) && !replace)
    return failure("ERR Library '" + header->name + "' already exists");
  return header->body_at;
}

}  // namespace

Result<std::string> load_library(Scripts& scripts, FunctionLibraries& libraries,
                                 std::string_view code, bool replace, scripting::Host& host) {
  auto body_at = find_body(libraries, code, replace);
  if (!body_at.ok()) return failure(body_at.error());
  auto functions = scripts.functions().load_library(code.substr(*body_at), host);
  if (!functions.ok()) return failure("ERR " + functions.error());
  const auto header = scripting::read_library_header(code);
  const Library* known = libraries.find(header->name);
  Library library{header->name, std::string(code), std::move(*functions)};
  std::string problem =
      library.functions.empty() ? "No functions registered" : libraries.collision(library, known);
  if (!problem.empty()) {
    scripts.forget(library);
    return failure("ERR " + problem);
  }
  if (known) scripts.forget(libraries.take(header->name));
  libraries.add(std::move(library));
  return header->name;
}

std::string dump_libraries(const FunctionLibraries& libraries) {
  std::string payload;
  persistence::StringSink sink(payload);
  persistence::RdbWriter writer(sink, true);
  for (const auto& [name, library] : libraries.all()) {
    writer.byte(persistence::function_opcode);
    writer.string(library.code);
  }
  persistence::append_footer(payload, persistence::rdb_version_written);
  return payload;
}

Status restore_libraries(Scripts& scripts, FunctionLibraries& libraries, std::string_view payload,
                         scripting::Host& host) {
  const auto body = persistence::payload_body(payload);
  if (!body) return failure("ERR DUMP payload version or checksum are wrong");
  persistence::MemorySource source(*body);
  persistence::RdbReader reader(source, persistence::RdbReader::string_bytes_most);
  while (!reader.at_end()) {
    const std::uint8_t opcode = reader.byte();
    if (opcode == persistence::function_opcode_old)
      return failure("ERR Pre-GA function format not supported");
    if (opcode != persistence::function_opcode) return failure("ERR given type is not a function");
    const std::string code = reader.string();
    if (!reader.ok()) return failure("ERR failed loading the given functions payload");
    if (auto name = load_library(scripts, libraries, code, false, host); !name.ok())
      return failure(name.error());
  }
  return success();
}

Status take_functions(Scripts& scripts, const std::vector<std::string>& codes, KnownLibraries known,
                      scripting::Host& host) {
  const bool replace = known == KnownLibraries::give_way;
  if (known == KnownLibraries::go) scripts.flush_functions();
  for (const std::string& code : codes)
    if (auto name = load_library(scripts, scripts.libraries, code, replace, host); !name.ok())
      return failure("Failed loading library, " + name.error());
  return success();
}

}  // namespace respawn::commands
