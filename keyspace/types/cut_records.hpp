// What a cut of a hash table has to remember of the changes ahead of it.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>

#include "keyspace/dict.hpp"
#include "keyspace/types/object.hpp"

namespace respawn::keyspace {

/// An exact record for each element that changed ahead of the cut's position: how it was (an
/// image), or that it was not there (absent). Traits are a Dict's, and
///   static std::size_t allocated(const Element&);               // bytes of it
///   static Element* copy(const Element&);                       // throws std::bad_alloc
///   static Element* make_absent(std::string_view key);          // throws std::bad_alloc
///   static void destroy(Element*) noexcept;
///   static void touch(const Element&);                          // brings it near
/// Owner: a DictCut, then Garbage.
/// Invariants: a key is in one of the two dicts at most; no record lies below lowest().
/// Complexity: O(1), about 12 bytes per record besides the element.
template <class Traits>
class CutRecords final : public Disposable {
 public:
  using Element = typename Traits::Element;

  CutRecords() = default;

  ~CutRecords() override { CutRecords::free_slice(std::numeric_limits<std::size_t>::max()); }

  [[nodiscard]] std::size_t size() const override { return images_.size() + absent_.size(); }

  std::size_t free_slice(std::size_t budget) noexcept override {
    std::size_t freed = 0;
    for (; freed < budget; ++freed) {
      Element* element = images_.drain();
      if (element == nullptr) element = absent_.drain();
      if (element == nullptr) break;
      Traits::destroy(element);
    }
    return freed;
  }

  [[nodiscard]] std::size_t memory_bytes() const {
    return bytes_ + images_.memory_bytes() + absent_.memory_bytes();
  }

  [[nodiscard]] bool contains(std::string_view key, std::uint64_t hash) const {
    return images_.find(key, hash) != nullptr || absent_.find(key, hash) != nullptr;
  }

  /// Requires that there is no record of the key, as add_absent() does. The element is the record's
  /// when this returns. Strong guarantee.
  void add_image(Element* element, std::uint64_t hash) { add(images_, element, hash); }

  void add_absent(std::string_view key, std::uint64_t hash) {
    Element* element = Traits::make_absent(key);
    try {
      add(absent_, element, hash);
    } catch (...) {
      Traits::destroy(element);
      throw;
    }
  }

  /// Drops the record that the key was not there, if that is what there is.
  void forget_absent(std::string_view key, std::uint64_t hash) noexcept {
    if (Element* element = absent_.find(key, hash)) remove(absent_, element, hash);
  }

  /// A position at or below that of each record.
  [[nodiscard]] std::uint64_t lowest() const { return lowest_; }

  /// Drops the records from position `from` up to `end`, calling visit(const Element&) for each
  /// image. Requires that there are none below `from`. Says how many images there were.
  template <class Visitor>
  std::size_t pass(std::uint64_t from, std::uint64_t end, Visitor&& visit) {
    const std::size_t images = take(images_, from, end, visit);
    take(absent_, from, end, [](const Element&) {});
    lowest_ = std::min(first_position(images_, end), first_position(absent_, end));
    return images;
  }

 private:
  using Records = Dict<Traits>;

  static std::uint64_t hash_of(const Element& element) { return hash_bytes(Traits::key(element)); }

  void add(Records& records, Element* element, std::uint64_t hash) {
    records.insert(element, hash);
    bytes_ += Traits::allocated(*element);
    lowest_ = std::min(lowest_, Records::position(hash));
  }

  void remove(Records& records, Element* element, std::uint64_t hash) noexcept {
    bytes_ -= Traits::allocated(*element);
    records.erase(element, hash);
    Traits::destroy(element);
  }

  template <class Visitor>
  std::size_t take(Records& records, std::uint64_t from, std::uint64_t end, Visitor&& visit) {
    std::size_t taken = 0;
    while (from < end && !records.empty()) {
      std::array<Element*, 16> found;
      std::size_t count = 0;
      bool more = false;
      const std::uint64_t next = records.walk_step(from, [&](Element& element) {
        if (Records::position(hash_of(element)) >= end) return;
        if (count < found.size())
          found[count++] = &element;
        else
          more = true;
      });
      for (std::size_t i = 0; i < count; ++i) {
        visit(*found[i]);
        remove(records, found[i], hash_of(*found[i]));
      }
      taken += count;
      if (!more) from = next;
    }
    return taken;
  }

  /// At or above `from`, below which there is nothing.
  static std::uint64_t first_position(const Records& records, std::uint64_t from) {
    std::uint64_t first = Records::position_end;
    while (!records.empty() && from < Records::position_end && first == Records::position_end)
      from = records.walk_step(from, [&](const Element& element) {
        first = std::min(first, Records::position(hash_of(element)));
      });
    return first;
  }

  Records images_;
  Records absent_;
  std::size_t bytes_ = 0;
  std::uint64_t lowest_ = Records::position_end;
};

}  // namespace respawn::keyspace
