// The world around the keyspace: remembers what it was asked, answers what the test set.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/run/services.hpp"
#include "tests/support/memory_files.hpp"

namespace respawn::commands::test {

class FakeLog final : public engine::LogService {
 public:
  void write(engine::LogLevel level, std::string_view text) override {
    if (enabled(level)) lines.emplace_back(text);
  }

  [[nodiscard]] bool enabled(engine::LogLevel level) const override { return level >= least; }

  engine::LogLevel least = engine::LogLevel::notice;  // that is kept
  std::vector<std::string> lines;
};

class FakeConfiguration final : public engine::ConfigurationService {
 public:
  std::optional<config::Refusal> apply(const config::Config&,
                                       config::PreparedChange& change) override {
    if (refusal) return refusal;
    for (const config::Change& one : change.changes) applied.emplace_back(one.option->name);
    return std::nullopt;
  }

  void announce(const std::shared_ptr<const config::Config>& now,
                std::span<const config::Change> changes) override {
    if (on_announce) on_announce(now, changes);
  }

  Status rewrite(const config::Config&, const config::UserLines& users) override {
    if (!rewrite_error.empty()) return failure(rewrite_error);
    rewritten_users.assign(users.lines.begin(), users.lines.end());
    users_as_configured = users.as_configured;
    ++rewrites;
    return success();
  }

  Result<std::string> read_users(const config::Config&) override {
    if (!users_error.empty()) return failure(users_error);
    return users_text;
  }

  Status write_users(const config::Config&, const std::string& text) override {
    if (!users_error.empty()) return failure(users_error);
    users_text = text;
    return success();
  }

  /// From now on every change is refused for this option.
  void refuse(std::string_view option, std::string reason) {
    refusal = {config::find_option(option), std::move(reason)};
  }

  std::optional<config::Refusal> refusal;
  std::vector<std::string> applied;  // names of options
  std::function<void(const std::shared_ptr<const config::Config>&, std::span<const config::Change>)>
      on_announce;
  std::string rewrite_error;
  std::vector<std::string> rewritten_users;  // of the last rewrite
  bool users_as_configured = true;
  std::string users_text;  // the ACL file
  std::string users_error;
  int rewrites = 0;
};

class FakeProcess final : public engine::ProcessService {
 public:
  [[nodiscard]] const engine::ProcessFacts& facts() const override { return known; }

  [[nodiscard]] engine::NetworkFacts network() const override { return counted; }

  void reset_network() override { counted = {}; }

  [[nodiscard]] const SharedHistogram* reply_times() const override {
    return replies ? &*replies : nullptr;
  }

  void reset_reply_times() override {
    if (replies) replies->clear();
  }

  engine::ProcessFacts known;
  engine::NetworkFacts counted;
  std::optional<SharedHistogram> replies;  // none: nobody measures them
};

class FakeMemory final : public engine::MemoryService {
 public:
  [[nodiscard]] engine::MemoryFacts facts() const override { return known; }

  [[nodiscard]] std::uint64_t used() const override { return measure ? measure() : known.used; }

  void purge() override { ++purges; }

  [[nodiscard]] std::string report() const override { return text; }

  engine::MemoryFacts known;
  std::function<std::uint64_t()> measure;  // what used() says, if not known.used
  int purges = 0;
  std::string text;
};

class FakeTree final : public engine::TreeService {
 public:
  [[nodiscard]] engine::TreeNode root() const override { return top; }

  [[nodiscard]] Result<std::vector<engine::TreeNode>> children(std::string_view id) const override {
    if (const engine::TreeNode* found = find(top, id)) return found->children;
    return failure("ERR no such supervisor");
  }

  [[nodiscard]] std::vector<engine::RestartRecord> restarts(std::size_t count_max) const override {
    return {records.begin(),
            records.begin() + static_cast<std::ptrdiff_t>(std::min(count_max, records.size()))};
  }

  Status kill(std::string_view id) override {
    if (!kill_error.empty()) return failure(kill_error);
    killed.emplace_back(id);
    return success();
  }

  engine::TreeNode top;
  std::vector<engine::RestartRecord> records;
  std::string kill_error;
  std::vector<std::string> killed;

 private:
  static const engine::TreeNode* find(const engine::TreeNode& node, std::string_view id) {
    if (node.id == id || node.path == id) return &node;
    for (const engine::TreeNode& child : node.children)
      if (const engine::TreeNode* found = find(child, id)) return found;
    return nullptr;
  }
};

class FakeShutdown final : public engine::ShutdownService {
 public:
  void request(const engine::ShutdownRequest& request) override { requests.push_back(request); }

  Status abort() override {
    if (requests.empty()) return failure("ERR No shutdown in progress.");
    requests.clear();
    return success();
  }

  std::vector<engine::ShutdownRequest> requests;
};

/// One fake for each role.
struct FakeServices {
  explicit FakeServices(FileSystem* others = nullptr)
      : all{log, configuration, process, memory, tree, shutdown, others ? *others : files} {}

  FakeServices(const FakeServices&) = delete;
  FakeServices& operator=(const FakeServices&) = delete;

  /// As those who use them see them.
  operator engine::Services&() { return all; }

  FakeLog log;
  FakeConfiguration configuration;
  FakeProcess process;
  FakeMemory memory;
  FakeTree tree;
  FakeShutdown shutdown;
  support::MemoryFiles files;  // unless others were given
  engine::Services all;
};

}  // namespace respawn::commands::test
