// Writes replies in RESP2 or RESP3 at the end of a buffer.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/buffer.hpp"

namespace respawn::protocol {

enum class RespVersion : std::uint8_t { resp2 = 2, resp3 = 3 };

/// Owner: whoever executes a command. Types that RESP2 lacks are written as Redis does for RESP2
/// clients (map -> array of twice the size, set and push -> array, double -> bulk, boolean ->
/// integer, verbatim -> bulk, null -> "$-1"). The writer does not check nesting: the caller
/// announces an aggregate's size and then writes that many elements.
class ReplyWriter {
 public:
  ReplyWriter(Buffer& out, RespVersion version) : out_(&out), version_(version) {}

  [[nodiscard]] RespVersion version() const { return version_; }

  [[nodiscard]] bool resp3() const { return version_ == RespVersion::resp3; }

  [[nodiscard]] Buffer& buffer() { return *out_; }

  void ok();                           // +OK
  void simple(std::string_view text);  // +text
  void error(std::string_view text);   // -text; CR and LF in it become spaces
  void integer(std::int64_t value);    // :value
  void bulk(std::string_view bytes);   // $n
  void bulk_int(std::int64_t value);   // the decimal digits as a bulk
  void null();                         // $-1 or _
  void null_array();                   // *-1 or _
  void boolean(bool value);            // :0/:1 or #t/#f
  void real(double value);             // bulk, or ,value
  void big_number(std::string_view digits);
  void verbatim(std::string_view format3,
                std::string_view text);  // bulk, or =n with "txt:" in front
  void array(std::size_t size);
  void map(std::size_t pairs);
  void set(std::size_t size);
  void push(std::size_t size);
  void attribute(
      std::size_t pairs);  // RESP3 only: writes nothing in RESP2, and returns nothing to skip
  void raw(std::string_view encoded);  // already encoded bytes

  /// An aggregate whose size is known only after its elements: announce() remembers the place,
  /// settle() puts the header in. O(bytes written between).
  enum class Aggregate : std::uint8_t { array, map, set, push };

  [[nodiscard]] std::size_t announce() const { return out_->size(); }

  void settle(std::size_t place, Aggregate kind, std::size_t size);

 private:
  Buffer* out_;
  RespVersion version_;
};

}  // namespace respawn::protocol
