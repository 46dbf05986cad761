// HyperLogLog: how many different elements were added, estimated with a standard error of 0.81 %
// in at most 12304 bytes.
//
// Papers: P. Flajolet, É. Fusy, O. Gandouet, F. Meunier, "HyperLogLog: the analysis of a
// near-optimal cardinality estimation algorithm", AofA 2007. S. Heule, M. Nunkesser, A. Hall,
// "HyperLogLog in practice", EDBT 2013 (64-bit hashes, few registers kept sparsely). O. Ertl, "New
// cardinality estimation algorithms for HyperLogLog sketches", arXiv:1702.01284 (the estimator).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace respawn::keyspace::hyperloglog {

/// A sketch is a string at a key, byte for byte as Redis makes it, so that GET, SET, DUMP and
/// RESTORE carry it from one server to another. It may also be any bytes a client has written:
/// nothing here reads or writes out of bounds whatever they are.
///
/// Header, 16 bytes: "HYLL"; the encoding; three bytes of 0; the count that was estimated last, 64
/// bits little endian, its highest bit set when registers were changed since.
/// Dense: 16384 registers of 6 bits, the first one in the low bits of the first byte.
/// Sparse: runs of equal registers that cover them all,
///   00nnnnnn            n+1 registers (to 64) are 0
///   01nnnnnn nnnnnnnn   n+1 registers (to 16384) are 0
///   1vvvvvnn            n+1 registers (to 4) are v+1 (to 32)
inline constexpr std::size_t header_bytes = 16;
inline constexpr std::size_t register_count = 16384;
inline constexpr std::size_t dense_bytes = header_bytes + register_count * 6 / 8;

enum class Encoding : std::uint8_t { dense, sparse };

/// All registers, unpacked.
using Registers = std::array<std::uint8_t, register_count>;

/// What one element says: that a register is at least `rank`.
struct Observation {
  std::uint16_t index = 0;
  std::uint8_t rank = 0;  // 1 to 51
};

/// MurmurHash64A of the element: 14 bits are the register, the zeros behind them the rank.
[[nodiscard]] Observation observe(std::string_view element);

/// A sparse sketch of nothing.
[[nodiscard]] std::string make_empty();

/// Whether the bytes are a sketch as far as the header and, of a dense one, the length tell. All
/// that follows requires it of the `sketch` it is given.
[[nodiscard]] bool is_sketch(std::string_view bytes);

[[nodiscard]] Encoding encoding_of(std::string_view sketch);

/// The count in the header, unless it is out of date.
[[nodiscard]] std::optional<std::uint64_t> cached_count(std::string_view sketch);
void cache_count(char* sketch, std::uint64_t count);
void forget_count(char* sketch);

/// Estimates anew; none when the sparse runs do not cover the registers. O(bytes).
[[nodiscard]] std::optional<std::uint64_t> estimate(std::string_view sketch);
[[nodiscard]] std::uint64_t estimate(const Registers& registers);

/// Raises each register to what the sketch has. False, some being raised, when its runs do not
/// cover them.
[[nodiscard]] bool merge_into(Registers& registers, std::string_view sketch);

/// Makes a sparse sketch dense, header and all. False, and nothing changed, when its runs do not
/// cover the registers.
[[nodiscard]] bool make_dense(std::string& sketch);

/// Raises one register of a dense sketch in place, and says whether it was lower. The cached count
/// stays. O(1).
bool raise_dense(char* sketch, Observation seen);

enum class Change : std::uint8_t { none, raised, corrupted };

/// Raises one register of a sketch of either encoding; a sparse one becomes dense when the rank
/// needs it, or when it would grow past `sparse_max_bytes`. The cached count stays. When corrupted
/// nothing is changed. O(bytes) when sparse.
[[nodiscard]] Change raise(std::string& sketch, Observation seen, std::size_t sparse_max_bytes);

/// The runs of a sparse sketch as text: "Z:100 v:3,1 z:20" (PFDEBUG DECODE).
[[nodiscard]] std::string describe_runs(std::string_view sketch);

}  // namespace respawn::keyspace::hyperloglog
