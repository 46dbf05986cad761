// The hash table behind Dict, on untyped pointers: where buckets lie, how they move while it
// resizes.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/random.hpp"
#include "base/result.hpp"
#include "keyspace/bucket.hpp"

namespace respawn::keyspace {

/// Hash order: with n buckets, an element whose hash has the upper 48 bits p (its position) lies in
/// bucket p * n / 2^48, so bucket order is hash order for any n, and a place in a scan is a
/// position whatever the size of the table. The fingerprint is the hash's lowest byte.
///
/// Resizing sweeps over the buckets in place, one per insert or erase. Growth goes down from the
/// last one (an element never moves to a lower bucket), shrinking goes up. Positions below
/// `boundary_` are laid out for `lower_` buckets, the others for `upper_`, which is more; both are
/// equal when nothing is going on. Buckets lie in chunks of 512, which come when the sweep reaches
/// them and go when it has passed; a table of less is one array of its size.
///
/// Invariants: a bucket's chain holds exactly the elements of its range of positions; only the last
/// bucket of a chain has free slots, and holds two elements at least; what no mapping uses is
/// empty.
/// Errors: insert throws std::bad_alloc and leaves the table as it was. A sweep that finds no
/// memory waits for better times. Nothing else allocates.
class BucketTable {
 public:
  using HashOf = std::uint64_t (*)(const void* element);

  explicit BucketTable(HashOf hash_of) noexcept;
  BucketTable(const BucketTable&) = delete;
  BucketTable& operator=(const BucketTable&) = delete;

  /// Frees the buckets; the elements are the caller's.
  ~BucketTable();

  [[nodiscard]] std::size_t size() const { return size_; }

  [[nodiscard]] std::size_t bucket_count() const { return upper_; }

  [[nodiscard]] bool resizing() const { return lower_ != upper_; }

  [[nodiscard]] std::size_t memory_bytes() const;

  /// The bucket where a hash belongs; an empty one when there are none.
  [[nodiscard]] const Bucket* home(std::uint64_t hash) const {
    const std::uint64_t index = index_of(position(hash), mapping(position(hash)));
    return &chunks_[index / chunk_buckets][index % chunk_buckets];
  }

  /// Requires that the element is not there.
  void insert(void* element, std::uint64_t hash);

  /// Whether it was there; compares pointers.
  bool erase(const void* element, std::uint64_t hash) noexcept;

  /// Puts `to` in the place of `from`, which must be there and have the same key.
  void replace(const void* from, void* to, std::uint64_t hash);

  /// Each element with the same probability; null when empty.
  [[nodiscard]] void* random(Random& random) const;

  /// A run of elements in position order: those of `bucket` and its chain at or above `from`, all
  /// when `whole`; the run behind it starts at `next` (position_end: there is none).
  struct Run {
    const Bucket* bucket = nullptr;
    std::uint64_t from = 0;
    std::uint64_t next = 0;
    bool whole = true;
  };

  [[nodiscard]] Run run_at(std::uint64_t from) const;

  /// Whole runs, of buckets that lie side by side; the one behind them starts at `next`. At most so
  /// many, and one division for all of them; count 0: run_at() has what is at `from`.
  struct Stretch {
    const Bucket* first = nullptr;
    std::size_t count = 0;
    std::uint64_t next = 0;
  };

  [[nodiscard]] Stretch stretch_at(std::uint64_t from, std::size_t most) const;

  /// Takes an element out in no order, without keeping order: only drain, size and the destructor
  /// may be called afterwards. Null when empty.
  void* drain() noexcept;

  /// The physical bucket `index` (below physical_count()), or null if its chunk is not there. In
  /// all of them and their chains is every element once.
  [[nodiscard]] const Bucket* physical(std::size_t index) const;

  [[nodiscard]] std::size_t physical_count() const { return chunk_count_ * chunk_buckets; }

  [[nodiscard]] Status check_invariants() const;

