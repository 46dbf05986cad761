// Files in memory, and what may go wrong with them.
#pragma once

#include <atomic>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/file_system.hpp"

namespace respawn::support {

/// Thread-safe, as file systems are.
class MemoryFiles final : public FileSystem {
 public:
  std::error_code open(const std::string& path, Open how, std::unique_ptr<File>& file) override {
    const std::lock_guard lock(mutex_);
    auto found = files_.find(path);
    if (how == Open::read && found == files_.end())
      return std::make_error_code(std::errc::no_such_file_or_directory);
    if (how != Open::read && refuses_to_open)
      return std::make_error_code(std::errc::permission_denied);
    std::shared_ptr<std::string>& bytes = files_[path];
    if (!bytes || how == Open::replace) bytes = std::make_shared<std::string>();
    file = std::make_unique<Handle>(*this, bytes);
    return {};
  }

  std::error_code rename(const std::string& from, const std::string& to) override {
    const std::lock_guard lock(mutex_);
    auto found = files_.find(from);
    if (found == files_.end()) return std::make_error_code(std::errc::no_such_file_or_directory);
    files_[to] = std::move(found->second);
    files_.erase(from);
    return {};
  }

  std::error_code remove(const std::string& path) override {
    const std::lock_guard lock(mutex_);
    files_.erase(path);
    return {};
  }

  std::error_code sync_directory(const std::string&) override { return {}; }

  std::error_code make_directory(const std::string&) override { return {}; }

  std::error_code list(const std::string&, std::vector<std::string>& names) override {
    const std::lock_guard lock(mutex_);
    for (const auto& [path, bytes] : files_) names.push_back(path);
    return {};
  }

  bool exists(const std::string& path) override {
    const std::lock_guard lock(mutex_);
    return files_.contains(path);
  }

  [[nodiscard]] std::string contents(const std::string& path) {
    const std::lock_guard lock(mutex_);
    auto found = files_.find(path);
    return found == files_.end() ? "" : *found->second;
  }

  void put(const std::string& path, std::string bytes) {
    const std::lock_guard lock(mutex_);
    files_[path] = std::make_shared<std::string>(std::move(bytes));
  }

  std::atomic<bool> refuses_to_open{false};
  /// So many bytes fit on the disk.
  std::atomic<std::uint64_t> room_bytes{std::uint64_t{1} << 60};
  /// Writing waits meanwhile.
  std::atomic<bool> hangs{false};

 private:
  class Handle final : public File {
   public:
    Handle(MemoryFiles& disk, std::shared_ptr<std::string> bytes)
        : disk_(disk), bytes_(std::move(bytes)) {}

    std::error_code append_some(std::string_view bytes, std::size_t& written) override {
      disk_.hangs.wait(true);
      const std::lock_guard lock(disk_.mutex_);
      written = 0;
      if (bytes.size() > disk_.room_bytes)
        return std::make_error_code(std::errc::no_space_on_device);
      disk_.room_bytes -= bytes.size();
      bytes_->append(bytes);
      written = bytes.size();
      return {};
    }

    std::error_code read(std::uint64_t offset, std::span<char> to, std::size_t& got) override {
      const std::lock_guard lock(disk_.mutex_);
      got = offset < bytes_->size() ? bytes_->copy(to.data(), to.size(), offset) : 0;
      return {};
    }

    std::error_code sync() override { return {}; }

    std::error_code truncate(std::uint64_t bytes) override {
      const std::lock_guard lock(disk_.mutex_);
      bytes_->resize(bytes);
      return {};
    }

    std::error_code size(std::uint64_t& bytes) override {
      const std::lock_guard lock(disk_.mutex_);
      bytes = bytes_->size();
      return {};
    }

   private:
    MemoryFiles& disk_;
    std::shared_ptr<std::string> bytes_;
  };

  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<std::string>> files_;
};

}  // namespace respawn::support
