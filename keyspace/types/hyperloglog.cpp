#include "keyspace/types/hyperloglog.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <limits>

#include "base/check.hpp"

namespace respawn::keyspace::hyperloglog {

namespace {

constexpr unsigned index_bits = 14;
constexpr unsigned rank_bits_max = 64 - index_bits;  // bits of a hash behind the index
constexpr std::string_view magic = "HYLL";
constexpr std::size_t encoding_offset = 4;
constexpr std::size_t count_offset = 8;
constexpr std::uint8_t out_of_date = 0x80;  // in the last byte of the count

/// How many registers have each value; one of 6 bits may have any, whatever ranks there are.
using Histogram = std::array<std::uint32_t, 64>;

std::uint8_t byte_at(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint8_t>(bytes[at]);
}

std::uint64_t read_little_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = bytes.size(); i > 0; --i) value = value << 8 | byte_at(bytes, i - 1);
  return value;
}

/// A. Appleby's MurmurHash64A (public domain), of bytes in little endian order.
std::uint64_t murmur_hash(std::string_view bytes, std::uint64_t seed) {
  constexpr std::uint64_t factor = 0xc6a4a7935bd1e995;
  constexpr unsigned shift = 47;
  std::uint64_t hash = seed ^ bytes.size() * factor;
  for (; bytes.size() >= 8; bytes.remove_prefix(8)) {
    std::uint64_t word = read_little_endian(bytes.substr(0, 8)) * factor;
    word ^= word >> shift;
    hash = (hash ^ word * factor) * factor;
  }
  if (!bytes.empty()) hash = (hash ^ read_little_endian(bytes)) * factor;
  hash = (hash ^ hash >> shift) * factor;
  return hash ^ hash >> shift;
}

// Dense registers: four of them are three bytes.

void unpack(std::string_view sketch, Registers& registers) {
  std::size_t at = header_bytes;
  for (std::size_t i = 0; i < register_count; i += 4, at += 3) {
    const unsigned a = byte_at(sketch, at);
    const unsigned b = byte_at(sketch, at + 1);
    const unsigned c = byte_at(sketch, at + 2);
    registers[i] = static_cast<std::uint8_t>(a & 63);
    registers[i + 1] = static_cast<std::uint8_t>((a >> 6 | b << 2) & 63);
    registers[i + 2] = static_cast<std::uint8_t>((b >> 4 | c << 4) & 63);
    registers[i + 3] = static_cast<std::uint8_t>(c >> 2);
  }
}

void pack(const Registers& registers, char* sketch) {
  char* at = sketch + header_bytes;
  for (std::size_t i = 0; i < register_count; i += 4) {
    const unsigned word = registers[i] | static_cast<unsigned>(registers[i + 1]) << 6 |
                          static_cast<unsigned>(registers[i + 2]) << 12 |
                          static_cast<unsigned>(registers[i + 3]) << 18;
    for (unsigned shift = 0; shift < 24; shift += 8) *at++ = static_cast<char>(word >> shift);
  }
}

// Sparse runs.

struct Run {
  std::uint8_t value = 0;
  std::size_t length = 0;  // registers
  std::size_t bytes = 1;   // that it takes
};

constexpr std::size_t short_zeros_max = 64;
constexpr std::size_t equal_values_max = 4;
constexpr unsigned sparse_rank_max = 32;

/// The run at `at`, which is within the bytes. The second byte of one that is cut off counts as 0.
Run read_run(std::string_view sketch, std::size_t at) {
  const unsigned first = byte_at(sketch, at);
  if (first & 0x80) return {static_cast<std::uint8_t>((first >> 2 & 31) + 1), (first & 3) + 1, 1};
  if ((first & 0x40) == 0) return {0, first + 1, 1};
  const bool whole = at + 1 < sketch.size();
  const unsigned second = whole ? byte_at(sketch, at + 1) : 0;
  return {0, ((first & 63) << 8 | second) + 1, whole ? 2U : 1U};
}

/// The longest replacement of a run: zeros, a value, zeros.
struct RunBuffer {
  std::array<char, 5> bytes{};
  std::size_t size = 0;

  /// Nothing for a length of 0.
  void add(std::uint8_t value, std::size_t length) {
    if (length == 0) return;
    const std::size_t least = length - 1;
    if (value > 0) {
      put(0x80U | static_cast<unsigned>(value - 1) << 2 | least);
    } else if (length <= short_zeros_max) {
      put(least);
    } else {
      put(0x40U | least >> 8);
      put(least & 0xff);
    }
  }

 private:
  void put(std::size_t byte) { bytes[size++] = static_cast<char>(byte); }
};

