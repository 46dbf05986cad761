// Lines of INFO: names, values and their formats.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace respawn::commands {

/// Owner: one INFO call.
class InfoWriter {
 public:
  /// Starts "# Title", behind an empty line when it is not the first.
  void section(std::string_view title);

  void field(std::string_view name, std::string_view value);

  /// Numbers, and 0 or 1 for a truth value.
  template <std::integral T>
  void field(std::string_view name, T value) {
    field(name, std::string_view(std::to_string(value)));
  }

  /// Two digits behind the point, and what is to follow them.
  void decimal(std::string_view name, double value, std::string_view unit = "");

  /// `name` in bytes, and `name`_human.
  void bytes(std::string_view name, std::uint64_t value);

  /// `name`_human alone.
  void human(std::string_view name, std::uint64_t value);

  /// The same value for each name: what this server never has.
  void each(std::initializer_list<std::string_view> names, std::string_view value);

  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

/// "512B", "1.50K", "2.00M"...
[[nodiscard]] std::string human_bytes(std::uint64_t bytes);

}  // namespace respawn::commands
