// A growable run of bytes: replies are written into it, sockets read from and write out of it.
#pragma once

#include <cstddef>
#include <cstring>
#include <span>
#include <string_view>
#include <utility>

namespace respawn {

/// Owner: whoever holds it (movable, not copyable). Memory is not zeroed. Growth doubles (realloc),
/// so appending n bytes is O(n) amortized. Invariant: size() <= capacity(). Views into it die with
/// the next append, reserve or consume. Throws std::bad_alloc when memory is out.
class Buffer {
 public:
  Buffer() = default;

  Buffer(Buffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        capacity_(std::exchange(other.capacity_, 0)) {}

  Buffer& operator=(Buffer&& other) noexcept {
    swap(other);
    return *this;
  }

  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer();

  void swap(Buffer& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
  }

  [[nodiscard]] const char* data() const { return data_; }

  [[nodiscard]] char* data() { return data_; }

  [[nodiscard]] std::size_t size() const { return size_; }

  [[nodiscard]] std::size_t capacity() const { return capacity_; }

  [[nodiscard]] bool empty() const { return size_ == 0; }

  [[nodiscard]] std::string_view view() const { return {data_, size_}; }

  /// Makes room for `bytes` more and returns where they go; commit() says how many were written.
  char* reserve(std::size_t bytes) {
    if (capacity_ - size_ < bytes) [[unlikely]]
      grow(bytes);
    return data_ + size_;
  }

  void commit(std::size_t bytes) { size_ += bytes; }

  void append(std::string_view bytes) {
    if (bytes.empty()) return;
    std::memcpy(reserve(bytes.size()), bytes.data(), bytes.size());
    size_ += bytes.size();
  }

  void push_back(char byte) {
    *reserve(1) = byte;
    ++size_;
  }

  /// Drops everything behind `size` (which is at most size()).
  void truncate(std::size_t size) { size_ = size; }

  /// Drops the first `bytes`, moving the rest to the front. O(size).
  void consume(std::size_t bytes);

  void clear() { size_ = 0; }

  /// Frees the memory.
  void release();

 private:
  void grow(std::size_t bytes);

  char* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace respawn
