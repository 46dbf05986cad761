#include "commands/strings/lcs.hpp"

#include <algorithm>
#include <cstdint>

namespace respawn::commands {

namespace {

/// Fills the table of lengths row by row, of which it keeps one; tells visit(i, j, skip_a) for
/// every pair of bytes that differ whether the longer subsequence lies without a[i].
template <class Visitor>
std::size_t fill(std::string_view a, std::string_view b, Visitor&& visit) {
  std::vector<std::uint32_t> row(b.size() + 1);  // row[j + 1]: of a[0..i] and b[0..j]
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::uint32_t diagonal = 0;  // of a[0..i-1] and b[0..j-1]
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::uint32_t above = row[j + 1];
      if (a[i] == b[j]) {
        row[j + 1] = diagonal + 1;
      } else {
        visit(i, j, above > row[j]);
        row[j + 1] = std::max(above, row[j]);
      }
      diagonal = above;
    }
  }
  return row.back();
}

/// Adds a pair of equal bytes, met from behind.
void extend(std::vector<CommonRange>& ranges, std::size_t i, std::size_t j) {
  if (!ranges.empty()) {
    CommonRange& last = ranges.back();
    if (last.in_a == i + 1 && last.in_b == j + 1) {
      last = {i, j, last.length + 1};
      return;
    }
  }
  ranges.push_back({i, j, 1});
}

}  // namespace

std::size_t common_subsequence_length(std::string_view a, std::string_view b) {
  return fill(a, b, [](std::size_t, std::size_t, bool) {});
}

CommonSubsequence common_subsequence(std::string_view a, std::string_view b) {
  std::vector<bool> skip_a(a.size() * b.size());
  CommonSubsequence found;
  found.length =
      fill(a, b, [&](std::size_t i, std::size_t j, bool skip) { skip_a[i * b.size() + j] = skip; });
  found.text.reserve(found.length);
  std::size_t i = a.size();
  std::size_t j = b.size();
  while (i > 0 && j > 0) {
    if (a[i - 1] == b[j - 1]) {
      extend(found.ranges, --i, --j);
      found.text += a[i];
    } else if (skip_a[(i - 1) * b.size() + (j - 1)]) {
      --i;
    } else {
      --j;
    }
  }
  std::reverse(found.text.begin(), found.text.end());
  return found;
}

}  // namespace respawn::commands
