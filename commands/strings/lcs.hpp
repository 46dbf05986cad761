// The longest common subsequence of two strings.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace respawn::commands {

/// A run of bytes that both strings have in common at these places.
struct CommonRange {
  std::size_t in_a = 0;
  std::size_t in_b = 0;
  std::size_t length = 0;
};

struct CommonSubsequence {
  std::size_t length = 0;
  std::string text;
  std::vector<CommonRange> ranges;  // from the end of the strings to their beginning
};

/// O(a * b) time, O(b) memory.
std::size_t common_subsequence_length(std::string_view a, std::string_view b);

/// O(a * b) time, a * b / 8 bytes. Among equally long ones: followed from the end, a byte of b is
/// given up before one of a, as Redis does.
CommonSubsequence common_subsequence(std::string_view a, std::string_view b);

}  // namespace respawn::commands
