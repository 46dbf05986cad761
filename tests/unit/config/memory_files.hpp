// Files in memory, for tests.
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/glob.hpp"
#include "config/files.hpp"

namespace respawn::config {

/// Paths are as given; relative ones get "/start/" in front.
class MemoryFiles final : public Files {
 public:
  [[nodiscard]] Result<std::string> read(const std::string& path) const override {
    auto found = texts.find(absolute(path));
    if (found == texts.end()) return failure("No such file or directory");
    return found->second;
  }

  [[nodiscard]] Result<std::string> read_standard_input() const override { return standard_input; }

  [[nodiscard]] std::vector<std::string> matching(const std::string& pattern) const override {
    std::vector<std::string> paths;
    for (const auto& [path, text] : texts)
      if (glob_match(absolute(pattern), path)) paths.push_back(path);
    return paths;
  }

  [[nodiscard]] std::string absolute(const std::string& path) const override {
    std::string full = (std::filesystem::path("/start") / path).lexically_normal().string();
    if (full.size() > 1 && full.ends_with('/')) full.pop_back();
    return full;
  }

  [[nodiscard]] Result<std::string> directory(const std::string& path) const override {
    if (path.empty() || missing_directories.contains(absolute(path)))
      return failure("No such file or directory");
    return absolute(path);
  }

  [[nodiscard]] Status replace(const std::string& path, const std::string& text) const override {
    if (read_only) return failure("Read-only file system");
    texts[absolute(path)] = text;
    return success();
  }

  mutable std::map<std::string, std::string> texts;
  std::set<std::string> missing_directories;
  std::string standard_input;
  bool read_only = false;
};

}  // namespace respawn::config
