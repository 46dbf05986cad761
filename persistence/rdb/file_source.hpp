// Reads a file in large pieces, with its checksum.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <system_error>

#include "base/file_system.hpp"
#include "persistence/byte_source.hpp"

namespace respawn::persistence {

/// Owner: who loads, on one thread. What was read last is kept as an error only where the system
/// refused it; the end of the file is none.
class FileSource final : public ByteSource {
 public:
  /// Reads from `offset` up to `end` (at most the file's size); the file outlives it.
  FileSource(File& file, std::uint64_t offset, std::uint64_t end);

  /// How far it has been read, from the file's beginning.
  [[nodiscard]] std::uint64_t offset() const { return end_ - left(); }

  /// CRC-64 of all that was read so far.
  [[nodiscard]] std::uint64_t checksum();

  /// Set when the system failed; then nothing more is read.
  [[nodiscard]] std::error_code error() const { return error_; }

 private:
  static constexpr std::size_t buffer_bytes = std::size_t{256} << 10;

  bool read_more(std::span<char> to) override;
  void count_window();
  bool fill(std::span<char> to);

  File& file_;
  std::uint64_t end_;
  std::unique_ptr<char[]> buffer_;
  const char* counted_;  // what of the buffer is in the checksum
  std::uint64_t checksum_ = 0;
  std::error_code error_;
};

}  // namespace respawn::persistence
