#include "persistence/rdb/file_reader.hpp"

#include <charconv>
#include <string>

#include "base/text.hpp"
#include "persistence/rdb_format.hpp"

namespace respawn::persistence {

namespace {

constexpr std::size_t magic_bytes = 9;
constexpr std::string_view redis_magic = "REDIS";
constexpr std::string_view valkey_magic = "VALKEY";
/// How often the visitor is told where reading is.
constexpr std::uint64_t advance_bytes = 64 << 10;

std::optional<int> to_version(std::string_view digits) {
  int version = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), version);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return version;
}

}  // namespace

std::string RdbFailure::text() const {
  std::string text = reason + " (at byte " + std::to_string(offset);
  if (!key.empty()) text += ", key '" + key + "'";
  return text + ")";
}

std::string rdb_type_name(std::uint8_t type, Dialect dialect) {
  switch (type) {
    case module_type_early:
    case module_type:
      return "module data";
    default:
      break;
  }
  if (dialect == Dialect::redis) {
    if (type == 28) return "array";
    if (type >= 29 && type <= 32) return "hash with a template";
  }
  return "type " + std::to_string(type);
}

bool RdbFileReader::refuse(std::string reason) {
  if (failure_.reason.empty()) failure_.reason = std::move(reason);
  return false;
}

bool RdbFileReader::checked(const Status& status) {
  return status.ok() || refuse(status.error());
}

bool RdbFileReader::fail_key() {
  failure_.key = key_.name;
  return false;
}

bool RdbFileReader::note_skipped(std::string_view what) {
  visitor_.skipped(what, key_.name);
  return true;
}

std::optional<RdbFailure> RdbFileReader::read() {
  bool good = read_magic();
  while (good) {
    item_offset_ = source_.offset();
    if (item_offset_ - told_offset_ >= advance_bytes) {
      told_offset_ = item_offset_;
      failure_.stopped = !visitor_.advance(item_offset_);
      if (failure_.stopped) return failure_;
    }
    const std::uint8_t opcode = from_.byte();
    if (!from_.ok()) break;
    if (opcode == end_opcode) {
      good = check_checksum();
      if (good) return std::nullopt;
      break;
    }
    good = read_item(opcode);
  }
  if (failure_.reason.empty()) {
    if (const std::error_code error = source_.error())
      failure_.reason = "The file cannot be read: " + error.message();
    else if (source_.left() == 0)
      failure_.reason = "The file ends in the middle";
    else
      failure_.reason = "The data is damaged";
  }
  failure_.offset = source_.offset();
  return failure_;
}

bool RdbFileReader::read_magic() {
  const std::string magic = from_.raw(magic_bytes);
  std::optional<int> version;
  if (!from_.ok()) return false;
  if (magic.starts_with(valkey_magic)) {
    dialect_ = Dialect::valkey;
    version = to_version(std::string_view(magic).substr(valkey_magic.size()));
    if (version && (*version < valkey_version_min || *version > valkey_version_max))
      return refuse("Can't handle RDB format version " + std::to_string(*version) + " of Valkey");
  } else if (magic.starts_with(redis_magic)) {
    version = to_version(std::string_view(magic).substr(redis_magic.size()));
    if (version && (*version < 1 || *version > rdb_file_version_max))
      return refuse("Can't handle RDB format version " + std::to_string(*version));
  }
  if (!version) return refuse("Wrong signature trying to load DB from file");
  version_ = *version;
  return true;
}

bool RdbFileReader::read_item(std::uint8_t opcode) {
  switch (opcode) {
    case expiry_ms_opcode:
      key_.expire_at_ms = from_.milliseconds();
      return from_.ok();
    case expiry_s_opcode:
      key_.expire_at_ms = std::int64_t{static_cast<std::int32_t>(from_.word())} * 1000;
      return from_.ok();
    case idle_opcode:
      key_.idle_s = static_cast<std::int64_t>(from_.length() & ~(std::uint64_t{1} << 63));
      return from_.ok();
    case frequency_opcode:
      key_.frequency = from_.byte();
      return from_.ok();
    default:
      return opcode >= metadata_opcode ? read_rare(opcode) : read_key(opcode);
  }
}

bool RdbFileReader::read_rare(std::uint8_t opcode) {
  switch (opcode) {
    case select_opcode: {
      const std::uint64_t db = from_.length();
      if (from_.ok() && db >= static_cast<std::uint64_t>(options_.databases))
        return refuse("Data file was created with a Redis server configured to handle more than " +
                      std::to_string(options_.databases) + " databases");
      key_.db = static_cast<int>(db);
      return from_.ok();
    }
    case resize_opcode:
      return read_database();
    case fact_opcode:
      return read_fact();
    case function_opcode:
      return read_function();
    case function_opcode_old:
      return refuse("Pre-release function format not supported.");
    case module_opcode:
      return read_module();
    case slot_opcode:
      for (int i = 0; i < 3; ++i) from_.length();
      return from_.ok();
    default:
      return read_metadata();
  }
}

