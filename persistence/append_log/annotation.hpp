// What redis-server 7.0 could not run stands in the append log as annotations, which it skips.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/buffer.hpp"

namespace respawn::persistence {

/// Whether this command is written so: those that say what streams remember of producers (8.6). The
/// data without it is whole.
[[nodiscard]] bool is_annotated(std::string_view command);

/// A command as lines "#respawn <lines that follow> <piece>", none longer than 512 bytes: Redis
/// takes up to 1023. The pieces together are its words with a space between them; what is not
/// printable in a word, or a space or '%', is '%' and two hex digits. O(bytes).
void write_annotation(Buffer& to, std::span<const std::string_view> words);

/// Puts commands together again, line by line. Owner: who reads a log.
class AnnotationReader {
 public:
  enum class Taken : std::uint8_t {
    not_ours,  // the line says something else
    part,      // more lines are to come
    whole,     // words() has it
    wrong,     // it is damaged
  };

  /// A line that begins with '#', without its end.
  Taken take(std::string_view line);

  /// Other things follow: what is not whole by now has been cut off.
  void drop();

  /// Valid until the next call.
  [[nodiscard]] const std::vector<std::string>& words() const { return words_; }

 private:
  bool decode();

  std::string text_;
  std::size_t left_ = 0;  // lines that are still to come; 0: none has
  std::vector<std::string> words_;
};

}  // namespace respawn::persistence
