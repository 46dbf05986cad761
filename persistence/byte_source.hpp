// Where decoders read from: bytes in memory, later a file.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string_view>

namespace respawn::persistence {

/// Owner: who decodes.
class ByteSource {
 public:
  ByteSource() = default;
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;
  virtual ~ByteSource() = default;

  /// Fills `to`, or says false when there is less.
  virtual bool read(std::span<char> to) = 0;

  /// How many bytes may still come, at most: a length beyond it is a lie, and nothing is allocated
  /// for it.
  [[nodiscard]] virtual std::uint64_t left() const = 0;
};

/// Borrowed bytes.
class MemorySource final : public ByteSource {
 public:
  explicit MemorySource(std::string_view bytes) : bytes_(bytes) {}

  bool read(std::span<char> to) override {
    if (to.size() > bytes_.size()) return false;
    std::copy_n(bytes_.data(), to.size(), to.data());
    bytes_.remove_prefix(to.size());
    return true;
  }

  [[nodiscard]] std::uint64_t left() const override { return bytes_.size(); }

 private:
  std::string_view bytes_;
};

}  // namespace respawn::persistence
