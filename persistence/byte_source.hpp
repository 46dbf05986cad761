// Where decoders read from: bytes in memory, or a file.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string_view>

namespace respawn::persistence {

/// A window of bytes that are there, and a way to more of them. Owner: who decodes.
class ByteSource {
 public:
  ByteSource() = default;
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;
  virtual ~ByteSource() = default;

  /// Fills `to`, or says false when there is less.
  bool read(std::span<char> to) {
    if (to.size() > window_.size()) [[unlikely]]
      return read_more(to);
    std::copy_n(window_.data(), to.size(), to.data());
    window_.remove_prefix(to.size());
    return true;
  }

  /// How many bytes may still come, at most: a length beyond it is a lie, and nothing is allocated
  /// for it.
  [[nodiscard]] std::uint64_t left() const { return window_.size() + left_behind_window_; }

 protected:
  /// The same where the window has less than that.
  virtual bool read_more(std::span<char> to) = 0;

  std::string_view window_;
  std::uint64_t left_behind_window_ = 0;
};

/// Borrowed bytes.
class MemorySource final : public ByteSource {
 public:
  explicit MemorySource(std::string_view bytes) { window_ = bytes; }

 private:
  bool read_more(std::span<char>) override { return false; }
};

}  // namespace respawn::persistence
