// A hash table of pointers to things that contain their own key: the keys of a database, later the
// members of sets and hashes.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/bring_near.hpp"
#include "keyspace/bucket_table.hpp"
#include "keyspace/same_bytes.hpp"
#include "keyspace/siphash.hpp"

namespace respawn::keyspace {

/// Traits: `Element`, and `static std::string_view key(const Element&)`. The dict does not own its
/// elements. Hashes passed in are hash_bytes(key). Owner: one thread.
/// Complexity: O(1) worst case per call but for chains, whose length the keyed hash bounds; no call
/// moves more than one bucket's elements or allocates more than a chunk of 32 KB and a directory
/// of 1/64 byte per bucket. About 11 bytes per element at any size (docs/decisions/0003-dict.md).
/// What a snapshot without fork needs instead of versions per bucket: hash order. What lies below
/// its position is written already, whatever the table does meanwhile.
template <class Traits>
class Dict {
 public:
  using Element = typename Traits::Element;

  Dict() noexcept : table_(&hash_of) {}

  [[nodiscard]] std::size_t size() const { return table_.size(); }

  [[nodiscard]] bool empty() const { return table_.size() == 0; }

  [[nodiscard]] std::size_t bucket_count() const { return table_.bucket_count(); }

  [[nodiscard]] bool resizing() const { return table_.resizing(); }

  [[nodiscard]] std::size_t memory_bytes() const { return table_.memory_bytes(); }

  [[nodiscard]] Element* find(std::string_view key, std::uint64_t hash) const {
    const Bucket* bucket = table_.home(hash);
    for (;;) {
      for (unsigned hits = bucket->match(BucketTable::fingerprint(hash)); hits != 0;
           hits &= hits - 1) {
        auto* element =
            static_cast<Element*>(bucket->element(static_cast<unsigned>(std::countr_zero(hits))));
        if (same_bytes(Traits::key(*element), key)) return element;
      }
      if (!bucket->chained()) return nullptr;
      bucket = bucket->next();
    }
  }

  /// Brings the bucket of a hash near.
  void prefetch(std::uint64_t hash) const { __builtin_prefetch(table_.home(hash)); }

  /// Brings the elements near that find() would look at; best after prefetch() had its time.
  void prefetch_element(std::uint64_t hash) const {
    const Bucket* bucket = table_.home(hash);
    for (unsigned hits = bucket->match(BucketTable::fingerprint(hash)); hits != 0; hits &= hits - 1)
      bring_near(bucket->element(static_cast<unsigned>(std::countr_zero(hits))));
  }

  /// Requires that no element has this key. Strong guarantee.
  void insert(Element* element, std::uint64_t hash) { table_.insert(element, hash); }

  /// Whether it was there.
  bool erase(const Element* element, std::uint64_t hash) noexcept {
    return table_.erase(element, hash);
  }

  /// The element moved: puts `to` in its place. Requires that `from` is there; reads neither.
  void replace(const Element* from, Element* to, std::uint64_t hash) {
    table_.replace(from, to, hash);
  }

  /// Each element with the same probability; null when empty.
  [[nodiscard]] Element* random(Random& random) const {
    return static_cast<Element*>(table_.random(random));
  }

  /// Visits all elements of one bucket, drawn at random. Keys of a bucket have nothing in common,
  /// so each element is visited with the same probability (up to 1.5 times that while the dict is
  /// resized). Maybe none.
  template <class Visitor>
  void sample(Random& random, Visitor&& visit) const {
    visit_chain(table_.run_at(random.below(BucketTable::position_end)).bucket, visit);
  }

  /// Visits the elements of whole buckets from `cursor` on until `count` or more are visited or
  /// ten times as many buckets were looked at; returns the next cursor, 0 at the end. Cursors are
  /// positions, at most 48 bits.
  template <class Visitor>
  std::uint64_t scan(std::uint64_t cursor, std::size_t count, Visitor&& visit) const {
    std::size_t visited = 0;
    for (std::size_t buckets = 0; cursor < BucketTable::position_end; ++buckets) {
      if (visited >= count || buckets / 10 >= count) return cursor;
      const BucketTable::Run run = table_.run_at(cursor);
      visit_chain(run.bucket, [&](Element& element) {
        if (!run.whole && BucketTable::position(hash_of(&element)) < run.from) return;
        ++visited;
        visit(element);
      });
      cursor = run.next;
    }
    return 0;
  }

  /// The same in hash order for who walks the whole dict in slices while it changes: position of a
  /// hash, comparable with cursors. An element is behind a scan exactly when this is below its
  /// cursor.
  static std::uint64_t position(std::uint64_t hash) { return BucketTable::position(hash); }

  static constexpr std::uint64_t position_end = BucketTable::position_end;

  /// One step of such a walk: visits the elements from position `from` up to the one that is
  /// returned (position_end: there is no more), those of one bucket at most.
  template <class Visitor>
  std::uint64_t walk_step(std::uint64_t from, Visitor&& visit) const {
    const BucketTable::Run run = table_.run_at(from);
    visit_chain(run.bucket, [&](Element& element) {
      if (!run.whole && BucketTable::position(hash_of(&element)) < run.from) return;
      visit(element);
    });
    return run.next;
  }

  /// Several steps at once, for who wants the elements of several buckets fetched side by side:
  /// those from `from` up to `next`, until the next change of the dict. None (count 0): it takes a
  /// walk_step() to come to the begin of a bucket.
  using Stretch = BucketTable::Stretch;

  [[nodiscard]] Stretch stretch_at(std::uint64_t from, std::size_t buckets_max) const {
    return table_.stretch_at(from, buckets_max);
  }

  template <class Visitor>
  static void visit_stretch(const Stretch& stretch, Visitor&& visit) {
    for (std::size_t i = 0; i < stretch.count; ++i) visit_chain(stretch.first + i, visit);
  }

  template <class Visitor>
  void for_each(Visitor&& visit) const {
    for (std::size_t i = 0; i < table_.physical_count(); ++i)
      if (const Bucket* bucket = table_.physical(i)) visit_chain(bucket, visit);
  }

  /// Takes any element out; null when none is left. Afterwards only drain(), size() and
  /// destruction are allowed: what Garbage does with a dict.
  Element* drain() noexcept { return static_cast<Element*>(table_.drain()); }

  [[nodiscard]] Status check_invariants() const { return table_.check_invariants(); }

 private:
  static std::uint64_t hash_of(const void* element) {
    return hash_bytes(Traits::key(*static_cast<const Element*>(element)));
  }

  template <class Visitor>
  static void visit_chain(const Bucket* bucket, Visitor&& visit) {
    for (;;) {
      for (unsigned slot = 0; slot < bucket->count(); ++slot)
        visit(*static_cast<Element*>(bucket->element(slot)));
      if (!bucket->chained()) return;
      bucket = bucket->next();
    }
  }

  BucketTable table_;
};

}  // namespace respawn::keyspace