bool RdbFileReader::read_database() {
  const std::uint64_t keys = from_.length();
  const std::uint64_t expiring = from_.length();
  // Each takes three bytes at least.
  if (from_.ok()) visitor_.database(key_.db, std::min(keys, source_.left() / 3), expiring);
  return from_.ok();
}

bool RdbFileReader::read_fact() {
  const std::string name = from_.string();
  const std::string value = from_.string();
  if (from_.ok()) visitor_.fact(name, value);
  return from_.ok();
}

bool RdbFileReader::read_function() {
  const std::string code = from_.string();
  return from_.ok() && checked(visitor_.function(code));
}

/// Data of a module beside keys: its id, when it is to be loaded, and its parts.
bool RdbFileReader::read_module() {
  from_.length();
  if (from_.length() != static_cast<std::uint64_t>(ModulePart::unsigned_number)) from_.fail();
  from_.length();
  if (!from_.ok()) return false;
  if (!options_.skip_unknown)
    return refuse("The RDB file contains AUX module data I can't load: there are no modules");
  return skip_module_parts() && note_skipped("module data");
}

/// Of Redis: what modules say of the next key. Of Valkey: slots on their way into a cluster, a name
/// and ranges of them.
bool RdbFileReader::read_metadata() {
  if (dialect_ == Dialect::valkey) {
    from_.string();
    std::uint64_t ranges = from_.length();
    for (; ranges > 0 && from_.ok(); --ranges) {
      from_.length();
      from_.length();
    }
    return from_.ok();
  }
  if (!options_.skip_unknown) return refuse("There are no modules for the metadata of a key");
  std::uint64_t classes = from_.length();
  for (; classes > 0 && from_.ok(); --classes) {
    from_.word();
    if (!skip_module_parts()) return false;
  }
  return from_.ok() && note_skipped("metadata of modules");
}

bool RdbFileReader::read_key(std::uint8_t type) {
  from_.string(key_.name);
  if (!from_.ok()) return false;
  const bool known =
      is_known_type(type) && (dialect_ == Dialect::redis || type <= valkey_hash_type);
  if (!known) {
    if (!skip_value(type)) return fail_key();
  } else if (read_typed(type, dialect_, from_, options_.limits, key_.value)) {
    if (!checked(visitor_.key(key_))) return false;
  } else if (from_.met_empty()) {
    from_.forgive_empty();
    visitor_.skipped("empty key", key_.name);
  } else {
    return fail_key();
  }
  key_.expire_at_ms = keyspace::never;
  key_.idle_s = -1;
  key_.frequency = -1;
  return true;
}

bool RdbFileReader::check_checksum() {
  if (dialect_ == Dialect::redis && version_ <= rdb_version_unchecked_max) return true;
  const std::uint64_t computed = source_.checksum();
  const auto written = static_cast<std::uint64_t>(from_.milliseconds());
  if (!from_.ok()) return false;
  if (options_.verify_checksum && written != 0 && written != computed) {
    char text[96];
    std::snprintf(
        text, sizeof text, "RDB CRC error: wrong RDB checksum, expected %llx but got %llx",
        static_cast<unsigned long long>(computed), static_cast<unsigned long long>(written));
    return refuse(text);
  }
  return true;
}

// ---- Values that are not here -------------------------------------------------------------------

bool RdbFileReader::skip_value(std::uint8_t type) {
  const std::string what = rdb_type_name(type, dialect_);
  const bool skippable = type == module_type;
  if (!options_.skip_unknown || !skippable)
    return refuse("There is no such value here: " + what +
                  (skippable ? " (rdb-skip-unknown passes over it)" : ""));
  from_.length();
  return skip_module_parts() && note_skipped(what);
}

bool RdbFileReader::skip_module_parts() {
  while (from_.ok()) {
    switch (static_cast<ModulePart>(from_.length())) {
      case ModulePart::end:
        return from_.ok();
      case ModulePart::signed_number:
      case ModulePart::unsigned_number:
        from_.length();
        break;
      case ModulePart::single:
        from_.word();
        break;
      case ModulePart::doubled:
        from_.milliseconds();
        break;
      case ModulePart::string:
        from_.string();
        break;
      default:
        from_.fail();
    }
  }
  return false;
}

}  // namespace respawn::persistence
