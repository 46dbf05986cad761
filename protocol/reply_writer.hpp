// Writes replies in RESP2 or RESP3 at the end of a buffer.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/buffer.hpp"
#include "base/numbers.hpp"

namespace respawn::protocol {

enum class RespVersion : std::uint8_t { resp2 = 2, resp3 = 3 };

/// Owner: whoever executes a command. Types that RESP2 lacks are written as Redis does for RESP2
/// clients (map -> array of twice the size, set and push -> array, double -> bulk, boolean ->
/// integer, verbatim -> bulk, null -> "$-1"). The writer does not check nesting: the caller
/// announces an aggregate's size and then writes that many elements.
class ReplyWriter {
 public:
  /// Up to this size copying is cheaper than one more piece for the kernel.
  static constexpr std::size_t attached_min_bytes = 16 * 1024;

  ReplyWriter(Buffer& out, RespVersion version) : out_(&out), version_(version) {}

  [[nodiscard]] RespVersion version() const { return version_; }

  [[nodiscard]] bool resp3() const { return version_ == RespVersion::resp3; }

  [[nodiscard]] Buffer& buffer() { return *out_; }

  /// +OK
  void ok() { out_->append("+OK\r\n"); }

  /// +text (without CR and LF).
  void simple(std::string_view text) { line('+', text); }

  /// -text; CR and LF in it become spaces.
  void error(std::string_view text);

  /// :value
  void integer(std::int64_t value) {
    char* const start = out_->reserve(number_room);
    char* at = start;
    *at++ = ':';
    if (value >= 0 && value <= 9)
      *at++ = static_cast<char>('0' + value);
    else
      at = write_int(at, value);
    out_->commit(static_cast<std::size_t>(put_line_end(at) - start));
  }

  /// $n
  void bulk(std::string_view bytes) {
    char* const start = out_->reserve(bytes.size() + number_room + 2);
    char* at = put_header(start, '$', bytes.size());
    if (!bytes.empty()) std::memcpy(at, bytes.data(), bytes.size());
    out_->commit(static_cast<std::size_t>(put_line_end(at + bytes.size()) - start));
  }

  /// $n, of bytes that lie in the block: long ones are attached, not copied.
  void bulk(BlockPtr block, std::string_view bytes);

  /// The decimal digits as a bulk.
  void bulk_int(std::int64_t value);

  /// $-1 or _
  void null() { resp3() ? out_->append("_\r\n") : out_->append("$-1\r\n"); }

  /// *-1 or _
  void null_array() { resp3() ? out_->append("_\r\n") : out_->append("*-1\r\n"); }

  /// :0/:1 or #t/#f
  void boolean(bool value);

  /// A bulk, or ,value
  void real(double value);

  /// A bulk, or (digits
  void big_number(std::string_view digits);

  /// A bulk, or =n with the format in front ("txt:"); a shorter format is padded with spaces.
  void verbatim(std::string_view format3, std::string_view text);

  void array(std::size_t size) { header('*', size); }

  void map(std::size_t pairs) { resp3() ? header('%', pairs) : header('*', pairs * 2); }

  void set(std::size_t size) { header(resp3() ? '~' : '*', size); }

  void push(std::size_t size) { header(resp3() ? '>' : '*', size); }

  /// Starts an attribute of the reply that follows. RESP3 only: RESP2 has no such thing, so the
  /// caller asks resp3() and leaves out the pairs, too. Checked.
  void attribute(std::size_t pairs);

  /// Already encoded bytes.
  void raw(std::string_view encoded) { out_->append(encoded); }

  /// An aggregate whose size is known only after its elements: announce() remembers the place,
  /// settle() puts the header in. O(bytes written between).
  enum class Aggregate : std::uint8_t { array, map, set, push };

  [[nodiscard]] std::size_t announce() const { return out_->size(); }

  /// `size` counts pairs for a map.
  void settle(std::size_t place, Aggregate kind, std::size_t size);

 private:
  /// A type byte, a number, CR LF.
  static constexpr std::size_t number_room = 1 + max_int_digits + 2;

  static char* put_line_end(char* at) {
    std::memcpy(at, "\r\n", 2);
    return at + 2;
  }

  static char* put_header(char* at, char type, std::size_t size) {
    *at++ = type;
    if (size <= 9)
      *at++ = static_cast<char>('0' + size);
    else
      at = write_uint(at, size);
    return put_line_end(at);
  }

  void header(char type, std::size_t size) {
    char* const start = out_->reserve(number_room);
    out_->commit(static_cast<std::size_t>(put_header(start, type, size) - start));
  }

  void line(char type, std::string_view text);

  Buffer* out_;
  RespVersion version_;
};

}  // namespace respawn::protocol
