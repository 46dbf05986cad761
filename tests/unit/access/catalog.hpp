// A few commands for rules to speak of, and short ways to apply rules.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "access/rules.hpp"
#include "access/user.hpp"
#include "base/text.hpp"

namespace respawn::access::test {

class SmallCatalog final : public CommandCatalog {
 public:
  static constexpr std::uint32_t read = 1;
  static constexpr std::uint32_t write = 2;
  static constexpr std::uint32_t admin = 4;
  static constexpr std::uint32_t connection = 8;

  [[nodiscard]] std::size_t size() const override { return rows_.size(); }

  [[nodiscard]] std::optional<CommandId> find(std::string_view full_name) const override {
    for (CommandId id = 0; id < rows_.size(); ++id)
      if (iequals(rows_[id].name, full_name)) return id;
    return std::nullopt;
  }

  [[nodiscard]] std::string_view full_name(CommandId id) const override { return rows_[id].name; }

  [[nodiscard]] bool is_subcommand(CommandId id) const override {
    return rows_[id].name.find('|') != std::string::npos;
  }

  [[nodiscard]] std::span<const CommandId> subcommands(CommandId id) const override {
    return rows_[id].subcommands;
  }

  [[nodiscard]] std::uint32_t categories(CommandId id) const override {
    return rows_[id].categories;
  }

  [[nodiscard]] std::uint32_t category_named(std::string_view name) const override {
    if (iequals(name, "read")) return read;
    if (iequals(name, "write")) return write;
    if (iequals(name, "admin")) return admin;
    return iequals(name, "connection") ? connection : 0;
  }

 private:
  struct Row {
    std::string name;
    std::uint32_t categories = 0;
    std::vector<CommandId> subcommands;
  };

  std::vector<Row> rows_ = {{"get", read, {}},          {"mget", read, {}},
                            {"set", write, {}},         {"config", 0, {4, 5}},
                            {"config|get", admin, {}},  {"config|set", admin | write, {}},
                            {"select", connection, {}}, {"publish", 0, {}}};
};

inline const SmallCatalog catalog;
inline const Grounds grounds{catalog};

/// The words of "on >pw +get", as a client sends them.
inline std::vector<std::string> words_of(std::string_view rules) {
  return split_quoted(rules).value();
}

inline Result<User> user_with(std::string_view rules) {
  const std::vector<std::string> words = words_of(rules);
  return changed(User("alice", grounds), std::vector<std::string_view>(words.begin(), words.end()),
                 grounds);
}

/// The user of rules that are right.
inline User made(std::string_view rules) {
  auto user = user_with(rules);
  EXPECT_TRUE(user.ok()) << rules;
  return std::move(user).value();
}

inline std::string error_of(std::string_view rules) {
  const auto user = user_with(rules);
  return user.ok() ? "" : user.error();
}

}  // namespace respawn::access::test
