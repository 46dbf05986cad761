// A counted pointer for objects of one thread: the loop's own halves of streams, listeners and
// connects.
#pragma once

#include <cstdint>
#include <utility>

namespace respawn::net {

/// Base of what LocalPtr counts. The count is not atomic: all references live on one loop's thread.
class LocalCounted {
 public:
  LocalCounted() = default;
  LocalCounted(const LocalCounted&) = delete;
  LocalCounted& operator=(const LocalCounted&) = delete;
  virtual ~LocalCounted() = default;

  void retain() { ++references_; }

  /// Destroys the object with its last reference.
  void release() {
    if (--references_ == 0) delete this;
  }

 private:
  std::uint32_t references_ = 0;
};

template <class T>
class LocalPtr {
 public:
  LocalPtr() = default;

  explicit LocalPtr(T* object) : object_(object) {
    if (object_ != nullptr) object_->retain();
  }

  LocalPtr(const LocalPtr& other) : LocalPtr(other.object_) {}

  LocalPtr(LocalPtr&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}

  LocalPtr& operator=(LocalPtr other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }

  ~LocalPtr() {
    if (object_ != nullptr) object_->release();
  }

  T* operator->() const { return object_; }

  T& operator*() const { return *object_; }

  [[nodiscard]] T* get() const { return object_; }

  explicit operator bool() const { return object_ != nullptr; }

 private:
  T* object_ = nullptr;
};

template <class T, class... Args>
LocalPtr<T> make_local(Args&&... args) {
  return LocalPtr<T>(new T(std::forward<Args>(args)...));
}

}  // namespace respawn::net
