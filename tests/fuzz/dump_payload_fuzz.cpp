// libFuzzer target: a dumped value, without version and checksum.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tests/fuzz/dump_payload_property.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  respawn::fuzz::check_dump_payload({reinterpret_cast<const char*>(data), size});
  return 0;
}
