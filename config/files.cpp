#include "config/files.hpp"

#include <fcntl.h>
#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string_view>

namespace respawn::config {
namespace {

constexpr mode_t new_file_mode = 0644;

/// A file descriptor that is closed on every way out.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}

  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }

  [[nodiscard]] int get() const { return number_; }

  [[nodiscard]] bool open() const { return number_ >= 0; }

 private:
  int number_;
};

Error system_failure() {
  return failure(std::strerror(errno));
}

Result<std::string> read_all(int descriptor) {
  std::string text;
  std::array<char, 65536> chunk;
  for (;;) {
    ssize_t count = ::read(descriptor, chunk.data(), chunk.size());
    if (count == 0) return text;
    if (count > 0) text.append(chunk.data(), static_cast<std::size_t>(count));
    if (count < 0 && errno != EINTR) return system_failure();
  }
}

bool write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    ssize_t count = ::write(descriptor, text.data(), text.size());
    if (count < 0 && errno != EINTR) return false;
    if (count > 0) text.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

}  // namespace

SystemFiles::SystemFiles() : start_(std::filesystem::current_path().string()) {}

std::string SystemFiles::absolute(const std::string& path) const {
  std::error_code error;
  auto joined = std::filesystem::path(start_) / path;
  auto full = std::filesystem::weakly_canonical(joined, error);
  std::string text = error ? joined.lexically_normal().string() : full.string();
  if (text.size() > 1 && text.ends_with('/')) text.pop_back();
  return text;
}

Result<std::string> SystemFiles::directory(const std::string& path) const {
  if (path.empty()) return failure(std::strerror(ENOENT));
  std::string full = absolute(path);
  Descriptor found(::open(full.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!found.open() || ::faccessat(AT_FDCWD, full.c_str(), X_OK, AT_EACCESS) != 0)
    return system_failure();
  return full;
}

Result<std::string> SystemFiles::read(const std::string& path) const {
  Descriptor file(::open(absolute(path).c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.open()) return system_failure();
  return read_all(file.get());
}

Result<std::string> SystemFiles::read_standard_input() const {
  return read_all(STDIN_FILENO);
}

std::vector<std::string> SystemFiles::matching(const std::string& pattern) const {
  std::string full = pattern.starts_with('/') ? pattern : start_ + "/" + pattern;
  glob_t found{};
  std::vector<std::string> paths;
  if (::glob(full.c_str(), 0, nullptr, &found) == 0)
    paths.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  ::globfree(&found);
  return paths;
}

Status SystemFiles::replace(const std::string& path, const std::string& text) const {
  std::string target = absolute(path);
  std::string temporary = target + ".XXXXXX";

  struct stat old {};

  mode_t mode = ::stat(target.c_str(), &old) == 0 ? old.st_mode & 07777 : new_file_mode;
  Descriptor file(::mkostemp(temporary.data(), O_CLOEXEC));
  if (!file.open()) return system_failure();
  bool written = write_all(file.get(), text) && ::fchmod(file.get(), mode) == 0 &&
                 ::fsync(file.get()) == 0 && ::rename(temporary.c_str(), target.c_str()) == 0;
  if (!written) {
    Error error = system_failure();
    ::unlink(temporary.c_str());
    return error;
  }
  std::string directory = std::filesystem::path(target).parent_path().string();
  Descriptor parent(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!parent.open() || ::fsync(parent.get()) != 0) return system_failure();
  return success();
}

}  // namespace respawn::config
