// Long strings as they were at one moment, read in slices while they change in place.
#pragma once

#include <cstddef>
#include <limits>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/shared_block.hpp"
#include "keyspace/garbage.hpp"

namespace respawn::keyspace {

class StringCut;

/// Bytes from `from` on, those at `to` not included.
struct ByteRange {
  std::size_t from = 0;
  std::size_t to = std::numeric_limits<std::size_t>::max();
};

/// Which strings are cut. A string that is held by its entry and by cuts alone is changed in place:
/// who is about to says so here, and what the cuts have not read yet is saved, a page at a time.
/// Owner: Databases.
class StringCuts {
 public:
  /// These bytes of the block are about to change. Says how many cuts hold it. Throws
  /// std::bad_alloc, and then nothing may be changed. O(bytes that change).
  std::uint32_t prepare(const SharedBlock& block, ByteRange changes) {
    return cuts_.empty() ? 0 : prepare_cuts(block, changes);
  }

 private:
  friend class StringCut;

  std::uint32_t prepare_cuts(const SharedBlock& block, ByteRange changes);

  std::unordered_multimap<const SharedBlock*, StringCut*> cuts_;
};

/// The bytes that a string has when this is made. Owner: who reads them (a snapshot); outlives
/// neither `among` nor `garbage`. Where the string is given another block, this one stays as it is
/// until it has been read.
/// Memory: the pages (4 KB) that were about to change before they were read, and 8 bytes for each
/// of 512 pages where one of them was.
class StringCut {
 public:
  /// The block is not null, and not empty.
  StringCut(StringCuts& among, Garbage& garbage, BlockPtr block);
  StringCut(const StringCut&) = delete;
  StringCut& operator=(const StringCut&) = delete;
  ~StringCut();

  /// Of the whole string.
  [[nodiscard]] std::size_t size() const { return size_; }

  [[nodiscard]] bool done() const { return read_ == size_; }

  /// The next bytes, at most a page. Valid until the next call. Requires !done().
  [[nodiscard]] std::string_view next();

  [[nodiscard]] const SharedBlock& block() const { return *block_; }

  /// What would be free without this: pages, and the block once the string has another one.
  [[nodiscard]] std::size_t held_bytes() const;

 private:
  friend class StringCuts;

  static constexpr std::size_t page_bytes = 4096;

  class Pages;

  void save(ByteRange changes);

  StringCuts& among_;
  Garbage& garbage_;
  BlockPtr block_;
  std::size_t size_;
  std::size_t read_ = 0;
  std::unique_ptr<Pages> pages_;
};

}  // namespace respawn::keyspace
