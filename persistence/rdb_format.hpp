// The numbers of the RDB format that its reader and its writer share.
#pragma once

#include <cstdint>

namespace respawn::persistence {

/// What we write where no newer feature is used: redis-server 7.0 reads it.
inline constexpr std::uint16_t rdb_version_written = 10;
/// Since this version (Redis 7.4) fields of a hash may expire.
inline constexpr std::uint16_t rdb_version_field_expiry = 12;
/// Since this version (Redis 8.6) streams remember producers.
inline constexpr std::uint16_t rdb_version_producers = 13;
/// The newest version of a dumped value that we take: that of Redis 8.8.
inline constexpr std::uint16_t rdb_version_max = 14;

/// The newest version of a file that we read. What is in one of those above 12 beside what we know
/// is met by its number.
inline constexpr int rdb_file_version_max = 16;
/// Redis's files up to this version have no checksum.
inline constexpr int rdb_version_unchecked_max = 4;
/// Valkey's files count by themselves from its version 9.0 on.
inline constexpr int valkey_version_min = 80;
inline constexpr int valkey_version_max = 81;

/// How a value is laid out; the byte in front of it.
enum class RdbType : std::uint8_t {
  string = 0,
  list = 1,
  set = 2,
  sorted_set_text = 3,  // scores as text
  hash = 4,
  sorted_set = 5,  // scores as 8 bytes
  hash_zipmap = 9,
  list_ziplist = 10,
  set_intset = 11,
  sorted_set_ziplist = 12,
  hash_ziplist = 13,
  list_quicklist = 14,  // of ziplists
  stream = 15,          // of listpacks
  hash_listpack = 16,
  sorted_set_listpack = 17,
  list_quicklist_2 = 18,  // of listpacks and large elements
  stream_2 = 19,          // with what lag is counted by
  set_listpack = 20,
  stream_3 = 21,                      // with the time when a consumer was active
  hash_expiring_early = 22,           // of release candidates of Redis 7.4; in Valkey's files
                                      // another thing: see read_valkey_hash()
  hash_listpack_expiring_early = 23,  // likewise
  hash_expiring = 24,                 // an expiry with each field
  hash_listpack_expiring = 25,        // the same in a listpack
  stream_4 = 26,                      // with the producers that it remembers
  stream_5 = 27,                      // with what is pending at nobody
};

/// In Valkey's files: a hash of which fields may expire.
inline constexpr std::uint8_t valkey_hash_type = 22;

// Module data, of which there is nothing here: its types.
inline constexpr std::uint8_t module_type_early = 6;
inline constexpr std::uint8_t module_type = 7;

// What stands in the place of a type where no value follows.

/// Redis 8: metadata of modules with the key that follows; Valkey 9: slots that are imported.
inline constexpr std::uint8_t metadata_opcode = 243;
/// A slot of a cluster, how many keys, and how many of them expire.
inline constexpr std::uint8_t slot_opcode = 244;
/// A library of functions: its code as a string follows.
inline constexpr std::uint8_t function_opcode = 245;
/// The same as release candidates of Redis 7.0 wrote it; nobody reads it any more.
inline constexpr std::uint8_t function_opcode_old = 246;
inline constexpr std::uint8_t module_opcode = 247;     // data of a module beside keys
inline constexpr std::uint8_t idle_opcode = 248;       // seconds since the next key was used
inline constexpr std::uint8_t frequency_opcode = 249;  // a byte: how often it is used
inline constexpr std::uint8_t fact_opcode = 250;       // a name and what it says
inline constexpr std::uint8_t resize_opcode = 251;     // keys of the database, and how many expire
inline constexpr std::uint8_t expiry_ms_opcode = 252;  // 8 bytes, of the next key
inline constexpr std::uint8_t expiry_s_opcode = 253;   // 4 bytes
inline constexpr std::uint8_t select_opcode = 254;     // the database of the keys that follow
inline constexpr std::uint8_t end_opcode = 255;

/// What a module's data is made of: a length says what comes next.
enum class ModulePart : std::uint8_t {
  end = 0,
  signed_number = 1,  // a length
  unsigned_number = 2,
  single = 3,   // 4 bytes
  doubled = 4,  // 8 bytes
  string = 5,
};

/// The two top bits of a length's first byte say how it goes on. See RdbWriter::length().
enum class LengthForm : std::uint8_t { bits_6 = 0, bits_14 = 1, wide = 2, special = 3 };

inline constexpr std::uint8_t wide_length_32 = 0x80;  // 4 bytes follow, big endian
inline constexpr std::uint8_t wide_length_64 = 0x81;  // 8 bytes follow, big endian

/// What stands in place of a length: the low bits of LengthForm::special.
enum class SpecialString : std::uint8_t { int_8 = 0, int_16 = 1, int_32 = 2, lzf = 3 };

/// Nodes of list_quicklist_2.
inline constexpr std::uint64_t plain_node = 1;   // one large element
inline constexpr std::uint64_t packed_node = 2;  // a listpack

/// Flags of an entry in a node of a stream.
inline constexpr std::int64_t stream_entry_deleted = 1;
inline constexpr std::int64_t stream_entry_same_names = 2;

/// Scores as text: their length, or one of these.
inline constexpr std::uint8_t score_nan = 253;
inline constexpr std::uint8_t score_infinity = 254;
inline constexpr std::uint8_t score_negative_infinity = 255;

/// Expiries of fields are 48-bit milliseconds since 1970.
inline constexpr std::int64_t field_expiry_max_ms = (std::int64_t{1} << 48) - 2;

}  // namespace respawn::persistence
