#include "base/file_system.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>

namespace respawn {

namespace {

constexpr mode_t data_file_mode = 0644;
constexpr mode_t data_directory_mode = 0755;

std::error_code last_error() {
  return {errno, std::system_category()};
}

/// Calls it again when a signal came between.
template <class Call>
auto uninterrupted(Call call) {
  decltype(call()) result;
  do {
    result = call();
  } while (result < 0 && errno == EINTR);
  return result;
}

class SystemFile final : public File {
 public:
  explicit SystemFile(int descriptor) : descriptor_(descriptor) {}

  ~SystemFile() override { ::close(descriptor_); }

  std::error_code append_some(std::string_view bytes, std::size_t& written) override {
    ssize_t done = uninterrupted([&] { return ::write(descriptor_, bytes.data(), bytes.size()); });
    written = done < 0 ? 0 : static_cast<std::size_t>(done);
    return done < 0 ? last_error() : std::error_code();
  }

  std::error_code read(std::uint64_t offset, std::span<char> to, std::size_t& got) override {
    got = 0;
    while (got < to.size()) {
      auto at = static_cast<off_t>(offset + got);
      ssize_t more =
          uninterrupted([&] { return ::pread(descriptor_, to.data() + got, to.size() - got, at); });
      if (more < 0) return last_error();
      if (more == 0) break;
      got += static_cast<std::size_t>(more);
    }
    return {};
  }

  std::error_code sync() override {
    return ::fdatasync(descriptor_) == 0 ? std::error_code() : last_error();
  }

  std::error_code truncate(std::uint64_t bytes) override {
    int result = uninterrupted([&] { return ::ftruncate(descriptor_, static_cast<off_t>(bytes)); });
    return result == 0 ? std::error_code() : last_error();
  }

  std::error_code size(std::uint64_t& bytes) override {
    struct stat status {};

    if (::fstat(descriptor_, &status) != 0) return last_error();
    bytes = static_cast<std::uint64_t>(status.st_size);
    return {};
  }

 private:
  int descriptor_;
};

int flags_of(FileSystem::Open how) {
  switch (how) {
    case FileSystem::Open::read:
      return O_RDONLY | O_CLOEXEC;
    case FileSystem::Open::append:
      return O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC;
    case FileSystem::Open::replace:
      return O_RDWR | O_APPEND | O_CREAT | O_TRUNC | O_CLOEXEC;
  }
  return O_RDONLY | O_CLOEXEC;
}

class SystemFileSystem final : public FileSystem {
 public:
  std::error_code open(const std::string& path, Open how, std::unique_ptr<File>& file) override {
    int descriptor =
        uninterrupted([&] { return ::open(path.c_str(), flags_of(how), data_file_mode); });
    if (descriptor < 0) return last_error();
    file = std::make_unique<SystemFile>(descriptor);
    return {};
  }

  std::error_code rename(const std::string& from, const std::string& to) override {
    return ::rename(from.c_str(), to.c_str()) == 0 ? std::error_code() : last_error();
  }

  std::error_code remove(const std::string& path) override {
    return ::unlink(path.c_str()) == 0 ? std::error_code() : last_error();
  }

  std::error_code sync_directory(const std::string& path) override {
    int descriptor = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return last_error();
    std::error_code failed = ::fsync(descriptor) == 0 ? std::error_code() : last_error();
    ::close(descriptor);
    return failed;
  }

  std::error_code make_directory(const std::string& path) override {
    bool made = ::mkdir(path.c_str(), data_directory_mode) == 0 || errno == EEXIST;
    return made ? std::error_code() : last_error();
  }

  std::error_code list(const std::string& path, std::vector<std::string>& names) override {
    names.clear();
    DIR* directory = ::opendir(path.c_str());
    if (directory == nullptr) return last_error();
    while (const dirent* entry = ::readdir(directory)) {
      std::string_view name = entry->d_name;
      if (name != "." && name != "..") names.emplace_back(name);
    }
    ::closedir(directory);
    std::sort(names.begin(), names.end());
    return {};
  }

  bool exists(const std::string& path) override {
    struct stat status {};

    return ::stat(path.c_str(), &status) == 0;
  }
};

}  // namespace

std::error_code File::append(std::string_view bytes) {
  while (!bytes.empty()) {
    std::size_t written = 0;
    if (std::error_code failed = append_some(bytes, written)) return failed;
    bytes.remove_prefix(written);
  }
  return {};
}

FileSystem& system_files() {
  static SystemFileSystem files;
  return files;
}

std::string directory_of(const std::string& path) {
  std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::error_code replace_file(FileSystem& files, const std::string& path, std::string_view bytes) {
  std::string temporary = directory_of(path) + "/temp-" + path.substr(path.rfind('/') + 1);
  std::unique_ptr<File> file;
  std::error_code failed = files.open(temporary, FileSystem::Open::replace, file);
  if (failed) return failed;
  failed = file->append(bytes);
  if (!failed) failed = file->sync();
  if (!failed) failed = files.rename(temporary, path);
  if (failed) {
    files.remove(temporary);
    return failed;
  }
  return files.sync_directory(directory_of(path));
}

}  // namespace respawn
