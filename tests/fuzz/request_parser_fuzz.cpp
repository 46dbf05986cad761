// libFuzzer target: bytes of a peer into the request parser.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tests/fuzz/request_parser_property.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  respawn::fuzz::check_request_parser({reinterpret_cast<const char*>(data), size});
  return 0;
}