  static constexpr unsigned position_bits = 48;
  static constexpr std::uint64_t position_end = std::uint64_t{1} << position_bits;

  static std::uint64_t position(std::uint64_t hash) { return hash >> (64 - position_bits); }

  static std::uint8_t fingerprint(std::uint64_t hash) { return static_cast<std::uint8_t>(hash); }

 private:
  static constexpr std::size_t chunk_buckets = 512;
  /// Elements per bucket above which the table grows (in halves) and below which it shrinks.
  static constexpr std::size_t max_load_halves = 15;
  static constexpr std::size_t min_load = 3;
  /// Growth adds a half, shrinking takes a third away.
  static constexpr std::size_t growth_part = 2;
  static constexpr std::size_t shrinking_part = 3;
  static constexpr std::size_t spare_max = 8;

  __extension__ using Wide = unsigned __int128;

  static std::uint64_t index_of(std::uint64_t position, std::uint64_t buckets) {
    return static_cast<std::uint64_t>((Wide{position} * buckets) >> position_bits);
  }

  /// The first position of a bucket.
  static std::uint64_t start_of(std::uint64_t index, std::uint64_t buckets) {
    return static_cast<std::uint64_t>(((Wide{index} << position_bits) + buckets - 1) / buckets);
  }

  [[nodiscard]] bool is_start(std::uint64_t at, std::uint64_t index, std::uint64_t buckets) const {
    return at == 0 || at == boundary_ || index_of(at - 1, buckets) != index;
  }

  [[nodiscard]] std::uint64_t mapping(std::uint64_t at) const {
    return at >= boundary_ ? upper_ : lower_;
  }

  Bucket& bucket(std::size_t index) const {
    return chunks_[index / chunk_buckets][index % chunk_buckets];
  }

  Bucket* home(std::uint64_t hash) {
    return const_cast<Bucket*>(static_cast<const BucketTable*>(this)->home(hash));
  }

  void place(Bucket* at, void* element, std::uint8_t mark);
  Bucket* take_overflow();
  void give_back(Bucket* bucket) noexcept;
  bool reserve_overflow(std::size_t buckets) noexcept;
  void release_overflow(std::size_t keep) noexcept;

  static std::size_t population(const Bucket* bucket);
  void remove_at(Bucket* first, Bucket* at, unsigned slot) noexcept;
  bool ensure_directory(std::size_t buckets) noexcept;
  bool ensure_chunk(std::size_t index) noexcept;
  bool resize_first_chunk(std::size_t buckets) noexcept;
  void free_chunk(std::size_t chunk) noexcept;
  bool begin_growth() noexcept;
  void begin_shrinking() noexcept;
  void finish_resize(std::size_t buckets) noexcept;
  void step() noexcept;
  bool move_bucket(std::size_t index, std::uint64_t from, std::uint64_t to) noexcept;
  void step_growth() noexcept;
  void step_shrinking() noexcept;
  Status check_chain(const Bucket* first, std::size_t& elements, std::size_t& overflow) const;

  Bucket** chunks_;
  std::uint64_t boundary_ = 0;
  std::uint64_t lower_ = 0;
  std::uint64_t upper_ = 0;
  std::size_t size_ = 0;
  HashOf hash_of_;
  std::size_t sweep_ = 0;  // growth: buckets still to move are below; shrinking: from here on
  bool growing_ = false;
  std::size_t chunk_count_ = 0;
  std::size_t chunk_capacity_ = 0;
  std::size_t first_chunk_buckets_ = 0;
  std::size_t chunks_allocated_ = 0;
  Bucket* spare_ = nullptr;  // free overflow buckets, linked by slot 8
  std::size_t spare_count_ = 0;
  std::size_t overflow_count_ = 0;  // in chains
  std::size_t longest_chain_ = 1;   // elements in a bucket's chain, at most
  std::size_t drained_ = 0;         // physical buckets that drain() has done with
};

}  // namespace respawn::keyspace
