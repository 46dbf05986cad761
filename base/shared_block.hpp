// A counted run of bytes: a large value on its way from the socket into the data and out again.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

namespace respawn {

class BlockPtr;

/// Owner: all who hold a BlockPtr to it (the connection that receives it, the batch whose argument
/// it is, the entry that stores it, replies that quote it), on any thread. Whoever is alone with it
/// (unique()) may change it; while it is shared its bytes stay as they are. Memory is neither
/// zeroed nor touched: what is not written yet takes no pages.
/// Invariant: size() <= capacity().
class SharedBlock {
 public:
  SharedBlock(const SharedBlock&) = delete;
  SharedBlock& operator=(const SharedBlock&) = delete;

  /// Room for `bytes` at least, rounded up to what the allocator gives anyway; size() is 0. Throws
  /// std::bad_alloc.
  [[nodiscard]] static BlockPtr create(std::size_t bytes);

  /// Bytes of an allocation that has room for so many.
  [[nodiscard]] static std::size_t allocation_bytes(std::size_t bytes);

  [[nodiscard]] char* data() { return reinterpret_cast<char*>(this + 1); }

  [[nodiscard]] const char* data() const { return reinterpret_cast<const char*>(this + 1); }

  [[nodiscard]] std::size_t size() const { return size_; }

  [[nodiscard]] std::size_t capacity() const { return std::size_t{capacity_units_} * unit_bytes; }

  [[nodiscard]] std::string_view view() const { return {data(), size_}; }

  /// Requires unique(); new bytes are undefined.
  void resize(std::size_t bytes) { size_ = bytes; }

  [[nodiscard]] bool unique() const { return held_by(1); }

  /// Whether so many hold it. One of them asks.
  [[nodiscard]] bool held_by(std::uint32_t holders) const {
    return references_.load(std::memory_order_acquire) == holders;
  }

 private:
  friend class BlockPtr;

  static constexpr std::size_t unit_bytes = 16;

  explicit SharedBlock(std::uint32_t capacity_units) : capacity_units_(capacity_units) {}

  static void destroy(SharedBlock* block) noexcept;

  std::size_t size_ = 0;
  std::atomic<std::uint32_t> references_{1};
  std::uint32_t capacity_units_;
};

static_assert(sizeof(SharedBlock) == 16);

/// One of those who hold a block, or null. A pointer's size.
class BlockPtr {
 public:
  BlockPtr() = default;

  BlockPtr(const BlockPtr& other) noexcept : block_(other.block_) {
    if (block_) block_->references_.fetch_add(1, std::memory_order_relaxed);
  }

  BlockPtr(BlockPtr&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}

  BlockPtr& operator=(BlockPtr other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }

  ~BlockPtr() { reset(); }

  void reset() noexcept {
    SharedBlock* block = std::exchange(block_, nullptr);
    if (block && block->references_.fetch_sub(1, std::memory_order_acq_rel) == 1)
      SharedBlock::destroy(block);
  }

  /// Takes over a hold that release() gave away.
  [[nodiscard]] static BlockPtr adopt(SharedBlock* block) noexcept {
    BlockPtr pointer;
    pointer.block_ = block;
    return pointer;
  }

  /// One more hold on a block that is held. `block` is not null.
  [[nodiscard]] static BlockPtr share(SharedBlock& block) noexcept {
    block.references_.fetch_add(1, std::memory_order_relaxed);
    return adopt(&block);
  }

  /// Gives the hold away, to be adopted again.
  [[nodiscard]] SharedBlock* release() noexcept { return std::exchange(block_, nullptr); }

  [[nodiscard]] SharedBlock* get() const { return block_; }

  SharedBlock& operator*() const { return *block_; }

  SharedBlock* operator->() const { return block_; }

  explicit operator bool() const { return block_ != nullptr; }

 private:
  SharedBlock* block_ = nullptr;
};

}  // namespace respawn
