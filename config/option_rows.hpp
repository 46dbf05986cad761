// The parts of the option table, one file per heading. For option_table.cpp only; others use
// option.hpp.
#pragma once

#include <span>

#include "config/option.hpp"

namespace respawn::config {

std::span<const Option> network_rows();
std::span<const Option> server_rows();
std::span<const Option> security_rows();
std::span<const Option> memory_rows();
std::span<const Option> data_type_rows();
std::span<const Option> monitoring_rows();
std::span<const Option> persistence_rows();
std::span<const Option> replication_rows();
std::span<const Option> cluster_rows();
std::span<const Option> tls_rows();

// What values promise, for Lack.

constexpr bool is_yes(const Value& value) {
  return std::get<bool>(value);
}

constexpr bool is_not_zero(const Value& value) {
  return std::get<std::int64_t>(value) != 0;
}

inline bool is_given(const Value& value) {
  return !std::get<std::string>(value).empty();
}

/// A list row with its kind and default.
constexpr Option words(std::string_view name, std::string_view initial) {
  return make_option(name, Kind::words, initial);
}

inline constexpr Name permission_names[] = {{"no", static_cast<int>(Permission::no)},
                                            {"yes", static_cast<int>(Permission::yes)},
                                            {"local", static_cast<int>(Permission::local)}};

/// The integer behind an enumerator, for tables of names.
template <class Enum>
constexpr int code(Enum value) {
  return static_cast<int>(value);
}

}  // namespace respawn::config
