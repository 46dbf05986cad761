// A cut of a hash table: its elements as they were at one moment, read in slices.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <string_view>
#include <utility>

#include "keyspace/dict.hpp"
#include "keyspace/garbage.hpp"
#include "keyspace/types/cut_records.hpp"
#include "keyspace/types/element_cut.hpp"

namespace respawn::keyspace {

/// Goes through the dict in hash order, as SnapshotWalk does through keys. What lies below the
/// cursor has been visited; the first change of an element at or above it leaves a record of how
/// the element was. The walk passes over the elements of which there are records, and visits and
/// drops the records themselves when it comes to their positions.
///
/// Traits: see CutRecords. Owner: see ElementCut; the table calls the static functions. Hashes
/// passed in are hash_bytes(key).
/// Complexity: O(1) per change; a change behind the cursor, or the second one of an element,
/// allocates nothing.
template <class Traits>
class DictCut : public ElementCut {
 public:
  using Element = typename Traits::Element;

  /// Bytes of what there are records of, all in all.
  [[nodiscard]] std::size_t held_bytes() const {
    return records_ == nullptr ? 0 : records_->memory_bytes();
  }

  /// Whether the element, which is there, has to be kept for a cut when it changes.
  static bool wanted(const CutList& cuts, std::string_view key, std::uint64_t hash) {
    bool some = false;
    cuts.for_each<DictCut>([&](const DictCut& cut) { some = some || cut.wants(key, hash); });
    return some;
  }

  /// An element with a new key was put into the table.
  static void added(const CutList& cuts, std::string_view key, std::uint64_t hash) noexcept {
    cuts.for_each<DictCut>([&](DictCut& cut) {
      if (cut.wants(key, hash))
        cut.record([&](Records& records) { records.add_absent(key, hash); });
    });
  }

  /// The element has left the table, where there is `another` of its key or none any more: it goes
  /// to the cuts that it is part of, or is destroyed.
  static void retire(const CutList& cuts, Element* element, std::uint64_t hash,
                     bool another) noexcept {
    DictCut* heir = nullptr;
    {
      const auto& key = Traits::key(*element);
      cuts.for_each<DictCut>([&](DictCut& cut) {
        if (cut.wants(key, hash)) {
          if (heir != nullptr) cut.keep_copy(*element, hash);
          if (heir == nullptr) heir = &cut;
        } else if (!another && cut.records_ != nullptr) {
          cut.records_->forget_absent(key, hash);
        }
      });
    }
    if (heir == nullptr ||
        !heir->record([&](Records& records) { records.add_image(element, hash); }))
      Traits::destroy(element);
  }

 protected:
  DictCut(const Dict<Traits>& dict, CutList& cuts, Garbage& garbage)
      : ElementCut(cuts, dict.size(), garbage), dict_(dict) {}

  ~DictCut() {
    if (records_ != nullptr) garbage().take(std::move(records_), 0);
  }

  /// Visits elements for about as long as `elements` take, calling visit(const Element&); those
  /// that it passes over count too. False when there are no more, or the cut has failed.
  template <class Visitor>
  bool step_through(std::size_t elements, Visitor&& visit) {
    if (!reading()) return false;
    try {
      for (std::size_t seen = 0; seen < std::max<std::size_t>(elements, 1);) {
        seen += walk(elements - std::min(seen, elements), visit);
        if (cursor_ < Dict<Traits>::position_end) continue;
        records_.reset();
        finish();
        return false;
      }
    } catch (...) {
      fail();
      throw;
    }
    return true;
  }

 private:
  using Records = CutRecords<Traits>;
  using Stretch = typename Dict<Traits>::Stretch;

  /// Buckets whose elements are fetched side by side, and how many elements each may have.
  static constexpr std::size_t buckets_at_once = 4;
  static constexpr std::size_t bucket_elements = 5;

  /// Whether it is ahead and there is no record of it yet.
  [[nodiscard]] bool wants(std::string_view key, std::uint64_t hash) const {
    return Dict<Traits>::position(hash) >= cursor_ &&
           (records_ == nullptr || !records_->contains(key, hash));
  }

  void keep_copy(const Element& element, std::uint64_t hash) noexcept {
    record([&](Records& records) {
      Element* copy = Traits::copy(element);
      try {
        records.add_image(copy, hash);
      } catch (...) {
        Traits::destroy(copy);
        throw;
      }
    });
  }

  /// Whether there was memory for it; if not, the cut has failed.
  template <class Add>
  bool record(Add&& add) noexcept {
    try {
      if (records_ == nullptr) records_ = std::make_unique<Records>();
      add(*records_);
      return true;
    } catch (const std::bad_alloc&) {
      fail();
      return false;
    }
  }

  /// A few buckets; how many elements were looked at, one at least, so that it ends.
  template <class Visitor>
  std::size_t walk(std::size_t elements, Visitor&& visit) {
    const std::size_t most =
        std::clamp(elements / bucket_elements, std::size_t{1}, buckets_at_once);
    const Stretch stretch = dict_.stretch_at(cursor_, most);
    Dict<Traits>::visit_stretch(stretch, [](const Element& element) { Traits::touch(element); });
    const std::uint64_t from = cursor_;
    const bool clear =
        records_ == nullptr || (stretch.count > 0 && records_->lowest() >= stretch.next);
    std::size_t seen = 1;
    const auto look_at = [&](const Element& element) {
      ++seen;
      if (clear || !is_recorded(element)) visit(element);
    };
    if (stretch.count > 0) {
      Dict<Traits>::visit_stretch(stretch, look_at);
      cursor_ = stretch.next;
    } else {
      cursor_ = dict_.walk_step(from, look_at);
    }
    if (!clear) seen += records_->pass(from, cursor_, visit);
    return seen;
  }

  [[nodiscard]] bool is_recorded(const Element& element) const {
    const auto& key = Traits::key(element);
    return records_->contains(key, hash_bytes(key));
  }

  const Dict<Traits>& dict_;
  std::unique_ptr<Records> records_;
  std::uint64_t cursor_ = 0;
};

}  // namespace respawn::keyspace
