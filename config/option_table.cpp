#include <algorithm>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/check.hpp"
#include "base/text.hpp"
#include "config/option.hpp"
#include "config/option_rows.hpp"
#include "config/option_value.hpp"

namespace respawn::config {
namespace {

/// The rows behind one another, and where each name is.
struct Table {
  std::vector<Option> rows;
  std::unordered_map<std::string, std::size_t> places;

  Table() {
    add(network_rows(), Group::network);
    add(server_rows(), Group::server);
    add(security_rows(), Group::security);
    add(memory_rows(), Group::memory);
    add(data_type_rows(), Group::data_types);
    add(monitoring_rows(), Group::monitoring);
    add(persistence_rows(), Group::persistence);
    add(replication_rows(), Group::replication);
    add(cluster_rows(), Group::cluster);
    add(tls_rows(), Group::tls);
  }

  void add(std::span<const Option> part, Group group) {
    for (const Option& row : part) {
      RESPAWN_CHECK(places.emplace(row.name, rows.size()).second);
      if (!row.alias.empty()) RESPAWN_CHECK(places.emplace(row.alias, rows.size()).second);
      rows.push_back(row);
      rows.back().group = group;
    }
  }
};

const Table& table() {
  static const Table instance;
  return instance;
}

std::size_t place_of(const Option& option) {
  return static_cast<std::size_t>(&option - table().rows.data());
}

/// Levenshtein's distance. O(a * b).
std::size_t edits_between(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j < row.size(); ++j) row[j] = j;
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

/// A default of a kind, before the table's text is read.
Value blank_value(const Option& option) {
  if (option.kind == Kind::output_limits) return OutputLimits{};
  return false;
}

}  // namespace

std::span<const Option> options() {
  return table().rows;
}

const Option* find_option(std::string_view name) {
  auto found = table().places.find(to_lower(name));
  return found == table().places.end() ? nullptr : &table().rows[found->second];
}

std::string_view nearest_option(std::string_view typed) {
  std::string wanted = to_lower(typed);
  std::replace(wanted.begin(), wanted.end(), '_', '-');
  std::string_view nearest;
  std::size_t fewest = std::max<std::size_t>(2, wanted.size() / 3) + 1;
  auto consider = [&](std::string_view name) {
    std::size_t edits = edits_between(wanted, name);
    if (name.empty() || edits >= fewest) return;
    fewest = edits;
    nearest = name;
  };
  for (const Option& option : options()) {
    if (option.hidden) continue;
    consider(option.name);
    consider(option.alias);
  }
  return nearest;
}

Value read(const Config& config, const Option& option) {
  if (option.slot.bound) return option.slot.read(config);
  return config.unbound.at(place_of(option));
}

void write(Config& config, const Option& option, Value value) {
  if (option.slot.bound) {
    option.slot.write(config, value);
  } else {
    config.unbound.at(place_of(option)) = std::move(value);
  }
}

Config Config::make_default() {
  Config config{Empty{}};
  config.unbound.resize(options().size());
  for (const Option& option : options()) {
    auto words = argument_words(option, option.initial);
    auto value = parse_value(option, words, blank_value(option));
    RESPAWN_CHECK(value.ok());
    config::write(config, option, std::move(value).value());
  }
  return config;
}

Config::Config() {
  static const Config defaults = make_default();
  *this = defaults;
}

std::string_view unit_name(Unit unit) {
  switch (unit) {
    case Unit::none:
      return "";
    case Unit::seconds:
      return "seconds";
    case Unit::milliseconds:
      return "milliseconds";
    case Unit::microseconds:
      return "microseconds";
    case Unit::minutes:
      return "minutes";
    case Unit::bytes:
      return "bytes";
    case Unit::percent:
      return "percent";
    case Unit::hertz:
      return "times per second";
  }
  return "";
}

std::string_view group_title(Group group) {
  switch (group) {
    case Group::network:
      return "Network";
    case Group::server:
      return "Server";
    case Group::security:
      return "Security";
    case Group::memory:
      return "Memory";
    case Group::data_types:
      return "Data types";
    case Group::monitoring:
      return "Events and monitoring";
    case Group::persistence:
      return "Persistence";
    case Group::replication:
      return "Replication";
    case Group::cluster:
      return "Cluster";
    case Group::tls:
      return "TLS";
  }
  return "";
}

}  // namespace respawn::config
