// libFuzzer target: bytes of a peer into the reply decoder.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tests/fuzz/reply_decoder_property.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  respawn::fuzz::check_reply_decoder({reinterpret_cast<const char*>(data), size});
  return 0;
}
