// Reads a file of the append log, command by command.
#pragma once

#include <cstdint>
#include <string_view>
#include <system_error>
#include <vector>

#include "base/buffer.hpp"
#include "base/file_system.hpp"
#include "persistence/append_log/annotation.hpp"

namespace respawn::persistence {

/// Owner: who loads. Reads ahead in pieces of read_bytes; a command that is larger takes as much
/// memory as the file holds of it, never what a length in it says.
class CommandReader {
 public:
  static constexpr std::size_t read_bytes = 256 * 1024;

  enum class Read : std::uint8_t {
    command,    // words() has it
    end,        // the file ends behind a command
    truncated,  // the file ends within one
    malformed,  // what is at offset() is none
    hole,    // likewise, and there are zeros in it: as behind a power cut, where what was written
             // last may be there while something before it is not
    failed,  // error() says why nothing can be read
  };

  /// From this offset on. The file outlives the reader.
  CommandReader(File& file, std::uint64_t offset) : file_(&file), base_(offset) {}

  /// The next command, also one that is annotated; other annotations (lines that begin with '#')
  /// are skipped.
  Read next();

  /// Valid until next().
  [[nodiscard]] const std::vector<std::string_view>& words() const { return words_; }

  /// Behind the last command (and what was skipped before it).
  [[nodiscard]] std::uint64_t offset() const { return base_ + at_; }

  [[nodiscard]] std::error_code error() const { return error_; }

 private:
  enum class Parsed : std::uint8_t { whole, annotated, more, wrong, hole };

  struct Line {
    Parsed parsed = Parsed::more;
    std::string_view text;
  };

  struct Span {
    std::size_t at;
    std::size_t bytes;
  };

  Parsed parse();
  Parsed parse_annotation(std::string_view line);
  Parsed parse_argument(std::size_t& place);
  static Parsed wrong(std::string_view found);
  Line line_at(std::size_t& place) const;
  bool read_more();

  File* file_;
  std::uint64_t base_;  // offset in the file of what is first in buffer_
  Buffer buffer_;
  std::size_t at_ = 0;  // of buffer_: what was consumed
  AnnotationReader annotation_;
  std::vector<Span> spans_;
  std::vector<std::string_view> words_;
  std::error_code error_;
};

}  // namespace respawn::persistence
