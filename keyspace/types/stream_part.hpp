// What several streams may hold together: a group, or what is remembered of producers.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

namespace respawn::keyspace {

/// Owner: a Stream. Perhaps others hold the same T; it counts them (`holders_`, 1 at first), and
/// whoever changes it copies it before. May be null.
template <class T>
class StreamPart {
 public:
  StreamPart() noexcept = default;

  explicit StreamPart(std::unique_ptr<T> part) noexcept : part_(part.release()) {}

  StreamPart(StreamPart&& other) noexcept : part_(std::exchange(other.part_, nullptr)) {}

  StreamPart& operator=(StreamPart&& other) noexcept {
    std::swap(part_, other.part_);
    return *this;
  }

  ~StreamPart() { take(); }

  [[nodiscard]] StreamPart share() const noexcept {
    StreamPart same;
    same.part_ = part_;
    if (part_ != nullptr) ++part_->holders_;
    return same;
  }

  [[nodiscard]] const T* get() const { return part_; }

  const T* operator->() const { return part_; }

  const T& operator*() const { return *part_; }

  explicit operator bool() const { return part_ != nullptr; }

  /// Requires that it is not null.
  [[nodiscard]] bool is_shared() const { return part_->holders_ != 1; }

  /// Nobody else holds it from now on: if others do, it becomes what `copy` makes of it. Requires
  /// that it is not null. Throws what `copy` throws.
  T& own(std::unique_ptr<T> (T::*copy)() const) {
    if (is_shared()) [[unlikely]]
      *this = StreamPart((part_->*copy)());
    return *part_;
  }

  /// It is null from now on. Returns what nobody else holds.
  std::unique_ptr<T> take() noexcept {
    T* const part = std::exchange(part_, nullptr);
    if (part == nullptr || part->holders_ == 1) return std::unique_ptr<T>(part);
    --part->holders_;
    return nullptr;
  }

 private:
  T* part_ = nullptr;
};

}  // namespace respawn::keyspace
