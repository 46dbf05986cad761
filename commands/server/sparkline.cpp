#include "commands/server/sparkline.hpp"

#include <algorithm>
#include <span>
#include <string_view>

namespace respawn::commands {

namespace {

constexpr std::size_t columns = 80;
constexpr int bar_rows = 4;
/// The top of a bar within its row: low, in the middle, high.
constexpr std::string_view tops = "_o#";
constexpr char below_top = '|';

/// From which value to which the bars go.
struct Range {
  std::int64_t low = 0;
  std::int64_t high = 0;

  /// The height of a bar, in thirds of a row.
  [[nodiscard]] int height(std::int64_t value) const {
    const auto steps = static_cast<std::int64_t>(tops.size()) * bar_rows;
    const std::int64_t span = std::max<std::int64_t>(high - low, 1);
    return static_cast<int>(std::min((value - low) * steps / span, steps - 1));
  }
};

Range range_of(const std::vector<LabelledValue>& values) {
  Range range{values.front().value, values.front().value};
  for (const LabelledValue& each : values) {
    range.low = std::min(range.low, each.value);
    range.high = std::max(range.high, each.value);
  }
  return range;
}

std::string bar_row(std::span<const LabelledValue> block, const Range& range, int row) {
  const int bottom = (bar_rows - row - 1) * static_cast<int>(tops.size());
  std::string line(block.size(), ' ');
  for (std::size_t at = 0; at < block.size(); ++at) {
    const int above = range.height(block[at].value) - bottom;
    if (above < 0) continue;
    const auto top = static_cast<std::size_t>(above);
    line[at] = top < tops.size() ? tops[top] : below_top;
  }
  return line + '\n';
}

std::string label_row(std::span<const LabelledValue> block, std::size_t row) {
  std::string line(block.size(), ' ');
  for (std::size_t at = 0; at < block.size(); ++at)
    if (row < block[at].label.size()) line[at] = block[at].label[row];
  return line + '\n';
}

std::size_t longest_label(std::span<const LabelledValue> block) {
  std::size_t longest = 0;
  for (const LabelledValue& each : block) longest = std::max(longest, each.label.size());
  return longest;
}

}  // namespace

std::string sparkline(const std::vector<LabelledValue>& values) {
  std::string drawing;
  if (values.empty()) return drawing;
  const Range range = range_of(values);
  const std::span<const LabelledValue> all(values);
  for (std::size_t start = 0; start < all.size(); start += columns) {
    const auto block = all.subspan(start, std::min(columns, all.size() - start));
    if (start > 0) drawing += '\n';
    for (int row = 0; row < bar_rows; ++row) drawing += bar_row(block, range, row);
    drawing += std::string(block.size(), ' ') + '\n';
    const std::size_t rows = longest_label(block);
    for (std::size_t row = 0; row < rows; ++row) drawing += label_row(block, row);
  }
  return drawing;
}

}  // namespace respawn::commands