/// Raises registers to what the runs say. False when the runs do not cover just them.
bool raise_by_runs(std::string_view sketch, Registers& registers) {
  std::size_t filled = 0;
  for (std::size_t at = header_bytes; at < sketch.size();) {
    const Run run = read_run(sketch, at);
    if (filled + run.length > register_count) return false;
    for (std::size_t i = filled; run.value > 0 && i < filled + run.length; ++i)
      registers[i] = std::max(registers[i], run.value);
    filled += run.length;
    at += run.bytes;
  }
  return filled == register_count;
}

/// Among the five runs from `at` on, makes one of neighbours that have the same value. Which ones
/// are joined decides about the bytes of a sketch: as many, and in the same order, as in Redis.
void join_runs(std::string& sketch, std::size_t at) {
  for (int steps = 5; steps > 0 && at < sketch.size(); --steps) {
    const Run run = read_run(sketch, at);
    if (run.value > 0 && at + 1 < sketch.size()) {
      const Run next = read_run(sketch, at + 1);
      if (next.value == run.value && run.length + next.length <= equal_values_max) {
        RunBuffer joined;
        joined.add(run.value, run.length + next.length);
        sketch[at] = joined.bytes[0];
        sketch.erase(at + 1, 1);
        continue;
      }
    }
    at += run.bytes;
  }
}

/// Makes the sketch dense and raises the register.
Change promote(std::string& sketch, Observation seen) {
  if (!make_dense(sketch)) return Change::corrupted;
  raise_dense(sketch.data(), seen);
  return Change::raised;
}

Change raise_sparse(std::string& sketch, Observation seen, std::size_t sparse_max_bytes) {
  if (seen.rank > sparse_rank_max) return promote(sketch, seen);
  std::size_t before = header_bytes;
  std::size_t at = header_bytes;
  std::size_t first = 0;  // register of the run
  Run run;
  for (;; before = at, at += run.bytes, first += run.length) {
    if (at >= sketch.size()) return Change::corrupted;
    run = read_run(sketch, at);
    if (seen.index < first + run.length) break;
  }
  if (run.value >= seen.rank) return Change::none;

  RunBuffer parts;
  parts.add(run.value, seen.index - first);
  parts.add(seen.rank, 1);
  parts.add(run.value, first + run.length - 1 - seen.index);
  if (parts.size > run.bytes && sketch.size() + parts.size - run.bytes > sparse_max_bytes)
    return promote(sketch, seen);
  sketch.replace(at, run.bytes, parts.bytes.data(), parts.size);
  join_runs(sketch, before);
  return Change::raised;
}

// The estimator: sigma and tau are Ertl's functions of the registers that are 0, and of those that
// are full (algorithm 6).

double sigma(double x) {
  if (x == 1.0) return std::numeric_limits<double>::infinity();
  double sum = x;
  for (double weight = 1.0, before = -1.0; sum != before; weight += weight) {
    before = sum;
    x *= x;
    sum += x * weight;
  }
  return sum;
}

double tau(double x) {
  if (x == 0.0 || x == 1.0) return 0.0;
  double sum = 1.0 - x;
  for (double weight = 0.5, before = -1.0; sum != before; weight *= 0.5) {
    before = sum;
    x = std::sqrt(x);
    sum -= (1.0 - x) * (1.0 - x) * weight;
  }
  return sum / 3.0;
}

std::uint64_t estimate_from(const Histogram& histogram) {
  constexpr double m = register_count;
  constexpr double alpha = 0.721347520444481703680;  // 1 / (2 ln 2)
  double sum = m * tau((m - histogram[rank_bits_max + 1]) / m);
  for (std::size_t rank = rank_bits_max; rank > 0; --rank) sum = (sum + histogram[rank]) * 0.5;
  sum += m * sigma(histogram[0] / m);
  const double count = alpha * m * m / sum;
  // Only made-up registers lead here. Redis's conversion overflows to the number with this bit.
  constexpr double limit = 0x1p63;
  if (!(count < limit)) return std::uint64_t{1} << 63;
  return static_cast<std::uint64_t>(std::llround(count));
}

std::optional<Histogram> histogram_of_runs(std::string_view sketch) {
  Histogram histogram{};
  std::size_t filled = 0;
  for (std::size_t at = header_bytes; at < sketch.size() && filled <= register_count;) {
    const Run run = read_run(sketch, at);
    histogram[run.value] += static_cast<std::uint32_t>(run.length);
    filled += run.length;
    at += run.bytes;
  }
  if (filled != register_count) return std::nullopt;
  return histogram;
}

}  // namespace

Observation observe(std::string_view element) {
  const std::uint64_t hash = murmur_hash(element, 0xadc83b19);
  const std::uint64_t ranked = hash >> index_bits | std::uint64_t{1} << rank_bits_max;
  return {static_cast<std::uint16_t>(hash % register_count),
          static_cast<std::uint8_t>(std::countr_zero(ranked) + 1)};
}

