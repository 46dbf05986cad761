#include "commands/shared/info_writer.hpp"

#include <array>
#include <cstdio>

namespace respawn::commands {

namespace {

std::string two_digits(double value) {
  std::array<char, 64> text;
  const int length = std::snprintf(text.data(), text.size(), "%.2f", value);
  return {text.data(), static_cast<std::size_t>(length)};
}

}  // namespace

void InfoWriter::section(std::string_view title) {
  if (!text_.empty()) text_ += "\r\n";
  text_ += "# ";
  text_ += title;
  text_ += "\r\n";
}

void InfoWriter::field(std::string_view name, std::string_view value) {
  text_ += name;
  text_ += ':';
  text_ += value;
  text_ += "\r\n";
}

void InfoWriter::decimal(std::string_view name, double value, std::string_view unit) {
  field(name, two_digits(value) + std::string(unit));
}

void InfoWriter::bytes(std::string_view name, std::uint64_t value) {
  field(name, value);
  human(name, value);
}

void InfoWriter::human(std::string_view name, std::uint64_t value) {
  field(std::string(name) + "_human", human_bytes(value));
}

void InfoWriter::each(std::initializer_list<std::string_view> names, std::string_view value) {
  for (std::string_view name : names) field(name, value);
}

std::string human_bytes(std::uint64_t bytes) {
  constexpr std::string_view units = "KMGTP";
  if (bytes < 1024) return std::to_string(bytes) + "B";
  double value = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  for (; value >= 1024 && unit + 1 < units.size(); ++unit) value /= 1024;
  return two_digits(value) + units[unit];
}

}  // namespace respawn::commands
