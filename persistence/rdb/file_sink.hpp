// Writes a file in large pieces, with its checksum.
#pragma once

#include <cstdint>
#include <string>
#include <system_error>

#include "base/file_system.hpp"
#include "persistence/byte_sink.hpp"

namespace respawn::persistence {

/// Owner: who writes, on one thread. The first error is remembered; from then on nothing is
/// written.
class FileSink final : public ByteSink {
 public:
  struct Options {
    bool checksum = true;
    /// After so many bytes they are brought onto the medium, so that there is little left to do at
    /// the end; 0: not before.
    std::uint64_t sync_every_bytes = 0;
  };

  /// The file outlives it, and is written at its end.
  FileSink(File& file, Options options);

  void write(std::string_view bytes) override;

  /// Hands over what is still here. To be called before the file is synced.
  std::error_code flush();

  [[nodiscard]] std::error_code error() const { return error_; }

  /// CRC-64 of all that was written; 0 where none is wanted.
  [[nodiscard]] std::uint64_t checksum();

  [[nodiscard]] std::uint64_t written_bytes() const { return written_ + buffer_.size(); }

 private:
  static constexpr std::size_t buffer_bytes = std::size_t{256} << 10;

  void put(std::string_view bytes);

  File& file_;
  Options options_;
  std::string buffer_;
  std::uint64_t written_ = 0;
  std::uint64_t synced_ = 0;
  std::uint64_t checksum_ = 0;
  std::error_code error_;
};

}  // namespace respawn::persistence