std::string make_empty() {
  std::string sketch(magic);
  sketch.resize(header_bytes);
  sketch[encoding_offset] = static_cast<char>(Encoding::sparse);
  RunBuffer zeros;
  zeros.add(0, register_count);
  return sketch.append(zeros.bytes.data(), zeros.size);
}

bool is_sketch(std::string_view bytes) {
  if (bytes.size() < header_bytes || !bytes.starts_with(magic)) return false;
  const std::uint8_t encoding = byte_at(bytes, encoding_offset);
  return encoding == static_cast<std::uint8_t>(Encoding::sparse) ||
         (encoding == static_cast<std::uint8_t>(Encoding::dense) && bytes.size() == dense_bytes);
}

Encoding encoding_of(std::string_view sketch) {
  return static_cast<Encoding>(sketch[encoding_offset]);
}

std::optional<std::uint64_t> cached_count(std::string_view sketch) {
  if (byte_at(sketch, header_bytes - 1) & out_of_date) return std::nullopt;
  return read_little_endian(sketch.substr(count_offset, 8));
}

void cache_count(char* sketch, std::uint64_t count) {
  for (std::size_t i = count_offset; i < header_bytes; ++i, count >>= 8)
    sketch[i] = static_cast<char>(count);
}

void forget_count(char* sketch) {
  char& last = sketch[header_bytes - 1];
  last = static_cast<char>(static_cast<std::uint8_t>(last) | out_of_date);
}

std::optional<std::uint64_t> estimate(std::string_view sketch) {
  if (encoding_of(sketch) == Encoding::dense) {
    Registers registers;
    unpack(sketch, registers);
    return estimate(registers);
  }
  const auto histogram = histogram_of_runs(sketch);
  if (!histogram) return std::nullopt;
  return estimate_from(*histogram);
}

std::uint64_t estimate(const Registers& registers) {
  // Neighbours count into different histograms: else each would wait for the one before it, as
  // most registers are alike.
  std::array<Histogram, 4> parts{};
  for (std::size_t i = 0; i < register_count; i += parts.size())
    for (std::size_t part = 0; part < parts.size(); ++part) ++parts[part][registers[i + part]];
  Histogram histogram{};
  for (const Histogram& part : parts)
    std::transform(part.begin(), part.end(), histogram.begin(), histogram.begin(), std::plus<>{});
  return estimate_from(histogram);
}

bool merge_into(Registers& registers, std::string_view sketch) {
  if (encoding_of(sketch) == Encoding::sparse) return raise_by_runs(sketch, registers);
  Registers others;
  unpack(sketch, others);
  for (std::size_t i = 0; i < register_count; ++i) registers[i] = std::max(registers[i], others[i]);
  return true;
}

bool make_dense(std::string& sketch) {
  if (encoding_of(sketch) == Encoding::dense) return true;
  Registers registers{};
  if (!raise_by_runs(sketch, registers)) return false;
  sketch.resize(dense_bytes);
  sketch[encoding_offset] = static_cast<char>(Encoding::dense);
  pack(registers, sketch.data());
  return true;
}

bool raise_dense(char* sketch, Observation seen) {
  RESPAWN_CHECK(seen.index < register_count);
  const std::size_t bit = std::size_t{seen.index} * 6;
  char* at = sketch + header_bytes + bit / 8;
  const unsigned shift = bit % 8;
  const bool two_bytes = shift > 2;  // the last register is in one
  unsigned word = static_cast<std::uint8_t>(at[0]);
  if (two_bytes) word |= static_cast<unsigned>(static_cast<std::uint8_t>(at[1])) << 8;
  if ((word >> shift & 63) >= seen.rank) return false;
  word = (word & ~(63U << shift)) | static_cast<unsigned>(seen.rank) << shift;
  at[0] = static_cast<char>(word);
  if (two_bytes) at[1] = static_cast<char>(word >> 8);
  return true;
}

Change raise(std::string& sketch, Observation seen, std::size_t sparse_max_bytes) {
  if (encoding_of(sketch) == Encoding::sparse) return raise_sparse(sketch, seen, sparse_max_bytes);
  return raise_dense(sketch.data(), seen) ? Change::raised : Change::none;
}

std::string describe_runs(std::string_view sketch) {
  std::string text;
  for (std::size_t at = header_bytes; at < sketch.size();) {
    const Run run = read_run(sketch, at);
    const bool is_long = (byte_at(sketch, at) & 0xc0) == 0x40;
    at += run.bytes;
    if (!text.empty()) text += ' ';
    if (run.value > 0)
      text += "v:" + std::to_string(run.value) + ',' + std::to_string(run.length);
    else
      text += (is_long ? "Z:" : "z:") + std::to_string(run.length);
  }
  return text;
}

}  // namespace respawn::keyspace::hyperloglog
