// libFuzzer target: a whole RDB file.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tests/fuzz/rdb_file_property.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  respawn::fuzz::check_rdb_file({reinterpret_cast<const char*>(data), size});
  return 0;
}
